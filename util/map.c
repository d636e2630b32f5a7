/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing with linear probing.  A removed entry leaves a grave, so
 * walkers never see an entry move; graves go when the table is rebuilt. */
#include "util/map.h"

#include <stdlib.h>
#include <string.h>

#include "util/siphash.h"
#include "util/xalloc.h"

#define FIRST_SIZE 4	/* many maps hold one entry: a user's rooms */

static char grave[1];		/* the key of a removed entry */

void
map_finish(struct map *m)
{
	free(m->entries);
	*m = (struct map){ 0 };
}

static struct map_entry *
find(const struct map *m, const char *key, uint32_t hash)
{
	uint32_t mask = m->size - 1;
	struct map_entry *e;

	if (m->size == 0)
		return NULL;
	for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
		e = &m->entries[i];
		if (e->key == NULL)
			return NULL;
		if (e->hash == hash && e->key != grave &&
		    strcmp(e->key, key) == 0)
			return e;
	}
}

static void
insert(struct map *m, const char *key, void *value, uint32_t hash)
{
	uint32_t mask = m->size - 1, i = hash & mask;

	while (m->entries[i].key != NULL && m->entries[i].key != grave)
		i = (i + 1) & mask;
	if (m->entries[i].key == NULL)
		m->used++;
	m->entries[i] = (struct map_entry){ key, value, hash };
	m->count++;
}

static void
rebuild(struct map *m)
{
	struct map old = *m;
	uint32_t size = FIRST_SIZE;

	while (size * 3 < (old.count + 1) * 5)
		size *= 2;
	*m = (struct map){ xcalloc(size, sizeof(*m->entries)), size, 0, 0 };
	for (uint32_t i = 0; i < old.size; i++) {
		struct map_entry *e = &old.entries[i];

		if (e->key != NULL && e->key != grave)
			insert(m, e->key, e->value, e->hash);
	}
	free(old.entries);
}

void *
map_get(const struct map *m, const char *key)
{
	struct map_entry *e;

	if (m->count == 0)
		return NULL;
	e = find(m, key, siphash_string(key));
	return e ? e->value : NULL;
}

void *
map_put(struct map *m, const char *key, void *value)
{
	uint32_t hash = siphash_string(key);
	struct map_entry *e = find(m, key, hash);
	void *old;

	if (e != NULL) {
		old = e->value;
		e->key = key;
		e->value = value;
		return old;
	}
	if ((m->used + 1) * 4 > m->size * 3)
		rebuild(m);
	insert(m, key, value, hash);
	return NULL;
}

void *
map_remove(struct map *m, const char *key)
{
	struct map_entry *e;
	void *value;

	if (m->count == 0)
		return NULL;
	if ((e = find(m, key, siphash_string(key))) == NULL)
		return NULL;
	value = e->value;
	*e = (struct map_entry){ grave, NULL, 0 };
	m->count--;
	return value;
}

void *
map_next(const struct map *m, size_t *at)
{
	while (*at < m->size) {
		struct map_entry *e = &m->entries[(*at)++];

		if (e->key != NULL && e->key != grave)
			return e->value;
	}
	return NULL;
}
