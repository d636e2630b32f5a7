/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_parts.h - what the files of config share; for nobody else. */
#ifndef MANAGER_CONFIG_PARTS_H
#define MANAGER_CONFIG_PARTS_H

#include "manager/config.h"

/* One "key = value", where it stood and what for. */
struct config_line {
	char		*section, *key, *value;	/* owned */
	int		 number;	/* in the file; 0: the command line */
	const struct setting *row;	/* NULL: not ours */
};

/* The command line's first, then those of the file that it does not
 * override, in their order. */
struct config_lines {
	const char	*path;		/* borrowed */
	struct config_line *v;
	size_t		 n;
};

/* Returns -1 and *why for what is not the syntax of the file. */
int	 config_lines_read(struct config_lines *, const char *text,
	    const char *jid, const struct config_override *, size_t n,
	    char **why) MUST_CHECK;
void	 config_lines_finish(struct config_lines *);
/* The first one for this row, or NULL. */
const struct config_line *config_lines_find(const struct config_lines *,
	    const char *section, const char *key);

/* Begin "FILE:LINE: [section] key: "; number: -1 for FILE alone, 0 for the
 * command line. */
void	 config_place(struct buf *, const char *path, int number,
	    const char *section, const char *key);
/* The same with the rest; the line may be NULL: FILE alone. */
char	*config_complaint(const struct config_lines *,
	    const struct config_line *, const char *section, const char *key,
	    const char *fmt, ...) PRINTF(5, 6);

/* What no row can say alone: settings that need or exclude each other. */
int	 config_check(const struct config *, const struct config_lines *,
	    char **why) MUST_CHECK;

/* Warn when this unknown key looks like one of ours. */
void	 config_hint(const struct config_lines *, const struct config_line *);

/* Fill in config.all and config.lines; free one of them. */
void	 config_sections_fill(struct config *, const struct config_lines *);
void	 config_sections_free(struct sections *);

#endif
