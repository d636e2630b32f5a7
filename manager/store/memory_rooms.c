/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rooms, and what was said there, for as long as the process lives: the newest
 * messages, within bounds for each room and for all of them. */
#include <stdlib.h>
#include <string.h>

#include "manager/store/memory.h"
#include "util/xalloc.h"

#define ROOM_MESSAGES	200		/* of one room of one user, or a row */
#define BYTES_MAX	(32u << 20)	/* of all rooms */

struct memory_row {
	TAILQ_ENTRY(memory_row) all, mine;
	struct room	*room;
	struct archive_row row;		/* data is behind this */
};

struct room {
	char		*key;		/* in memory->rooms */
	char		*jid, *id;	/* of the user; on the network */
	char		*address, *nick, *password;	/* NULL: not joined */
	int64_t		 number;
	size_t		 messages;
	TAILQ_HEAD(memory_rows, memory_row) rows;
};

static struct memory *
memory(struct engine *e)
{
	return CONTAINER(e, struct memory, engine);
}

static char *
key_of(const char *jid, const char *id)
{
	return xasprintf("%s\n%s", jid, id);
}

static struct room *
find(struct memory *m, const char *jid, const char *id)
{
	char *key = key_of(jid, id);
	struct room *room = map_get(&m->rooms, key);

	free(key);
	return room;
}

static struct room *
get(struct memory *m, const char *jid, const char *id)
{
	struct room *room = find(m, jid, id);

	if (room != NULL)
		return room;
	room = xcalloc(1, sizeof(*room));
	room->key = key_of(jid, id);
	room->jid = xstrdup(jid);
	room->id = xstrdup(id);
	room->number = ++m->last_room;
	TAILQ_INIT(&room->rows);
	map_put(&m->rooms, room->key, room);
	return room;
}

static void
remove_row(struct memory *m, struct memory_row *r)
{
	TAILQ_REMOVE(&m->rows, r, all);
	TAILQ_REMOVE(&r->room->rows, r, mine);
	r->room->messages -= r->row.n;
	m->bytes -= r->row.len;
	free(r);
}

static void
leave(struct room *room)
{
	xreplace(&room->address, NULL);
	xreplace(&room->nick, NULL);
	xreplace(&room->password, NULL);
}

static void
remove_room(struct memory *m, struct room *room)
{
	struct memory_row *r;

	while ((r = TAILQ_FIRST(&room->rows)) != NULL)
		remove_row(m, r);
	map_remove(&m->rooms, room->key);
	leave(room);
	free(room->jid);
	free(room->id);
	free(room->key);
	free(room);
}

void
memory_leave_rooms(struct memory *m, const char *jid)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&m->rooms, &at)) != NULL)
		if (strcmp(room->jid, jid) == 0)
			remove_room(m, room);
}

void
memory_close_rooms(struct memory *m)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&m->rooms, &at)) != NULL)
		remove_room(m, room);
	map_finish(&m->rooms);
}

/* -------------------------------------------------------------------- rooms */

int
memory_get_rooms(struct engine *e, struct arena *a, struct store_user *user)
{
	struct memory *m = memory(e);
	struct store_room *v;
	struct room *room;
	size_t at = 0, n = 0;

	v = arena_alloc(a, map_count(&m->rooms) * sizeof(*v));
	while ((room = map_next(&m->rooms, &at)) != NULL) {
		if (room->address == NULL || strcmp(room->jid, user->jid) != 0)
			continue;
		v[n++] = (struct store_room){
			.id = arena_strdup(a, room->id),
			.jid = arena_strdup(a, room->address),
			.nick = arena_strdup(a, room->nick),
			.password = room->password == NULL ? NULL :
			    arena_strdup(a, room->password),
		};
	}
	user->rooms = v;
	user->nrooms = n;
	return 0;
}

int
memory_put_room(struct engine *e, const char *jid,
    const struct store_room *new)
{
	struct room *room = get(memory(e), jid, new->id);

	xreplace(&room->address, new->jid);
	xreplace(&room->nick, new->nick);
	xreplace(&room->password, new->password);
	return 0;
}

int
memory_forget_room(struct engine *e, const char *jid, const char *id)
{
	struct room *room = find(memory(e), jid, id);

	if (room != NULL)
		leave(room);
	return 0;
}

/* Nobody was here before this process. */
int
memory_get_standing(struct engine *e, struct arena *a, bool stay,
    struct store_user **users, size_t *n)
{
	(void)e, (void)a, (void)stay;
	*users = NULL;
	*n = 0;
	return 0;
}

/* ------------------------------------------------------------------ archive */

int
memory_find_archive(struct engine *e, const char *jid, const char *id,
    int64_t *number)
{
	struct room *room = find(memory(e), jid, id);

	*number = room == NULL ? 0 : room->number;
	return 0;
}

static const struct room *
numbered(const struct memory *m, int64_t number)
{
	const struct room *room;
	size_t at = 0;

	while ((room = map_next(&m->rooms, &at)) != NULL)
		if (room->number == number)
			return room;
	return NULL;
}

static bool
is_in(const struct archive_range *range, const struct archive_row *row)
{
	return row->id > range->above && row->id < range->below &&
	    row->last >= range->start && row->first <= range->end;
}

static void
copy_row(struct arena *a, struct archive_row *to,
    const struct archive_row *from)
{
	void *data = arena_alloc(a, from->len);

	memcpy(data, from->data, from->len);
	*to = *from;
	to->data = data;
}

int
memory_get_archive(struct engine *e, struct arena *a,
    const struct archive_range *range, struct archive_row *rows, size_t *n)
{
	const struct room *room = numbered(memory(e), range->room);
	struct memory_row *r;

	*n = 0;
	if (room == NULL)
		return 0;
	r = range->down ? TAILQ_LAST(&room->rows, memory_rows) :
	    TAILQ_FIRST(&room->rows);
	while (r != NULL && *n < ARCHIVE_ROWS) {
		if (is_in(range, &r->row))
			copy_row(a, &rows[(*n)++], &r->row);
		r = range->down ? TAILQ_PREV(r, memory_rows, mine) :
		    TAILQ_NEXT(r, mine);
	}
	return 0;
}

/* A row's bytes are behind it, so another takes its place. */
int
memory_change_archive(struct engine *e, int64_t id, const void *data,
    size_t len)
{
	struct memory *m = memory(e);
	struct memory_row *old, *new;

	TAILQ_FOREACH(old, &m->rows, all)
		if (old->row.id == id)
			break;
	if (old == NULL)
		return 0;
	new = xmalloc(sizeof(*new) + len);
	*new = *old;
	new->row.len = len;
	new->row.data = memcpy(new + 1, data, len);
	TAILQ_INSERT_AFTER(&m->rows, old, new, all);
	TAILQ_INSERT_AFTER(&old->room->rows, old, new, mine);
	new->room->messages += new->row.n;
	m->bytes += len;
	remove_row(m, old);
	return 0;
}

int
memory_put_archive(struct engine *e, const char *jid, const char *id,
    const struct archive_row *row)
{
	struct memory *m = memory(e);
	struct room *room = get(m, jid, id);
	struct memory_row *r = xmalloc(sizeof(*r) + row->len);

	r->room = room;
	r->row = *row;
	r->row.id = ++m->last_row;
	r->row.data = memcpy(r + 1, row->data, row->len);
	TAILQ_INSERT_TAIL(&m->rows, r, all);
	TAILQ_INSERT_TAIL(&room->rows, r, mine);
	room->messages += row->n;
	m->bytes += row->len;
	while (room->messages > ROOM_MESSAGES && TAILQ_FIRST(&room->rows) != r)
		remove_row(m, TAILQ_FIRST(&room->rows));
	while (m->bytes > BYTES_MAX && TAILQ_FIRST(&m->rows) != r)
		remove_row(m, TAILQ_FIRST(&m->rows));
	return 0;
}

int
memory_prune_archive(struct engine *e, const struct store_limits *limits)
{
	struct memory *m = memory(e);
	struct memory_row *r;

	while ((r = TAILQ_FIRST(&m->rows)) != NULL &&
	    r->row.last < limits->oldest)
		remove_row(m, r);
	return 0;
}
