/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of hashes: cheap to add to, and looked through only for old messages,
 * which are few. */
#include "manager/gateway/room_seen.h"

#include <stdlib.h>
#include <string.h>

#include "util/rand.h"
#include "util/siphash.h"
#include "util/xalloc.h"

#define FIRST_SIZE	8
#define CLOCKS		2000	/* ms that two clocks may differ */

struct mark {
	uint64_t	 id;		/* of the stanza id; 0: none */
	uint64_t	 words;		/* of author and text; 0: none */
	int64_t		 time;		/* ms since 1970 */
	bool		 live;		/* the time is ours */
};

struct room_seen {
	unsigned	 size;		/* of v; <= ROOM_SEEN_MAX */
	unsigned	 next, count;
	struct mark	 v[];
};

static uint64_t
hash(const char *s)
{
	static uint8_t key[16];
	static bool drawn;

	if (!drawn)
		rand_bytes(key, sizeof(key));
	drawn = true;
	return siphash(key, s, strlen(s));
}

static uint64_t
words_of(const struct past *p)
{
	uint64_t author = p->resource ? hash(p->resource) : 0;

	return (hash(p->body) ^ (author << 1 | author >> 63)) | 1;
}

static struct mark
mark_of(const struct past *p)
{
	return (struct mark){
		.id = p->stanza_id ? hash(p->stanza_id) | 1 : 0,
		.words = words_of(p), .time = p->time, .live = !p->old,
	};
}

/* This is done for every message, and texts are long. */
static struct mark
short_mark_of(const struct past *p)
{
	if (p->stanza_id == NULL)
		return mark_of(p);
	return (struct mark){ .id = hash(p->stanza_id) | 1 };
}

/* Most rooms are quiet.  Only a ring that was never full grows, so that its
 * entries are in order. */
static struct room_seen *
grow(struct room_seen *s)
{
	unsigned size = s == NULL ? FIRST_SIZE : s->size * 2;
	struct room_seen *bigger = xmalloc(sizeof(*s) + size * sizeof(s->v[0]));

	*bigger = (struct room_seen){ .size = size };
	if (s != NULL) {
		memcpy(bigger->v, s->v, s->count * sizeof(s->v[0]));
		bigger->next = bigger->count = s->count;
	}
	free(s);
	return bigger;
}

static void
add(struct room_seen **seen, struct mark m)
{
	struct room_seen *s = *seen;

	if (s == NULL || (s->count == s->size && s->size < ROOM_SEEN_MAX))
		*seen = s = grow(s);
	if (s->next == s->size)
		s->next = 0;
	s->v[s->next++] = m;
	if (s->count < s->size)
		s->count++;
}

void
room_seen_add(struct room_seen **seen, const struct past *p)
{
	add(seen, short_mark_of(p));
}

void
room_seen_add_both(struct room_seen **seen, const struct past *p)
{
	add(seen, mark_of(p));
}

static bool
same_words(struct mark *known, const struct mark *m)
{
	if (known->words != m->words)
		return false;
	if (!known->live)
		return known->time == m->time;
	if (known->time > m->time + CLOCKS || known->time < m->time - CLOCKS)
		return false;
	/* From now on it has the network's time: the next one with the same
	 * words is another, and this one, told once more, the same. */
	known->live = false;
	known->time = m->time;
	return true;
}

bool
room_seen_has(struct room_seen *s, const struct past *p)
{
	struct mark m = mark_of(p);

	for (unsigned i = 0; s != NULL && i < s->count; i++)
		if (m.id != 0 && s->v[i].id == m.id)
			return true;
	for (unsigned i = 0; s != NULL && i < s->count; i++)
		if (same_words(&s->v[i], &m))
			return true;
	return false;
}

void
room_seen_destroy(struct room_seen *s)
{
	free(s);
}
