/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SQLite engine: users, settings and contacts in the tables of the C++
 * program, and transactions. */
#include "manager/store/sqlite.h"

#include <stdlib.h>

#include "util/xalloc.h"

static struct store_user
user_row(struct arena *a, sqlite3_stmt *stmt)
{
	return (struct store_user){
		.jid = sqlite_text(a, stmt, 0),
		.uin = sqlite_text(a, stmt, 1),
		.password = sqlite_text(a, stmt, 2),
		.language = sqlite_text(a, stmt, 3),
		.encoding = sqlite_text(a, stmt, 4),
		.vip = sqlite3_column_int(stmt, 5) != 0,
		.online = sqlite3_column_int(stmt, 6) != 0,
	};
}

static int
get_one(struct engine *e, struct arena *a, enum statement which,
    const char *key, struct store_user **user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s, which);
	int found;

	*user = NULL;
	sqlite_bind(stmt, 1, key);
	if ((found = sqlite_step(s, stmt)) > 0) {
		*user = arena_alloc(a, sizeof(**user));
		**user = user_row(a, stmt);
	}
	sqlite_done(stmt);
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

static int
get_settings(struct engine *e, struct arena *a, struct store_user *user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s, GET_SETTINGS);
	struct store_setting *v = NULL;
	size_t n = 0;
	int found;

	sqlite_bind(stmt, 1, user->jid);
	while ((found = sqlite_step(s, stmt)) > 0) {
		v = sqlite_grow(a, v, n, sizeof(*v));
		v[n++] = (struct store_setting){
			.name = sqlite_text(a, stmt, 0),
			.type = sqlite3_column_int(stmt, 1),
			.value = sqlite_text(a, stmt, 2),
		};
	}
	sqlite_done(stmt);
	user->settings = v;
	user->nsettings = n;
	return found;
}

static int
get_contacts(struct engine *e, struct arena *a, struct store_user *user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s, GET_CONTACTS);
	struct store_contact *v = NULL;
	size_t n = 0;
	int found;

	sqlite_bind(stmt, 1, user->jid);
	while ((found = sqlite_step(s, stmt)) > 0) {
		v = sqlite_grow(a, v, n, sizeof(*v));
		v[n++] = (struct store_contact){
			.name = sqlite_text(a, stmt, 0),
			.subscription = sqlite_text(a, stmt, 1),
			.nickname = sqlite_text(a, stmt, 2),
			.groups = sqlite_text(a, stmt, 3),
			.flags = sqlite3_column_int(stmt, 4),
			.icon_hash = sqlite3_column_type(stmt, 5) ==
			    SQLITE_NULL ? NULL : sqlite_text(a, stmt, 5),
		};
	}
	sqlite_done(stmt);
	user->contacts = v;
	user->ncontacts = n;
	return found;
}

static int
get_users(struct engine *e, struct arena *a, bool only_online,
    struct store_user **users, size_t *n)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s,
	    only_online ? GET_ONLINE : GET_USERS);
	int found;

	*users = NULL;
	*n = 0;
	while ((found = sqlite_step(s, stmt)) > 0) {
		*users = sqlite_grow(a, *users, *n, sizeof(**users));
		(*users)[(*n)++] = user_row(a, stmt);
	}
	sqlite_done(stmt);
	return found;
}

static sqlite3_stmt *
bind_user(struct sqlite *s, enum statement which, const struct store_user *u)
{
	sqlite3_stmt *stmt = sqlite_statement(s, which);

	sqlite_bind(stmt, 1, u->jid);
	sqlite_bind(stmt, 2, u->uin);
	sqlite_bind(stmt, 3, u->password);
	sqlite_bind(stmt, 4, u->language);
	sqlite_bind(stmt, 5, u->encoding);
	return stmt;
}

static int
put_user(struct engine *e, const struct store_user *user)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	int met = sqlite_write(s, bind_user(s, CHANGE_USER, user));
	sqlite3_stmt *stmt;

	if (met != 0)
		return met < 0 ? -1 : 0;
	stmt = bind_user(s, ADD_USER, user);
	sqlite_bind_number(stmt, 6, user->vip);
	sqlite_bind_number(stmt, 7, user->online);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

static int
put_password(struct engine *e, const char *jid, const char *password)
{
	return sqlite_write_by_jid(CONTAINER(e, struct sqlite, engine),
	    PUT_PASSWORD, jid, password);
}

static int
remove_user(struct engine *e, const char *jid)
{
	static const enum statement all[] = { REMOVE_ICONS_OF,
	    REMOVE_CONTACTS_OF, REMOVE_SETTINGS_OF, LEAVE_ROOMS_OF,
	    REMOVE_USER };
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);

	for (size_t i = 0; i < LENGTH(all); i++) {
		if (sqlite_write_by_jid(s, all[i], jid, NULL) < 0)
			return -1;
	}
	sqlite_forget_numbers(s);
	return 0;
}

static int
set_online(struct engine *e, const char *jid, bool online)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt = sqlite_statement(s, SET_ONLINE);

	sqlite_bind(stmt, 1, jid);
	sqlite_bind_number(stmt, 2, online);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

static int
set_setting(struct engine *e, const char *jid, const struct store_setting *new)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	sqlite3_stmt *stmt;

	if (new->value == NULL)
		return sqlite_write_by_jid(s, FORGET_SETTING, jid, new->name);
	stmt = sqlite_statement(s, SET_SETTING);
	sqlite_bind(stmt, 1, jid);
	sqlite_bind(stmt, 2, new->name);
	sqlite_bind_number(stmt, 3, new->type);
	sqlite_bind(stmt, 4, new->value);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

static sqlite3_stmt *
bind_contact(struct sqlite *s, enum statement which, const char *jid,
    const struct store_contact *c)
{
	sqlite3_stmt *stmt = sqlite_statement(s, which);

	sqlite_bind(stmt, 1, jid);
	sqlite_bind(stmt, 2, c->name);
	sqlite_bind(stmt, 3, c->subscription);
	sqlite_bind(stmt, 4, c->nickname);
	sqlite_bind(stmt, 5, c->groups);
	sqlite_bind_number(stmt, 6, c->flags);
	return stmt;
}

static int
set_contact(struct engine *e, const char *jid, const struct store_contact *c)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);
	int met = sqlite_write(s, bind_contact(s, CHANGE_CONTACT, jid, c));
	sqlite3_stmt *stmt;

	if (met == 0)
		met = sqlite_write(s, bind_contact(s, ADD_CONTACT, jid, c));
	if (met < 0)
		return -1;
	if (c->icon_hash == NULL)
		return sqlite_write_by_jid(s, FORGET_ICON, jid, c->name);
	stmt = sqlite_statement(s, SET_ICON);
	sqlite_bind(stmt, 1, jid);
	sqlite_bind(stmt, 2, c->name);
	sqlite_bind(stmt, 3, c->icon_hash);
	return sqlite_write(s, stmt) < 0 ? -1 : 0;
}

static int
remove_contact(struct engine *e, const char *jid, const char *name)
{
	struct sqlite *s = CONTAINER(e, struct sqlite, engine);

	if (sqlite_write_by_jid(s, REMOVE_CONTACT_SETTINGS, jid, name) < 0)
		return -1;
	return sqlite_write_by_jid(s, REMOVE_CONTACT, jid, name);
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
	sqlite_forget_numbers(s);
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
	sqlite_forget_numbers(s);
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
	.get_waiting = sqlite_get_waiting,
	.put_waiting = sqlite_put_waiting,
	.drop_waiting = sqlite_drop_waiting,
	.get_rooms = sqlite_get_rooms,
	.put_room = sqlite_put_room,
	.forget_room = sqlite_forget_room,
	.get_standing = sqlite_get_standing,
	.find_archive = sqlite_find_archive,
	.get_archive = sqlite_get_archive,
	.put_archive = sqlite_put_archive,
	.change_archive = sqlite_change_archive,
	.prune_archive = sqlite_prune_archive,
	.scrub = scrub,
	.persistent = true,
};
