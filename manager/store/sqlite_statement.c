/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statements of the SQLite engine, one for each thing to do, and how one
 * is prepared, bound, stepped through and put back.  Rely on no unique index:
 * old files may lack them. */
#include "manager/store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define USER_COLUMNS \
	"SELECT jid, uin, password, language, encoding, vip, online" \
	" FROM \"@users\""
#define USER_ID	"(SELECT id FROM \"@users\" WHERE jid = ?1)"
#define BUDDY_ID \
	"(SELECT id FROM \"@buddies\" WHERE user_id = " USER_ID \
	" AND uin = ?2)"

#define GET_ARCHIVE \
	"SELECT id, data FROM \"@archive\" WHERE room = ?1" \
	" AND id > ?2 AND id < ?3 AND last >= ?4 AND first <= ?5"
#define PRUNE_ROWS	"200"

static const char *const texts[NSTATEMENTS] = {
	[GET_USER] = USER_COLUMNS " WHERE jid = ?1",
	[GET_SETTINGS] = "SELECT var, type, value FROM \"@users_settings\""
	    " WHERE user_id = " USER_ID " ORDER BY var",
	[GET_CONTACTS] = "SELECT b.uin, b.subscription, b.nickname,"
	    " b.\"groups\", b.flags, s.value FROM \"@buddies\" b"
	    " LEFT JOIN \"@buddies_settings\" s"
	    " ON s.buddy_id = b.id AND s.var = 'icon_hash'"
	    " WHERE b.user_id = " USER_ID " ORDER BY b.id",
	[GET_USERS] = USER_COLUMNS " ORDER BY id",
	[GET_ONLINE] = USER_COLUMNS " WHERE online = 1 ORDER BY id",
	[FIND_UIN] = USER_COLUMNS " WHERE uin = ?1 LIMIT 1",
	[CHANGE_USER] = "UPDATE \"@users\" SET uin = ?2, password = ?3,"
	    " language = ?4, encoding = ?5, last_login = datetime('now')"
	    " WHERE jid = ?1",
	[ADD_USER] = "INSERT INTO \"@users\" (jid, uin, password, language,"
	    " encoding, vip, online, last_login)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, datetime('now'))",
	[PUT_PASSWORD] = "UPDATE \"@users\" SET password = ?2 WHERE jid = ?1",
	[REMOVE_ICONS_OF] = "DELETE FROM \"@buddies_settings\""
	    " WHERE user_id = " USER_ID,
	[REMOVE_CONTACTS_OF] = "DELETE FROM \"@buddies\""
	    " WHERE user_id = " USER_ID,
	[REMOVE_SETTINGS_OF] = "DELETE FROM \"@users_settings\""
	    " WHERE user_id = " USER_ID,
	[REMOVE_USER] = "DELETE FROM \"@users\" WHERE jid = ?1",
	[SET_ONLINE] = "UPDATE \"@users\" SET online = ?2,"
	    " last_login = datetime('now') WHERE jid = ?1",
	[SET_SETTING] = "INSERT OR REPLACE INTO \"@users_settings\""
	    " (user_id, var, type, value)"
	    " SELECT id, ?2, ?3, ?4 FROM \"@users\" WHERE jid = ?1",
	[FORGET_SETTING] = "DELETE FROM \"@users_settings\""
	    " WHERE user_id = " USER_ID " AND var = ?2",
	[CHANGE_CONTACT] = "UPDATE \"@buddies\" SET subscription = ?3,"
	    " nickname = ?4, \"groups\" = ?5, flags = ?6"
	    " WHERE user_id = " USER_ID " AND uin = ?2",
	[ADD_CONTACT] = "INSERT INTO \"@buddies\" (user_id, uin,"
	    " subscription, nickname, \"groups\", flags)"
	    " SELECT id, ?2, ?3, ?4, ?5, ?6 FROM \"@users\" WHERE jid = ?1",
	[SET_ICON] = "INSERT OR REPLACE INTO \"@buddies_settings\""
	    " (user_id, buddy_id, var, type, value)"
	    " SELECT user_id, id, 'icon_hash', 13, ?3 FROM \"@buddies\""
	    " WHERE user_id = " USER_ID " AND uin = ?2",
	[FORGET_ICON] = "DELETE FROM \"@buddies_settings\""
	    " WHERE buddy_id = " BUDDY_ID " AND var = 'icon_hash'",
	[REMOVE_CONTACT_SETTINGS] = "DELETE FROM \"@buddies_settings\""
	    " WHERE buddy_id = " BUDDY_ID,
	[REMOVE_CONTACT] = "DELETE FROM \"@buddies\""
	    " WHERE user_id = " USER_ID " AND uin = ?2",
	[GET_WAITING] = "SELECT id, jid, up, time, data FROM \"@spool\""
	    " ORDER BY id",
	[PUT_WAITING] = "INSERT OR REPLACE INTO \"@spool\""
	    " (id, jid, up, time, data) VALUES (?1, ?2, ?3, ?4, ?5)",
	[DROP_WAITING] = "DELETE FROM \"@spool\" WHERE id = ?1",
	[GET_ROOMS] = "SELECT room, address, nick, password FROM \"@rooms\""
	    " WHERE jid = ?1 AND joined = 1 ORDER BY id",
	[ADD_ROOM] = "INSERT INTO \"@rooms\" (jid, room) SELECT ?1, ?2"
	    " WHERE NOT EXISTS (SELECT 1 FROM \"@rooms\""
	    " WHERE jid = ?1 AND room = ?2)",
	[SET_ROOM] = "UPDATE \"@rooms\" SET joined = 1, address = ?3,"
	    " nick = ?4, password = ?5 WHERE jid = ?1 AND room = ?2",
	[FORGET_ROOM] = "UPDATE \"@rooms\" SET joined = 0, password = ''"
	    " WHERE jid = ?1 AND room = ?2",
	[FIND_ROOM] = "SELECT id FROM \"@rooms\""
	    " WHERE jid = ?1 AND room = ?2",
	/* No JID is empty: nobody finds them any more. */
	[LEAVE_ROOMS_OF] = "UPDATE \"@rooms\" SET jid = '', room = id,"
	    " joined = 0, address = '', nick = '', password = ''"
	    " WHERE jid = ?1",
	[GET_STANDING] = "SELECT jid FROM \"@rooms\" WHERE joined = 1"
	    " UNION SELECT jid FROM \"@users\" u WHERE online = 1 AND"
	    " coalesce((SELECT value FROM \"@users_settings\""
	    " WHERE user_id = u.id AND var = 'stay_connected'), ?1) = '1'",
	[GET_ARCHIVE_UP] = GET_ARCHIVE " ORDER BY id LIMIT ?6",
	[GET_ARCHIVE_DOWN] = GET_ARCHIVE " ORDER BY id DESC LIMIT ?6",
	[PUT_ARCHIVE] = "INSERT INTO \"@archive\""
	    " (room, first, last, n, data) VALUES (?1, ?2, ?3, ?4, ?5)",
	[CHANGE_ARCHIVE] = "UPDATE \"@archive\" SET data = ?2"
	    " WHERE id = ?1",
	[COUNT_ARCHIVE] = "SELECT id, n FROM \"@archive\""
	    " WHERE room = ?1 ORDER BY id DESC",
	/* Rows are in the order of arrival, so the old ones are in front. */
	[PRUNE_AGE] = "DELETE FROM \"@archive\" WHERE id IN"
	    " (SELECT id FROM \"@archive\" ORDER BY id LIMIT " PRUNE_ROWS ")"
	    " AND last < ?1",
	[PRUNE_USERS] = "DELETE FROM \"@archive\" WHERE id IN"
	    " (SELECT a.id FROM \"@rooms\" r JOIN \"@archive\" a"
	    " ON a.room = r.id WHERE r.jid = '' LIMIT " PRUNE_ROWS ")",
	[PRUNE_ROOMS] = "DELETE FROM \"@rooms\" WHERE id > ?1 AND id <= ?2"
	    " AND joined = 0 AND NOT EXISTS (SELECT 1 FROM \"@archive\""
	    " WHERE room = \"@rooms\".id)",
	[LAST_ROOM] = "SELECT max(id) FROM \"@rooms\"",
	[PRUNE_ROOM] = "DELETE FROM \"@archive\" WHERE id IN"
	    " (SELECT id FROM \"@archive\" WHERE room = ?1 AND id < ?2"
	    " ORDER BY id LIMIT " PRUNE_ROWS ")",
};

char *
sqlite_prefixed(const struct sqlite *s, const char *sql)
{
	struct buf b = { 0 };

	for (; *sql != '\0'; sql++) {
		if (*sql == '@')
			buf_adds(&b, s->prefix);
		else
			buf_addc(&b, *sql);
	}
	return buf_steal(&b);
}

/* What an admin can end without us: a lock, a full disk. */
static bool
may_pass(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
	case SQLITE_READONLY:
		return true;
	default:
		return false;
	}
}

int
sqlite_failed(struct sqlite *s, const char *doing)
{
	int code = s->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(s->db);

	snprintf(s->engine.error, sizeof(s->engine.error), "%s: %s", doing,
	    s->db == NULL ? "out of memory" : sqlite3_errmsg(s->db));
	s->engine.again = may_pass(code);
	return -1;
}

int
sqlite_run(struct sqlite *s, const char *sql)
{
	char *text = sqlite_prefixed(s, sql);
	int code = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	if (code != SQLITE_OK)
		sqlite_failed(s, text);
	free(text);
	return code == SQLITE_OK ? 0 : -1;
}

sqlite3_stmt *
sqlite_statement(struct sqlite *s, enum statement which)
{
	sqlite3_stmt **stmt = &s->statements[which];
	char *text;
	int code;

	if (*stmt == NULL) {
		text = sqlite_prefixed(s, texts[which]);
		code = sqlite3_prepare_v3(s->db, text, -1,
		    SQLITE_PREPARE_PERSISTENT, stmt, NULL);
		if (code != SQLITE_OK)
			sqlite_failed(s, text);
		free(text);
		if (code != SQLITE_OK)
			return NULL;
	}
	return *stmt;
}

void
sqlite_bind(sqlite3_stmt *stmt, int at, const char *text)
{
	if (stmt != NULL)
		sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

void
sqlite_bind_number(sqlite3_stmt *stmt, int at, int64_t number)
{
	if (stmt != NULL)
		sqlite3_bind_int64(stmt, at, number);
}

int
sqlite_step(struct sqlite *s, sqlite3_stmt *stmt)
{
	int code;

	if (stmt == NULL)
		return -1;	/* sqlite_statement() has said why */
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : sqlite_failed(s, sqlite3_sql(stmt));
}

void
sqlite_done(sqlite3_stmt *stmt)
{
	if (stmt != NULL) {
		sqlite3_reset(stmt);
		sqlite3_clear_bindings(stmt);
	}
}

int
sqlite_write(struct sqlite *s, sqlite3_stmt *stmt)
{
	int status = sqlite_step(s, stmt);

	sqlite_done(stmt);
	return status < 0 ? -1 : sqlite3_changes(s->db);
}

int
sqlite_write_by_jid(struct sqlite *s, enum statement which, const char *jid,
    const char *second)
{
	sqlite3_stmt *stmt = sqlite_statement(s, which);

	sqlite_bind(stmt, 1, jid);
	if (second != NULL)
		sqlite_bind(stmt, 2, second);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

const char *
sqlite_text(struct arena *a, sqlite3_stmt *stmt, int column)
{
	const void *value = sqlite3_column_text(stmt, column);
	char *copy = arena_strdup(a, value == NULL ? "" : value);

	utf8_xml_clean(copy, strlen(copy));
	return copy;
}

void *
sqlite_grow(struct arena *a, void *array, size_t n, size_t size)
{
	void *bigger;

	if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
		return array;
	bigger = arena_alloc(a, (n == 0 ? 8 : n * 2) * size);
	if (n != 0)
		memcpy(bigger, array, n * size);
	return bigger;
}
