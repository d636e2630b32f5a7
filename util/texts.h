/* SPDX-License-Identifier: GPL-2.0-or-later */
/* texts.h - names and what they stand for, such as settings.  Both are owned, and
 * values are overwritten before they are freed: they may be secrets.
 * Zero-initialised is a valid empty one. */
#ifndef UTIL_TEXTS_H
#define UTIL_TEXTS_H

#include "util/map.h"

struct texts {
	struct map	map;
	size_t		bytes;		/* of all values, without NULs */
};

/* NULL: there is none.  Borrowed until it is put anew. */
const char	*texts_get(const struct texts *, const char *name);
/* Copied; value NULL: there is none any more. */
void		 texts_put(struct texts *, const char *name, const char *value);
void		 texts_finish(struct texts *);

static inline size_t
texts_count(const struct texts *t)
{
	return map_count(&t->map);
}

#endif
