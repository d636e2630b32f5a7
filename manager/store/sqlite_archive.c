/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SQLite engine's rooms: those that users stay in, and what was said in
 * them.  Rows of the archive are only ever added behind the last one, so that
 * many rooms' messages share the pages that have to be written. */
#include <stdlib.h>
#include <string.h>

#include "manager/store/sqlite.h"
#include "util/xalloc.h"

#define NUMBERS_MAX	100000	/* rooms whose numbers are remembered */
#define PRUNE_ROWS	200	/* at a time, as in sqlite_statement.c */
#define PRUNE_ROOMS_MAX	500	/* looked at at a time */

/* The number that stands for a user's room in the archive. */
struct number {
	int64_t		 id;
	size_t		 added;		/* messages since it was last pruned */
	char		 key[];
};

static struct sqlite *
sqlite(struct engine *e)
{
	return CONTAINER(e, struct sqlite, engine);
}

void
sqlite_forget_numbers(struct sqlite *s)
{
	struct number *n;
	size_t at = 0;

	while ((n = map_next(&s->numbers, &at)) != NULL)
		free(n);
	map_finish(&s->numbers);
}

static struct number *
remember(struct sqlite *s, const char *key, int64_t id)
{
	size_t size = strlen(key) + 1;
	struct number *n;

	if (map_count(&s->numbers) >= NUMBERS_MAX)
		sqlite_forget_numbers(s);
	n = xmalloc(sizeof(*n) + size);
	memcpy(n->key, key, size);
	n->id = id;
	/* What an earlier run has added is not known: it counts as much. */
	n->added = SIZE_MAX / 2;
	map_put(&s->numbers, n->key, n);
	return n;
}

/* *number NULL: there is none, and none was to be made. */
static int
number_of(struct sqlite *s, const char *jid, const char *room, bool make,
    struct number **number)
{
	char *key = xasprintf("%s\n%s", jid, room);
	sqlite3_stmt *stmt;
	int found = 0;

	if ((*number = map_get(&s->numbers, key)) != NULL)
		goto out;
	if (make && (found = sqlite_write_by_jid(s, ADD_ROOM, jid, room)) < 0)
		goto out;
	stmt = sqlite_statement(s, FIND_ROOM);
	sqlite_bind(stmt, 1, jid);
	sqlite_bind(stmt, 2, room);
	if ((found = sqlite_step(s, stmt)) > 0)
		*number = remember(s, key, sqlite3_column_int64(stmt, 0));
	sqlite_done(stmt);
out:
	free(key);
	return found < 0 ? -1 : 0;
}

/* -------------------------------------------------------------------- rooms */

int
sqlite_get_rooms(struct engine *e, struct arena *a, struct store_user *user)
{
	struct sqlite *s = sqlite(e);
	sqlite3_stmt *stmt = sqlite_statement(s, GET_ROOMS);
	struct store_room *v = NULL;
	size_t n = 0;
	int found;

	sqlite_bind(stmt, 1, user->jid);
	while ((found = sqlite_step(s, stmt)) > 0) {
		v = sqlite_grow(a, v, n, sizeof(*v));
		v[n++] = (struct store_room){
			.id = sqlite_text(a, stmt, 0),
			.jid = sqlite_text(a, stmt, 1),
			.nick = sqlite_text(a, stmt, 2),
			.password = sqlite_text(a, stmt, 3),
		};
	}
	sqlite_done(stmt);
	user->rooms = v;
	user->nrooms = n;
	return found;
}

int
sqlite_put_room(struct engine *e, const char *jid,
    const struct store_room *room)
{
	struct sqlite *s = sqlite(e);
	sqlite3_stmt *stmt;

	if (sqlite_write_by_jid(s, ADD_ROOM, jid, room->id) < 0)
		return -1;
	stmt = sqlite_statement(s, SET_ROOM);
	sqlite_bind(stmt, 1, jid);
	sqlite_bind(stmt, 2, room->id);
	sqlite_bind(stmt, 3, room->jid);
	sqlite_bind(stmt, 4, room->nick);
	sqlite_bind(stmt, 5, room->password ? room->password : "");
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

int
sqlite_forget_room(struct engine *e, const char *jid, const char *id)
{
	return sqlite_write_by_jid(sqlite(e), FORGET_ROOM, jid, id);
}

int
sqlite_get_standing(struct engine *e, struct arena *a, bool stay,
    struct store_user **users, size_t *n)
{
	struct sqlite *s = sqlite(e);
	sqlite3_stmt *stmt = sqlite_statement(s, GET_STANDING);
	int found;

	*users = NULL;
	*n = 0;
	sqlite_bind(stmt, 1, stay ? "1" : "0");
	while ((found = sqlite_step(s, stmt)) > 0) {
		*users = sqlite_grow(a, *users, *n, sizeof(**users));
		(*users)[(*n)++] = (struct store_user){
			.jid = sqlite_text(a, stmt, 0),
		};
	}
	sqlite_done(stmt);
	return found;
}

/* ------------------------------------------------------------------ archive */

int
sqlite_find_archive(struct engine *e, const char *jid, const char *room,
    int64_t *number)
{
	struct number *n;

	*number = 0;
	if (number_of(sqlite(e), jid, room, false, &n) < 0)
		return -1;
	if (n != NULL)
		*number = n->id;
	return 0;
}

int
sqlite_get_archive(struct engine *e, struct arena *a,
    const struct archive_range *r, struct archive_row *rows, size_t *n)
{
	struct sqlite *s = sqlite(e);
	sqlite3_stmt *stmt = sqlite_statement(s,
	    r->down ? GET_ARCHIVE_DOWN : GET_ARCHIVE_UP);
	const int64_t numbers[] = { r->room, r->above, r->below, r->start,
	    r->end, ARCHIVE_ROWS };
	void *copy;
	int found;

	*n = 0;
	for (size_t i = 0; i < LENGTH(numbers); i++)
		sqlite_bind_number(stmt, (int)i + 1, numbers[i]);
	while ((found = sqlite_step(s, stmt)) > 0 && *n < ARCHIVE_ROWS) {
		size_t len = (size_t)sqlite3_column_bytes(stmt, 1);

		copy = arena_alloc(a, len);
		if (len != 0)
			memcpy(copy, sqlite3_column_blob(stmt, 1), len);
		rows[(*n)++] = (struct archive_row){
			.id = sqlite3_column_int64(stmt, 0),
			.data = copy, .len = len,
		};
	}
	sqlite_done(stmt);
	return found < 0 ? -1 : 0;
}

int
sqlite_put_archive(struct engine *e, const char *jid, const char *room,
    const struct archive_row *row)
{
	struct sqlite *s = sqlite(e);
	struct number *number;
	sqlite3_stmt *stmt;

	if (number_of(s, jid, room, true, &number) < 0)
		return -1;
	if (number == NULL)
		return sqlite_failed(s, "find the room");
	stmt = sqlite_statement(s, PUT_ARCHIVE);
	sqlite_bind_number(stmt, 1, number->id);
	sqlite_bind_number(stmt, 2, row->first);
	sqlite_bind_number(stmt, 3, row->last);
	sqlite_bind_number(stmt, 4, (int64_t)row->n);
	if (stmt != NULL)
		sqlite3_bind_blob64(stmt, 5, row->data, row->len,
		    SQLITE_STATIC);
	number->added += row->n;
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

int
sqlite_change_archive(struct engine *e, int64_t row, const void *data,
    size_t len)
{
	struct sqlite *s = sqlite(e);
	sqlite3_stmt *stmt = sqlite_statement(s, CHANGE_ARCHIVE);

	sqlite_bind_number(stmt, 1, row);
	if (stmt != NULL)
		sqlite3_bind_blob64(stmt, 2, data, len, SQLITE_STATIC);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

/* ------------------------------------------------------------------ pruning */

static int
write_numbers(struct sqlite *s, enum statement which, int64_t a, int64_t b)
{
	sqlite3_stmt *stmt = sqlite_statement(s, which);

	sqlite_bind_number(stmt, 1, a);
	sqlite_bind_number(stmt, 2, b);
	return sqlite_write(s, stmt);
}

/* The oldest row that a room may keep; 0: all of them. */
static int
first_to_keep(struct sqlite *s, int64_t room, unsigned messages,
    int64_t *first)
{
	sqlite3_stmt *stmt = sqlite_statement(s, COUNT_ARCHIVE);
	int64_t n = 0;
	int found;

	*first = 0;
	sqlite_bind_number(stmt, 1, room);
	while ((found = sqlite_step(s, stmt)) > 0 && n < (int64_t)messages) {
		n += sqlite3_column_int64(stmt, 1);
		*first = sqlite3_column_int64(stmt, 0);
	}
	sqlite_done(stmt);
	if (found == 0)
		*first = 0;
	return found < 0 ? -1 : 0;
}

/* They may have less than before. */
static void
look_again(struct sqlite *s)
{
	struct number *n;
	size_t at = 0;

	while ((n = map_next(&s->numbers, &at)) != NULL)
		n->added = SIZE_MAX / 2;
}

/* One room that has grown by a tenth of what it may have, or may have. */
static int
prune_room(struct sqlite *s, unsigned messages)
{
	struct number *n;
	size_t at = 0;
	int64_t first;
	int removed;

	if (messages < s->allowed)
		look_again(s);
	s->allowed = messages;
	while ((n = map_next(&s->numbers, &at)) != NULL)
		if (n->added > messages / 10)
			break;
	if (n == NULL)
		return 0;
	if (first_to_keep(s, n->id, messages, &first) < 0)
		return -1;
	removed = first == 0 ? 0 :
	    write_numbers(s, PRUNE_ROOM, n->id, first);
	if (removed < 0)
		return -1;
	if (removed < PRUNE_ROWS)
		n->added = 0;
	return 0;
}

/* Rooms where nothing is left, some at a time, round and round. */
static int
prune_rooms(struct sqlite *s)
{
	sqlite3_stmt *stmt = sqlite_statement(s, LAST_ROOM);
	int64_t last = 0;
	int found, removed;

	if ((found = sqlite_step(s, stmt)) > 0)
		last = sqlite3_column_int64(stmt, 0);
	sqlite_done(stmt);
	if (found < 0)
		return -1;
	if (s->pruned >= last)
		s->pruned = 0;
	removed = write_numbers(s, PRUNE_ROOMS, s->pruned,
	    s->pruned + PRUNE_ROOMS_MAX);
	s->pruned += PRUNE_ROOMS_MAX;
	if (removed > 0)
		sqlite_forget_numbers(s);
	return removed < 0 ? -1 : 0;
}

int
sqlite_prune_archive(struct engine *e, const struct store_limits *limits)
{
	struct sqlite *s = sqlite(e);
	sqlite3_stmt *stmt = sqlite_statement(s, PRUNE_AGE);

	sqlite_bind_number(stmt, 1, limits->oldest);
	if (sqlite_write(s, stmt) < 0 ||
	    sqlite_write(s, sqlite_statement(s, PRUNE_USERS)) < 0 ||
	    prune_rooms(s) < 0)
		return -1;
	return prune_room(s, limits->messages);
}
