/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map.h - string key to pointer, safe against chosen keys (SipHash).
 * Keys are borrowed: they must live as long as the entry, and are best a
 * member of the value.  Zero-initialised is a valid empty map without memory.
 * Removing entries while walking is allowed; adding is not. */
#ifndef UTIL_MAP_H
#define UTIL_MAP_H

#include <stdint.h>

#include "util/macros.h"

struct map_entry {
	const char	*key;		/* NULL: never used */
	void		*value;		/* NULL with a key: removed */
	uint32_t	 hash;
};

struct map {
	struct map_entry *entries;
	uint32_t	  size;		/* power of two, or 0 */
	uint32_t	  used;		/* live ones and graves */
	uint32_t	  count;	/* live ones */
};

void	 map_finish(struct map *);	/* frees the table, not the values */
void	*map_get(const struct map *, const char *key);		/* or NULL */
/* Add or replace; value is not NULL.  Returns the value replaced, or NULL. */
void	*map_put(struct map *, const char *key, void *value);
void	*map_remove(struct map *, const char *key);		/* or NULL */

/* Walk: size_t i = 0; while ((v = map_next(m, &i)) != NULL) ... */
void	*map_next(const struct map *, size_t *at);

static inline size_t
map_count(const struct map *m)
{
	return m->count;
}

#endif
