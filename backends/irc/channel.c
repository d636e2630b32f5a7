/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of members and people.  Both are keyed by the string inside
 * struct person, so a rename takes the entries out and puts them in again. */
#include "backends/irc/channel.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct channel *
channel_create(const char *id, const char *name, const char *folded)
{
	struct channel *c = xcalloc(1, sizeof(*c));

	c->id = xstrdup(id);
	c->name = xstrdup(name);
	c->folded = xstrdup(folded);
	return c;
}

void
channel_destroy(struct channel *c)
{
	if (c == NULL)
		return;
	map_finish(&c->members);
	free(c->id);
	free(c->name);
	free(c->folded);
	free(c->key);
	free(c->topic);
	free(c->topic_by);
	free(c->banned_by);
	free(c->last_id);
	free(c->owed);
	free(c);
}

static struct person *
person_create(const char *key, const char *nick)
{
	size_t klen = strlen(key) + 1, nlen = strlen(nick) + 1;
	struct person *p = xcalloc(1, sizeof(*p) + klen + nlen);

	memcpy(p->key, key, klen);
	memcpy(p->key + klen, nick, nlen);
	p->nick_at = (uint16_t)klen;
	return p;
}

struct member *
channel_member(const struct channel *c, enum casemap map, const char *nick)
{
	char key[NAME_MAX_BYTES];

	return map_get(&c->members, casemap_fold(map, key, nick));
}

struct person *
people_find(const struct map *people, enum casemap map, const char *nick)
{
	char key[NAME_MAX_BYTES];

	return map_get(people, casemap_fold(map, key, nick));
}

struct member *
channel_add(struct channel *c, struct map *people, enum casemap map,
    const char *nick)
{
	char key[NAME_MAX_BYTES];
	struct person *p;
	struct member *m;

	casemap_fold(map, key, nick);
	if ((m = map_get(&c->members, key)) != NULL)
		return m;
	if (map_count(&c->members) >= CHANNEL_MEMBERS_MAX)
		return NULL;
	if ((p = map_get(people, key)) == NULL) {
		p = person_create(key, nick);
		map_put(people, p->key, p);
	}
	p->channels++;
	m = xcalloc(1, sizeof(*m));
	m->person = p;
	map_put(&c->members, p->key, m);
	return m;
}

void
channel_remove(struct channel *c, struct map *people, struct member *m)
{
	struct person *p = m->person;

	map_remove(&c->members, p->key);
	free(m);
	if (p->via == c)
		p->via = NULL;
	if (--p->channels == 0) {
		map_remove(people, p->key);
		free(p->account);
		free(p);
	}
}

void
channel_clear(struct channel *c, struct map *people)
{
	struct member *m;
	size_t at = 0;

	while ((m = map_next(&c->members, &at)) != NULL)
		channel_remove(c, people, m);
	map_finish(&c->members);
}

/* Two different people must not become one: whoever sits under the new key is
 * a ghost that the server has forgotten to tell us about. */
static void
drop_ghost(struct map *people, struct map *channels, const char *key)
{
	struct channel *c;
	struct member *m;
	size_t at = 0;

	while ((c = map_next(channels, &at)) != NULL)
		if ((m = map_get(&c->members, key)) != NULL)
			channel_remove(c, people, m);
}

struct person *
people_rename(struct map *people, struct map *channels, enum casemap map,
    struct person *p, const char *nick)
{
	char key[NAME_MAX_BYTES];
	struct channel *c;
	struct person *q;
	size_t at = 0;

	casemap_fold(map, key, nick);
	if (strcmp(key, p->key) != 0 && map_get(people, key) != NULL)
		drop_ghost(people, channels, key);
	q = person_create(key, nick);
	q->via = p->via;
	q->channels = p->channels;
	q->away = p->away;
	q->bot = p->bot;
	q->account = p->account;
	while ((c = map_next(channels, &at)) != NULL) {
		struct member *m = map_remove(&c->members, p->key);

		if (m == NULL)
			continue;
		m->person = q;
		map_put(&c->members, q->key, m);
	}
	map_remove(people, p->key);
	map_put(people, q->key, q);
	free(p);
	return q;
}
