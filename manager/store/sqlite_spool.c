/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SQLite engine's table of messages that wait: the only one that the C++
 * program has not. */
#include <string.h>

#include "manager/store/sqlite.h"

static struct store_waiting
waiting_row(struct arena *a, sqlite3_stmt *stmt)
{
	const void *data = sqlite3_column_blob(stmt, 4);
	size_t len = (size_t)sqlite3_column_bytes(stmt, 4);
	void *copy = arena_alloc(a, len);

	if (len != 0)
		memcpy(copy, data, len);
	return (struct store_waiting){
		.id = sqlite3_column_int64(stmt, 0),
		.jid = sqlite_text(a, stmt, 1),
		.up = sqlite3_column_int(stmt, 2) != 0,
		.time = sqlite3_column_int64(stmt, 3),
		.data = copy,
		.len = len,
	};
}

int
sqlite_get_waiting(struct engine *e, struct arena *a,
    struct store_waiting **waiting, size_t *n)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s, GET_WAITING);
	int found;

	*waiting = NULL;
	*n = 0;
	while ((found = sqlite_step(s, stmt)) > 0) {
		*waiting = sqlite_grow(a, *waiting, *n, sizeof(**waiting));
		(*waiting)[(*n)++] = waiting_row(a, stmt);
	}
	sqlite_done(stmt);
	return found;
}

int
sqlite_put_waiting(struct engine *e, const struct store_waiting *m)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s, PUT_WAITING);

	sqlite_bind_number(stmt, 1, m->id);
	sqlite_bind(stmt, 2, m->jid);
	sqlite_bind_number(stmt, 3, m->up);
	sqlite_bind_number(stmt, 4, m->time);
	/* What is too long stays NULL, which the table refuses. */
	if (stmt != NULL)
		sqlite3_bind_blob64(stmt, 5, m->data, m->len, SQLITE_STATIC);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

int
sqlite_drop_waiting(struct engine *e, int64_t id)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s, DROP_WAITING);

	sqlite_bind_number(stmt, 1, id);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}
