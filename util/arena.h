/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena.h - memory that is freed all at once.
 * A stanza and everything hanging from it lives in one arena. */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include "util/macros.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;	/* newest first */
	char		   *at;		/* free space of the newest block */
	size_t		    left;
	size_t		    total;	/* bytes taken since the last reset */
};

/* Zero-initialised is a valid empty arena. */
void	 arena_reset(struct arena *);	/* all is invalid; one block is kept */
void	 arena_free(struct arena *);	/* empty and without memory */

void	*arena_alloc(struct arena *, size_t n);		/* aligned, not zeroed */
void	*arena_zalloc(struct arena *, size_t n);	/* aligned, zeroed */
char	*arena_strdup(struct arena *, const char *);
char	*arena_strndup(struct arena *, const char *, size_t n);
char	*arena_printf(struct arena *, const char *fmt, ...) PRINTF(2, 3);

#endif
