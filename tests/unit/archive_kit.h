/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive_kit.h - a store that keeps what is said in rooms, for tests of the
 * gateway: questions wait until the test has them answered. */
#ifndef TESTS_UNIT_ARCHIVE_KIT_H
#define TESTS_UNIT_ARCHIVE_KIT_H

#include <stdlib.h>
#include <string.h>

#include "manager/store/archive.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define ARCHIVE_KIT_MAX	600

static struct {
	struct store_said said[ARCHIVE_KIT_MAX];	/* of all rooms */
	const char	*room[ARCHIVE_KIT_MAX];
	size_t		 n;
	struct archive_kit_ask {
		struct store_ask ask;
		store_found_cb	*cb;
		void		*ctx;
		size_t		 n;		/* what was there then */
	} asks[16];
	size_t		 nasks;
	struct arena	 arena;
	char		 rooms[1024];	/* what was remembered of them */
	store_users_cb	*standing;
	void		*standing_ctx;
} archive_kit;

static inline const char *
archive_kit_text(const char *s)
{
	return s == NULL ? NULL : arena_strdup(&archive_kit.arena, s);
}

static inline void
archive_kit_put(const char *room, const struct store_said *said)
{
	struct store_said *copy = &archive_kit.said[archive_kit.n];
	void *data = arena_alloc(&archive_kit.arena, said->len + 1);

	if (archive_kit.n == ARCHIVE_KIT_MAX)
		abort();
	memcpy(data, said->data, said->len);
	*copy = (struct store_said){ archive_kit_text(said->id),
	    archive_kit_text(said->nick), said->time, data, said->len };
	archive_kit.room[archive_kit.n++] = archive_kit_text(room);
}

static inline struct store_tail *
archive_kit_tail(void)
{
	static int tail;

	return (struct store_tail *)(void *)&tail;
}

void
store_archive_add(struct store *s, struct store_tail **tail, const char *jid,
    const char *room, const struct store_said *said)
{
	(void)s, (void)jid;
	*tail = archive_kit_tail();
	archive_kit_put(room, said);
}

void
store_archive_change(struct store *s, const char *jid, const char *room,
    const char *id, const void *data, size_t len)
{
	void *copy = arena_alloc(&archive_kit.arena, len + 1);

	(void)s, (void)jid;
	memcpy(copy, data, len);
	for (size_t i = 0; i < archive_kit.n; i++) {
		if (strcmp(archive_kit.room[i], room) != 0 ||
		    strcmp(archive_kit.said[i].id, id) != 0)
			continue;
		archive_kit.said[i].data = copy;
		archive_kit.said[i].len = len;
	}
}

void
store_tail_close(struct store_tail *tail)
{
	if (tail != NULL && tail != archive_kit_tail())
		abort();
}

void
store_archive_ask(struct store *s, const struct store_ask *ask,
    store_found_cb *cb, void *ctx)
{
	struct archive_kit_ask *a = &archive_kit.asks[archive_kit.nasks++];
	const char **ids = arena_alloc(&archive_kit.arena,
	    (ask->nids + 1) * sizeof(*ids));

	(void)s;
	if (archive_kit.nasks == LENGTH(archive_kit.asks))
		abort();
	a->ask = *ask;
	a->ask.jid = archive_kit_text(ask->jid);
	a->ask.room = archive_kit_text(ask->room);
	a->ask.after = archive_kit_text(ask->after);
	a->ask.before = archive_kit_text(ask->before);
	a->ask.nick = archive_kit_text(ask->nick);
	for (size_t i = 0; i < ask->nids; i++)
		ids[i] = archive_kit_text(ask->ids[i]);
	a->ask.ids = ids;
	a->n = archive_kit.n;
	a->cb = cb;
	a->ctx = ctx;
}

static inline struct archive_kit_ask
archive_kit_take(void)
{
	struct archive_kit_ask a = archive_kit.asks[0];

	if (archive_kit.nasks == 0)
		abort();
	memmove(archive_kit.asks, archive_kit.asks + 1,
	    --archive_kit.nasks * sizeof(a));
	return a;
}

/* The oldest question: the last messages of its room, from its start on. */
static inline void
archive_kit_answer(void)
{
	struct archive_kit_ask a = archive_kit_take();
	struct store_found found = { .complete = true };
	struct store_said v[ARCHIVE_KIT_MAX];

	for (size_t i = 0; i < a.n; i++)
		if (strcmp(archive_kit.room[i], a.ask.room) == 0 &&
		    archive_kit.said[i].time >= a.ask.start)
			v[found.n++] = archive_kit.said[i];
	found.said = v;
	if (found.n > a.ask.max) {
		found.said = v + found.n - a.ask.max;
		found.n = a.ask.max;
		found.complete = false;
	}
	a.cb(a.ctx, &found, NULL);
}

static inline void
archive_kit_fail(void)
{
	const struct store_found nothing = { 0 };
	struct archive_kit_ask a = archive_kit_take();

	a.cb(a.ctx, &nothing, "database is locked");
}

void
store_archive_prune(struct store *s, const struct store_limits *limits)
{
	(void)s, (void)limits;
}

static inline void
archive_kit_note(const char *fmt, const char *a, const char *b, const char *c)
{
	size_t n = strlen(archive_kit.rooms);

	snprintf(archive_kit.rooms + n, sizeof(archive_kit.rooms) - n, fmt,
	    a, b, c);
}

void
store_set_room(struct store *s, const char *jid, const struct store_room *r)
{
	(void)s, (void)jid;
	archive_kit_note("+%s/%s:%s ", r->id, r->nick,
	    r->password ? r->password : "-");
}

void
store_forget_room(struct store *s, const char *jid, const char *id)
{
	(void)s, (void)jid;
	archive_kit_note("-%s ", id, "", "");
}

void
store_list_standing(struct store *s, bool stay, store_users_cb *cb, void *ctx)
{
	(void)s, (void)stay;
	archive_kit.standing = cb;
	archive_kit.standing_ctx = ctx;
}

static inline void
archive_kit_finish(void)
{
	while (archive_kit.nasks > 0)
		archive_kit_fail();
	arena_free(&archive_kit.arena);
	memset(&archive_kit, 0, sizeof(archive_kit));
}

#endif
