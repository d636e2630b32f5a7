/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xalloc.h - allocation that never returns NULL.
 * Running out of memory is our own fault and ends the process, so check every
 * size that comes from a peer before it gets here. */
#ifndef UTIL_XALLOC_H
#define UTIL_XALLOC_H

#include "util/macros.h"

void	*xmalloc(size_t size);
void	*xcalloc(size_t count, size_t size);		/* zeroed */
void	*xrealloc(void *ptr, size_t size);
/* Room for count elements; fatal when count * size overflows. */
void	*xreallocarray(void *ptr, size_t count, size_t size);
char	*xstrdup(const char *s);
char	*xstrdup_null(const char *s);			/* NULL gives NULL */
char	*xstrndup(const char *s, size_t max);
char	*xasprintf(const char *fmt, ...) PRINTF(1, 2);

/* *slot = copy of s (NULL allowed), freeing what was there. */
void	 xreplace(char **slot, const char *s);

#endif
