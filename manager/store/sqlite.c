/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SQLite engine: the C++ program's five tables, one prepared statement for
 * each thing to do.  Relies on no unique index: old files may lack them. */
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

/* Ready to be bound, or NULL. */
static sqlite3_stmt *
statement(struct sqlite *s, enum statement which)
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

static void
bind(sqlite3_stmt *stmt, int at, const char *text)
{
	if (stmt != NULL)
		sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

static void
bind_number(sqlite3_stmt *stmt, int at, int number)
{
	if (stmt != NULL)
		sqlite3_bind_int(stmt, at, number);
}

/* One row more: 1, none: 0, -1. */
static int
step(struct sqlite *s, sqlite3_stmt *stmt)
{
	int code;

	if (stmt == NULL)
		return -1;	/* statement() has said why */
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : sqlite_failed(s, sqlite3_sql(stmt));
}

static void
done(sqlite3_stmt *stmt)
{
	if (stmt != NULL) {
		sqlite3_reset(stmt);
		sqlite3_clear_bindings(stmt);
	}
}

/* A write.  The number of rows it met, or -1. */
static int
write_rows(struct sqlite *s, sqlite3_stmt *stmt)
{
	int status = step(s, stmt);

	done(stmt);
	return status < 0 ? -1 : sqlite3_changes(s->db);
}

static int
write_by_jid(struct sqlite *s, enum statement which, const char *jid,
    const char *second)
{
	sqlite3_stmt *stmt = statement(s, which);

	bind(stmt, 1, jid);
	if (second != NULL)
		bind(stmt, 2, second);
	return write_rows(s, stmt) < 0 ? -1 : 0;
}

/* Always text for XML and for backends, whatever another program wrote. */
static const char *
text(struct arena *a, sqlite3_stmt *stmt, int column)
{
	const void *value = sqlite3_column_text(stmt, column);
	char *copy = arena_strdup(a, value == NULL ? "" : value);

	utf8_xml_clean(copy, strlen(copy));
	return copy;
}

static struct store_user
user_row(struct arena *a, sqlite3_stmt *stmt)
{
	return (struct store_user){
		.jid = text(a, stmt, 0),
		.uin = text(a, stmt, 1),
		.password = text(a, stmt, 2),
		.language = text(a, stmt, 3),
		.encoding = text(a, stmt, 4),
		.vip = sqlite3_column_int(stmt, 5) != 0,
		.online = sqlite3_column_int(stmt, 6) != 0,
	};
}

static int
get_one(struct engine *e, struct arena *a, enum statement which,
    const char *key, struct store_user **user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = statement(s, which);
	int found;

	*user = NULL;
	bind(stmt, 1, key);
	if ((found = step(s, stmt)) > 0) {
		*user = arena_alloc(a, sizeof(**user));
		**user = user_row(a, stmt);
	}
	done(stmt);
	return found < 0 ? -1 : 0;
}

static int
get_user(struct engine *e, struct arena *a, const char *jid,
    struct store_user **user)
{
	return get_one(e, a, GET_USER, jid, user);
}

static int
find_uin(struct engine *e, struct arena *a, const char *uin,
    struct store_user **user)
{
	return get_one(e, a, FIND_UIN, uin, user);
}

/* Room for one element more in an array that lives in the arena; what it
 * outgrew stays there unused. */
static void *
grow(struct arena *a, void *array, size_t n, size_t size)
{
	void *bigger;

	if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
		return array;
	bigger = arena_alloc(a, (n == 0 ? 8 : n * 2) * size);
	if (n != 0)
		memcpy(bigger, array, n * size);
	return bigger;
}

static int
get_settings(struct engine *e, struct arena *a, struct store_user *user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = statement(s, GET_SETTINGS);
	struct store_setting *v = NULL;
	size_t n = 0;
	int found;

	bind(stmt, 1, user->jid);
	while ((found = step(s, stmt)) > 0) {
		v = grow(a, v, n, sizeof(*v));
		v[n++] = (struct store_setting){
			.name = text(a, stmt, 0),
			.type = sqlite3_column_int(stmt, 1),
			.value = text(a, stmt, 2),
		};
	}
	done(stmt);
	user->settings = v;
	user->nsettings = n;
	return found;
}

static int
get_contacts(struct engine *e, struct arena *a, struct store_user *user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = statement(s, GET_CONTACTS);
	struct store_contact *v = NULL;
	size_t n = 0;
	int found;

	bind(stmt, 1, user->jid);
	while ((found = step(s, stmt)) > 0) {
		v = grow(a, v, n, sizeof(*v));
		v[n++] = (struct store_contact){
			.name = text(a, stmt, 0),
			.subscription = text(a, stmt, 1),
			.nickname = text(a, stmt, 2),
			.groups = text(a, stmt, 3),
			.flags = sqlite3_column_int(stmt, 4),
			.icon_hash = sqlite3_column_type(stmt, 5) ==
			    SQLITE_NULL ? NULL : text(a, stmt, 5),
		};
	}
	done(stmt);
	user->contacts = v;
	user->ncontacts = n;
	return found;
}

static int
get_users(struct engine *e, struct arena *a, bool only_online,
    struct store_user **users, size_t *n)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = statement(s, only_online ? GET_ONLINE : GET_USERS);
	int found;

	*users = NULL;
	*n = 0;
	while ((found = step(s, stmt)) > 0) {
		*users = grow(a, *users, *n, sizeof(**users));
		(*users)[(*n)++] = user_row(a, stmt);
	}
	done(stmt);
	return found;
}

static sqlite3_stmt *
bind_user(struct sqlite *s, enum statement which, const struct store_user *u)
{
	sqlite3_stmt *stmt = statement(s, which);

	bind(stmt, 1, u->jid);
	bind(stmt, 2, u->uin);
	bind(stmt, 3, u->password);
	bind(stmt, 4, u->language);
	bind(stmt, 5, u->encoding);
	return stmt;
}

static int
put_user(struct engine *e, const struct store_user *user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	int met = write_rows(s, bind_user(s, CHANGE_USER, user));
	sqlite3_stmt *stmt;

	if (met != 0)
		return met < 0 ? -1 : 0;
	stmt = bind_user(s, ADD_USER, user);
	bind_number(stmt, 6, user->vip);
	bind_number(stmt, 7, user->online);
	return write_rows(s, stmt) < 0 ? -1 : 0;
}

static int
put_password(struct engine *e, const char *jid, const char *password)
{
	return write_by_jid(CONTAINER(e, struct sqlite, engine), PUT_PASSWORD,
	    jid, password);
}

static int
remove_user(struct engine *e, const char *jid)
{
	static const enum statement all[] = { REMOVE_ICONS_OF,
	    REMOVE_CONTACTS_OF, REMOVE_SETTINGS_OF, REMOVE_USER };
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);

	for (size_t i = 0; i < LENGTH(all); i++) {
		if (write_by_jid(s, all[i], jid, NULL) < 0)
			return -1;
	}
	return 0;
}

static int
set_online(struct engine *e, const char *jid, bool online)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = statement(s, SET_ONLINE);

	bind(stmt, 1, jid);
	bind_number(stmt, 2, online);
	return write_rows(s, stmt) < 0 ? -1 : 0;
}

static int
set_setting(struct engine *e, const char *jid, const struct store_setting *new)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt;

	if (new->value == NULL)
		return write_by_jid(s, FORGET_SETTING, jid, new->name);
	stmt = statement(s, SET_SETTING);
	bind(stmt, 1, jid);
	bind(stmt, 2, new->name);
	bind_number(stmt, 3, new->type);
	bind(stmt, 4, new->value);
	return write_rows(s, stmt) < 0 ? -1 : 0;
}

static sqlite3_stmt *
bind_contact(struct sqlite *s, enum statement which, const char *jid,
    const struct store_contact *c)
{
	sqlite3_stmt *stmt = statement(s, which);

	bind(stmt, 1, jid);
	bind(stmt, 2, c->name);
	bind(stmt, 3, c->subscription);
	bind(stmt, 4, c->nickname);
	bind(stmt, 5, c->groups);
	bind_number(stmt, 6, c->flags);
	return stmt;
}

static int
set_contact(struct engine *e, const char *jid, const struct store_contact *c)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	int met = write_rows(s, bind_contact(s, CHANGE_CONTACT, jid, c));
	sqlite3_stmt *stmt;

	if (met == 0)
		met = write_rows(s, bind_contact(s, ADD_CONTACT, jid, c));
	if (met < 0)
		return -1;
	if (c->icon_hash == NULL)
		return write_by_jid(s, FORGET_ICON, jid, c->name);
	stmt = statement(s, SET_ICON);
	bind(stmt, 1, jid);
	bind(stmt, 2, c->name);
	bind(stmt, 3, c->icon_hash);
	return write_rows(s, stmt) < 0 ? -1 : 0;
}

static int
remove_contact(struct engine *e, const char *jid, const char *name)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);

	if (write_by_jid(s, REMOVE_CONTACT_SETTINGS, jid, name) < 0)
		return -1;
	return write_by_jid(s, REMOVE_CONTACT, jid, name);
}

static int
begin(struct engine *e)
{
	return sqlite_run(CONTAINER(e, struct sqlite, engine),
	    "BEGIN IMMEDIATE");
}

static int
commit(struct engine *e)
{
	return sqlite_run(CONTAINER(e, struct sqlite, engine), "COMMIT");
}

/* Some errors have rolled back already. */
static void
rollback(struct engine *e)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);

	if (sqlite3_get_autocommit(s->db) == 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* The write-ahead log keeps old pages until it is cut, and free pages of a
 * file written by another program keep old rows. */
static int
scrub(struct engine *e)
{
	return sqlite_run(CONTAINER(e, struct sqlite, engine),
	    "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

static void
sqlite_close(struct engine *e)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);

	for (size_t i = 0; i < NSTATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s->prefix);
	free(s);
}

const struct engine_ops sqlite_ops = {
	.close = sqlite_close,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.get_user = get_user,
	.get_settings = get_settings,
	.get_contacts = get_contacts,
	.get_users = get_users,
	.find_uin = find_uin,
	.put_user = put_user,
	.put_password = put_password,
	.remove_user = remove_user,
	.set_online = set_online,
	.set_setting = set_setting,
	.set_contact = set_contact,
	.remove_contact = remove_contact,
	.scrub = scrub,
	.persistent = true,
};
