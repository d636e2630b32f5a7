/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ini.h - Spectrum 2's configuration syntax, and nothing of its meaning.
 * [section] lines, key = value lines (or section.key = value before the first
 * section), '#' begins a comment, blank lines are skipped. */
#ifndef UTIL_INI_H
#define UTIL_INI_H

#include "util/macros.h"

/* One setting.  Returns -1 to stop the walk. */
typedef int ini_setting(void *ctx, const char *section, const char *key,
    const char *value, int line);

/* Walk over the text (copied; it need not be writable).  Returns 0, or -1
 * with *line and *why set for a syntax error, or -1 with *why NULL when the
 * callback stopped it. */
int	ini_parse(const char *text, ini_setting *, void *ctx, int *line,
	    const char **why) MUST_CHECK;

/* The whole file as an owned string, or NULL with errno set (EFBIG past
 * 1 MiB). */
char	*ini_read(const char *path) MUST_CHECK;

#endif
