/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "manager/store/store.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

static struct ev_loop *loop;
static char dir[64], database[96], key[96], logged[65536];

static void
collect(enum log_level level, const char *line)
{
	(void)level;
	snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged),
	    "%s\n", line);
}

static int
setup(void **state)
{
	(void)state;
	loop = ev_loop_new(EVFLAG_AUTO);
	strcpy(dir, "/tmp/test_store.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(database, sizeof(database), "%s/new/deep/db.sql", dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	logged[0] = '\0';
	log_capture(collect);
	return 0;
}

static int
teardown(void **state)
{
	char *command = xasprintf("rm -rf %s", dir);
	int status = system(command);

	(void)state;
	free(command);
	log_capture(NULL);
	later_run();
	ev_loop_destroy(loop);
	return status;
}

static struct store *
try_open(const char *type, const char *prefix, char **why)
{
	const struct store_config config = {
		.type = type, .database = database, .server = "", .user = "",
		.password = "", .prefix = prefix, .encryption_key = "",
		.key_path = key,
	};

	return store_open(loop, &config, why);
}

static struct store *
must_open(const char *type)
{
	char *why = NULL;
	struct store *s = try_open(type, "", &why);

	if (s == NULL)
		fail_msg("%s", why);
	return s;
}

static void
must_refuse(const char *what)
{
	char *why = NULL;

	assert_null(try_open("sqlite3", "", &why));
	if (why == NULL || strstr(why, what) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, what);
	free(why);
}

/* What the callbacks saw. */
static struct {
	unsigned	 calls;
	bool		 found;
	char		 jid[64], uin[64], password[200], language[16];
	char		 settings[256], contacts[1024], users[4096], error[512];
	bool		 online, vip;
} got;

static void
saw_done(void *ctx, const char *error)
{
	(void)ctx;
	got.calls++;
	snprintf(got.error, sizeof(got.error), "%s", error ? error : "");
}

static void
saw_user(void *ctx, const struct store_user *u, const char *error)
{
	size_t n = 0;

	saw_done(ctx, error);
	if ((got.found = u != NULL) == false)
		return;
	snprintf(got.jid, sizeof(got.jid), "%s", u->jid);
	snprintf(got.uin, sizeof(got.uin), "%s", u->uin);
	snprintf(got.password, sizeof(got.password), "%s", u->password);
	snprintf(got.language, sizeof(got.language), "%s", u->language);
	got.online = u->online;
	got.vip = u->vip;
	for (size_t i = 0; i < u->nsettings; i++)
		n += (size_t)snprintf(got.settings + n,
		    sizeof(got.settings) - n, "%s=%s:%d ", u->settings[i].name,
		    u->settings[i].value, u->settings[i].type);
	n = 0;
	for (size_t i = 0; i < u->ncontacts; i++)
		n += (size_t)snprintf(got.contacts + n,
		    sizeof(got.contacts) - n, "%s/%s/%s/%s/%s/%d ",
		    u->contacts[i].name, u->contacts[i].subscription,
		    u->contacts[i].nickname, u->contacts[i].groups,
		    u->contacts[i].icon_hash ? u->contacts[i].icon_hash : "-",
		    u->contacts[i].flags);
}

static void
saw_users(void *ctx, const struct store_user *users, size_t n,
    const char *error)
{
	size_t at = 0;

	saw_done(ctx, error);
	got.users[0] = '\0';
	for (size_t i = 0; i < n && i < 100; i++) {
		assert_string_equal(users[i].password, "");
		at += (size_t)snprintf(got.users + at, sizeof(got.users) - at,
		    "%s ", users[i].jid);
	}
}

static void
give_up(struct ev_loop *l, struct ev_timer *w, int events)
{
	(void)l;
	(void)w;
	(void)events;
	fail_msg("no answer in 20 s");
}

static void
wait_calls(unsigned n)
{
	struct ev_timer timer;

	ev_timer_init(&timer, give_up, 20, 0);
	ev_timer_start(loop, &timer);
	while (got.calls < n)
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
	later_run();
}

static void
load(struct store *s, const char *jid)
{
	memset(&got, 0, sizeof(got));
	store_load(s, jid, saw_user, NULL);
	assert_int_equal(got.calls, 0);		/* never at once */
	wait_calls(1);
}

static void
add_user(struct store *s, const char *jid, const char *uin,
    const char *password)
{
	const struct store_user u = { .jid = jid, .uin = uin,
	    .password = password, .language = "en", .encoding = "utf-8" };

	memset(&got, 0, sizeof(got));
	store_register(s, &u, saw_done, NULL);
	wait_calls(1);
}

static void
close_and_settle(struct store *s)
{
	store_close(s);
	later_run();
}

static void
list(struct store *s, bool only_online)
{
	memset(&got, 0, sizeof(got));
	store_list(s, only_online, saw_users, NULL);
	wait_calls(1);
}

/* The file of the database and what SQLite keeps beside it. */
static bool
on_disk(const char *text)
{
	char *command = xasprintf("grep -qsaF -- '%s' %s*", text, database);
	int status = system(command);

	free(command);
	return status == 0;
}

/* ----------------------------------------------------------- both engines */

static void
life_of_a_user(const char *type)
{
	struct store *s = must_open(type);
	struct store_contact c = { .name = "bob", .subscription = "both",
	    .nickname = "Bob", .groups = "A\nB", .icon_hash = "abc",
	    .flags = STORE_ESCAPED };

	load(s, "a@b");
	assert_false(got.found);
	assert_string_equal(got.error, "");
	/* Writes for nobody do nothing. */
	store_set_online(s, "a@b", true);
	store_set_setting(s, "a@b", "x", STORE_STRING, "y");
	store_set_contact(s, "a@b", &c);
	store_remove_contact(s, "a@b", "bob");
	load(s, "a@b");
	assert_false(got.found);

	add_user(s, "a@b", "ana", "sesame open");
	assert_string_equal(got.error, "");
	store_set_online(s, "a@b", true);
	store_set_setting(s, "a@b", "one", STORE_BOOLEAN, "1");
	store_set_setting(s, "a@b", "two", STORE_STRING, "first");
	store_set_setting(s, "a@b", "two", STORE_STRING, "it's");
	store_set_contact(s, "a@b", &c);
	c.nickname = "Bobby";
	store_set_contact(s, "a@b", &c);
	store_set_contact(s, "a@b", &(struct store_contact){ .name = "eve" });
	load(s, "a@b");
	assert_true(got.found && got.online && !got.vip);
	assert_string_equal(got.uin, "ana");
	assert_string_equal(got.password, "sesame open");
	assert_string_equal(got.settings, "one=1:4 two=it's:13 ");
	assert_string_equal(got.contacts,
	    "bob/both/Bobby/A\nB/abc/2 eve////-/0 ");

	/* A new password changes nothing else. */
	add_user(s, "a@b", "ana2", "new");
	c.icon_hash = NULL;
	store_set_contact(s, "a@b", &c);
	store_remove_contact(s, "a@b", "eve");
	store_set_setting(s, "a@b", "one", 0, NULL);
	load(s, "a@b");
	assert_string_equal(got.password, "new");
	assert_string_equal(got.uin, "ana2");
	assert_string_equal(got.settings, "two=it's:13 ");
	assert_string_equal(got.contacts, "bob/both/Bobby/A\nB/-/2 ");
	assert_true(got.online);

	memset(&got, 0, sizeof(got));
	store_find_uin(s, "ana2", saw_user, NULL);
	store_find_uin(s, "nobody", NULL, NULL);
	wait_calls(1);
	assert_string_equal(got.jid, "a@b");
	assert_string_equal(got.password, "");
	list(s, true);
	assert_string_equal(got.users, "a@b ");

	memset(&got, 0, sizeof(got));
	store_unregister(s, "a@b", saw_done, NULL);
	store_unregister(s, "a@b", saw_done, NULL);
	wait_calls(2);
	assert_string_equal(got.error, "");
	load(s, "a@b");
	assert_false(got.found);
	list(s, false);
	assert_string_equal(got.users, "");
	/* He comes back as a new one. */
	add_user(s, "a@b", "ana", "x");
	load(s, "a@b");
	assert_string_equal(got.settings, "");
	assert_string_equal(got.contacts, "");
	assert_int_equal(store_failures(s), 0);
	assert_string_equal(logged, "");
	close_and_settle(s);
}

static void
life_in_sqlite(void **state)
{
	(void)state;
	life_of_a_user("sqlite3");
}

static void
life_in_memory(void **state)
{
	struct store *s;

	(void)state;
	life_of_a_user("none");
	s = must_open("none");
	assert_false(store_is_persistent(s));
	list(s, false);
	assert_string_equal(got.users, "");
	close_and_settle(s);
	assert_int_equal(access(key, F_OK), -1);
}

/* Answers come in the order of the calls, each seeing what was before it. */
static char order[256];
static char numbers[6][2] = { "0", "1", "2", "3", "4", "5" };

static void
note(void *ctx, const struct store_user *u, const char *error)
{
	saw_done(NULL, error);
	sprintf(order + strlen(order), "%s:%zu:%d ", (const char *)ctx,
	    u == NULL ? 99 : u->ncontacts, u == NULL ? 9 : u->online);
}

static void
order_is_kept(void **state)
{
	const struct store_user u = { .jid = "a@b", .uin = "u" };
	struct store *s = must_open("sqlite3");
	char name[16];

	(void)state;
	memset(&got, 0, sizeof(got));
	order[0] = '\0';
	store_load(s, "a@b", note, numbers[1]);
	store_register(s, &u, saw_done, NULL);
	store_load(s, "a@b", note, numbers[2]);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		store_set_contact(s, "a@b",
		    &(struct store_contact){ .name = name });
		store_set_online(s, "a@b", i % 2 == 0);
	}
	store_load(s, "a@b", note, numbers[3]);
	store_set_online(s, "a@b", true);
	store_load(s, "a@b", note, numbers[4]);
	store_unregister(s, "a@b", saw_done, NULL);
	store_load(s, "a@b", note, numbers[5]);
	wait_calls(7);
	assert_string_equal(order, "1:99:9 2:0:0 3:1000:0 4:1000:1 5:99:9 ");
	assert_int_equal(store_pending(s), 0);
	close_and_settle(s);
}

static void
close_finishes_writes(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, "a@b", "u", "p");
	store_set_online(s, "a@b", true);
	store_load(s, "a@b", saw_user, NULL);
	close_and_settle(s);
	assert_int_equal(got.calls, 1);		/* that of add_user */
	s = must_open("sqlite3");
	load(s, "a@b");
	assert_true(got.online);
	close_and_settle(s);
	store_close(NULL);
}

/* Nobody reads, nobody closes: it is in the file all the same. */
static void
gathered_writes_come_by_themselves(void **state)
{
	const struct timespec tick = { .tv_nsec = 10000000 };
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, "a@b", "u", "p");
	store_set_setting(s, "a@b", "mark", STORE_STRING, "mark-of-time");
	assert_int_equal(store_pending(s), 1);
	for (int i = 0; i < 500 && store_pending(s) != 0; i++)
		nanosleep(&tick, NULL);
	assert_int_equal(store_pending(s), 0);
	assert_true(on_disk("mark-of-time"));
	close_and_settle(s);
}

static struct store *to_close;

static void
close_it(void *ctx, const struct store_user *u, const char *error)
{
	(void)u;
	saw_done(ctx, error);
	store_close(to_close);
}

static void
closed_from_a_callback(void **state)
{
	(void)state;
	to_close = must_open("sqlite3");
	memset(&got, 0, sizeof(got));
	store_load(to_close, "a@b", close_it, NULL);
	store_load(to_close, "a@b", saw_user, NULL);
	wait_calls(1);
	assert_int_equal(got.calls, 1);
}

/* ------------------------------------------------------------------- files */

static void
passwords_are_sealed(void **state)
{
	struct store *s = must_open("sqlite3");
	struct stat st;

	(void)state;
	add_user(s, "a@b", "ana", "open-sesame");
	assert_false(on_disk("open-sesame"));
	close_and_settle(s);
	assert_false(on_disk("open-sesame"));
	assert_true(on_disk("$sp2$1$"));
	assert_int_equal(stat(database, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	s = must_open("sqlite3");
	load(s, "a@b");
	assert_string_equal(got.password, "open-sesame");
	close_and_settle(s);
}

static void
exec_sql(const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &error);
	if (error != NULL)
		fail_msg("%s", error);
	sqlite3_close(db);
}

static char *
query_text(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *value;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = xstrdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

/* As the C++ program makes it. */
#define OLD_TABLES(p) \
	"CREATE TABLE " p "buddies (id INTEGER PRIMARY KEY NOT NULL," \
	" user_id int(10) NOT NULL, uin varchar(255) NOT NULL," \
	" subscription varchar(20) NOT NULL," \
	" nickname varchar(255) NOT NULL, groups varchar(255) NOT NULL," \
	" flags int(4) NOT NULL DEFAULT '0');" \
	"CREATE UNIQUE INDEX IF NOT EXISTS user_id ON " p "buddies" \
	" (user_id, uin);" \
	"CREATE TABLE " p "buddies_settings (user_id int(10) NOT NULL," \
	" buddy_id int(10) NOT NULL, var varchar(50) NOT NULL," \
	" type int(4) NOT NULL, value varchar(255) NOT NULL," \
	" PRIMARY KEY (buddy_id, var));" \
	"CREATE INDEX IF NOT EXISTS user_id02 ON " p "buddies_settings" \
	" (user_id);" \
	"CREATE TABLE " p "users (id INTEGER PRIMARY KEY NOT NULL," \
	" jid varchar(255) NOT NULL, uin varchar(4095) NOT NULL," \
	" password varchar(255) NOT NULL, language varchar(25) NOT NULL," \
	" encoding varchar(50) NOT NULL DEFAULT 'utf8'," \
	" last_login datetime, vip int(1) NOT NULL DEFAULT '0'," \
	" online int(1) NOT NULL DEFAULT '0');" \
	"CREATE UNIQUE INDEX IF NOT EXISTS jid ON " p "users (jid);" \
	"CREATE TABLE " p "users_settings (user_id int(10) NOT NULL," \
	" var varchar(50) NOT NULL, type int(4) NOT NULL," \
	" value varchar(4095) NOT NULL, PRIMARY KEY (user_id, var));" \
	"CREATE INDEX IF NOT EXISTS user_id03 ON " p "users_settings" \
	" (user_id);" \
	"CREATE TABLE " p "db_version (ver INTEGER NOT NULL DEFAULT '3');" \
	"REPLACE INTO " p "db_version (ver) values(3);" \
	"INSERT INTO " p "users (jid, uin, password, language, encoding," \
	" last_login, vip, online) VALUES ('old@b', 'uin', 'plain-secret'," \
	" 'sv', 'utf-8', datetime('now'), 1, 1);" \
	"INSERT INTO " p "users (jid, uin, password, language)" \
	" VALUES ('none@b', 'uin2', '', 'en');" \
	"INSERT INTO " p "buddies (user_id, uin, subscription, nickname," \
	" groups, flags) VALUES (1, 'pal', 'both', 'Pal', 'G', 2);" \
	"INSERT INTO " p "buddies_settings VALUES (1, 1, 'icon_hash', 13," \
	" 'hash');" \
	"INSERT INTO " p "users_settings VALUES (1, 'stay_connected', 4," \
	" '1');"

static void
make_old(void)
{
	snprintf(database, sizeof(database), "%s/old.sql", dir);
	exec_sql(OLD_TABLES(""));
}

static void
old_databases_open(void **state)
{
	struct store *s;
	char *schema, *after, *version;

	(void)state;
	make_old();
	/* Enough to leave whole pages free. */
	exec_sql("PRAGMA secure_delete = OFF; WITH RECURSIVE n(i) AS"
	    " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
	    " INSERT INTO users (jid, uin, password, language)"
	    " SELECT 'gone' || i, 'u', 'deleted-secret', 'en' FROM n;"
	    " DELETE FROM users WHERE jid LIKE 'gone%'");
	assert_true(on_disk("deleted-secret"));
	schema = query_text("SELECT group_concat(sql) FROM"
	    " (SELECT sql FROM sqlite_master ORDER BY name)");
	s = must_open("sqlite3");
	load(s, "old@b");
	assert_true(got.vip && got.online);
	assert_string_equal(got.password, "plain-secret");
	assert_string_equal(got.language, "sv");
	assert_string_equal(got.settings, "stay_connected=1:4 ");
	assert_string_equal(got.contacts, "pal/both/Pal/G/hash/2 ");
	load(s, "none@b");
	assert_string_equal(got.password, "");
	list(s, true);
	assert_string_equal(got.users, "old@b ");
	close_and_settle(s);
	assert_false(on_disk("plain-secret"));
	assert_false(on_disk("deleted-secret"));
	after = query_text("SELECT group_concat(sql) FROM"
	    " (SELECT sql FROM sqlite_master ORDER BY name)");
	assert_string_equal(after, schema);
	version = query_text("SELECT count(*) || ',' || max(ver)"
	    " FROM db_version");
	assert_string_equal(version, "1,3");
	free(schema);
	free(after);
	free(version);
}

/* In one file a second prefix lost its unique indexes, so rows may be there
 * twice. */
static void
prefixes(void **state)
{
	char *why = NULL, *count;
	struct store *s;

	(void)state;
	make_old();
	exec_sql(OLD_TABLES("p_") "INSERT INTO p_buddies (user_id, uin,"
	    " subscription, nickname, groups) VALUES (1, 'pal', 'both',"
	    " 'Twin', 'G');");
	s = try_open("sqlite3", "p_", &why);
	if (s == NULL)
		fail_msg("%s", why);
	add_user(s, "new@b", "n", "p");
	store_set_contact(s, "old@b", &(struct store_contact){ .name = "pal",
	    .nickname = "One" });
	store_set_contact(s, "new@b", &(struct store_contact){ .name = "x" });
	load(s, "old@b");
	assert_string_equal(got.error, "");
	close_and_settle(s);
	count = query_text("SELECT (SELECT count(*) FROM users) || ',' ||"
	    " (SELECT count(*) FROM p_users)");
	assert_string_equal(count, "2,3");
	free(count);
	assert_null(try_open("sqlite3", "x; DROP TABLE users", &why));
	assert_non_null(strstr(why, "prefix"));
	free(why);
	assert_null(try_open("mysql", "", &why));
	assert_non_null(strstr(why, "not supported"));
	free(why);
}

static void
unregister_leaves_nothing(void **state)
{
	struct store *s;
	char *count;

	(void)state;
	make_old();
	s = must_open("sqlite3");
	memset(&got, 0, sizeof(got));
	store_unregister(s, "old@b", saw_done, NULL);
	wait_calls(1);
	close_and_settle(s);
	count = query_text("SELECT (SELECT count(*) FROM users) ||"
	    " (SELECT count(*) FROM users_settings) ||"
	    " (SELECT count(*) FROM buddies) ||"
	    " (SELECT count(*) FROM buddies_settings)");
	assert_string_equal(count, "1000");
	free(count);
}

static void
wrong_keys(void **state)
{
	struct store *s = must_open("sqlite3");
	char *other = xasprintf("%s.old", key);

	(void)state;
	add_user(s, "a@b", "ana", "secret");
	close_and_settle(s);
	rename(key, other);
	must_refuse("No such file");		/* and no new key is made */
	assert_int_equal(access(key, F_OK), -1);
	/* The key of another instance. */
	snprintf(database, sizeof(database), "%s/second.sql", dir);
	close_and_settle(must_open("sqlite3"));
	snprintf(database, sizeof(database), "%s/new/deep/db.sql", dir);
	must_refuse("is not the one that sealed");
	chmod(other, 0644);
	rename(other, key);
	must_refuse("0600");
	chmod(key, 0600);
	s = must_open("sqlite3");
	load(s, "a@b");
	assert_string_equal(got.password, "secret");
	close_and_settle(s);
	free(other);
}

static void
put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
what_cannot_be_opened(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	snprintf(database, sizeof(database), "%s/text", dir);
	put_text(database, "this is not a database, and long enough to tell "
	    "that it is none of any kind that could be opened at all .......");
	must_refuse("file is not a database");
	snprintf(database, sizeof(database), "%s/text/db", dir);
	must_refuse("Not a directory");
	snprintf(database, sizeof(database), "%s", dir);
	must_refuse("Is a directory");
	snprintf(database, sizeof(database), "%s/db", dir);
	chmod(dir, 0555);
	if ((pid = fork()) == 0) {
		char *why = NULL;

		/* For root every directory is writable. */
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(3);
		_exit(try_open("sqlite3", "", &why) == NULL &&
		    strstr(why, "Permission denied") != NULL ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	chmod(dir, 0755);
	assert_int_equal(status, 0);
}

static void
a_second_opener(void **state)
{
	struct store *s = must_open("sqlite3"), *t = must_open("sqlite3");

	(void)state;
	add_user(s, "a@b", "ana", "x");
	add_user(t, "c@d", "cy", "y");
	assert_string_equal(got.error, "");
	load(s, "c@d");
	assert_string_equal(got.password, "y");
	load(t, "a@b");
	assert_string_equal(got.password, "x");
	close_and_settle(s);
	close_and_settle(t);
}

/* Another program holds the lock: what waits long enough goes through, what
 * does not is told, and the loop never waits. */
static void
a_locked_database(void **state)
{
	struct store *s = must_open("sqlite3");
	struct timespec a, b;
	sqlite3 *db;

	(void)state;
	add_user(s, "a@b", "ana", "x");
	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	    SQLITE_OK);
	clock_gettime(CLOCK_MONOTONIC, &a);
	store_set_online(s, "a@b", true);
	memset(&got, 0, sizeof(got));
	store_unregister(s, "nobody@b", saw_done, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true((b.tv_sec - a.tv_sec) * 1000 +
	    (b.tv_nsec - a.tv_nsec) / 1000000 < 100);
	wait_calls(1);
	assert_non_null(strstr(got.error, "database is locked"));
	assert_non_null(strstr(logged, "store: online state of a@b failed: "));
	assert_int_equal(store_failures(s), 2);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	store_set_online(s, "a@b", true);
	load(s, "a@b");
	assert_true(got.online);
	close_and_settle(s);
}

/* Files may not grow any more: like a full disk. */
static void
a_full_disk(void **state)
{
	struct rlimit was, limit;
	struct store *s = must_open("sqlite3");
	char *big = xmalloc(100001);

	(void)state;
	memset(big, 'x', 100000);
	big[100000] = '\0';
	add_user(s, "a@b", "ana", "x");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	limit = was;
	limit.rlim_cur = 128 * 1024;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < 5; i++)
		store_set_setting(s, "a@b", "big", STORE_STRING, big);
	add_user(s, "c@d", big, "x");
	assert_true(*got.error != '\0');
	load(s, "a@b");
	assert_true(got.found);
	assert_int_equal(store_failures(s), 6);
	assert_non_null(strstr(logged,
	    "store: 5 writes are lost, the first setting of a@b: "));
	setrlimit(RLIMIT_FSIZE, &was);
	add_user(s, "c@d", "cy", "x");
	assert_string_equal(got.error, "");
	load(s, "a@b");
	assert_string_equal(got.settings, "");
	close_and_settle(s);
	free(big);
}

/* One value that the table refuses must not take its company along. */
static void
one_bad_write(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	exec_sql("CREATE TRIGGER no BEFORE INSERT ON users_settings"
	    " WHEN NEW.var = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END");
	add_user(s, "a@b", "ana", "x");
	store_set_setting(s, "a@b", "before", STORE_STRING, "1");
	store_set_setting(s, "a@b", "bad", STORE_STRING, "2");
	store_set_setting(s, "a@b", "after", STORE_STRING, "3");
	load(s, "a@b");
	assert_string_equal(got.settings, "after=3:13 before=1:13 ");
	assert_non_null(strstr(logged, "store: setting of a@b failed: "));
	assert_non_null(strstr(logged, "refused"));
	assert_int_equal(store_failures(s), 1);
	close_and_settle(s);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
ten_thousand_logins(void **state)
{
	struct store *s = must_open("sqlite3");
	const unsigned n = 10000;
	struct store_user u = { .uin = "u", .password = "p" };
	char jid[32];
	double start, made;

	(void)state;
	memset(&got, 0, sizeof(got));
	start = now();
	u.jid = jid;
	for (unsigned i = 0; i < n; i++) {
		snprintf(jid, sizeof(jid), "user%u@example.org", i);
		store_register(s, &u, saw_done, NULL);
	}
	wait_calls(n);
	made = now();
	memset(&got, 0, sizeof(got));
	for (unsigned i = 0; i < n; i++) {
		snprintf(jid, sizeof(jid), "user%u@example.org", i);
		store_load(s, jid, saw_user, NULL);
		store_set_online(s, jid, true);
	}
	wait_calls(n);
	print_message("%.0f us per registration, %.0f us per login\n",
	    (made - start) / n * 1e6, (now() - made) / n * 1e6);
	list(s, true);
	assert_int_equal(strncmp(got.users, "user0@example.org ", 18), 0);
	assert_int_equal(store_failures(s), 0);
	close_and_settle(s);
}

static void
too_many_are_refused(void **state)
{
	struct store *s = must_open("sqlite3");
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (int i = 0; i < 100000; i++)
		store_set_online(s, "a@b", true);
	memset(&got, 0, sizeof(got));
	for (int i = 0; i < 1000; i++)
		store_set_online(s, "a@b", true);
	store_load(s, "a@b", saw_user, NULL);
	wait_calls(1);
	assert_string_equal(got.error, "the database does not keep up");
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_true(store_failures(s) >= 1000);
	close_and_settle(s);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(life_in_sqlite),
		TEST(life_in_memory),
		TEST(order_is_kept),
		TEST(close_finishes_writes),
		TEST(gathered_writes_come_by_themselves),
		TEST(closed_from_a_callback),
		TEST(passwords_are_sealed),
		TEST(old_databases_open),
		TEST(prefixes),
		TEST(unregister_leaves_nothing),
		TEST(wrong_keys),
		TEST(what_cannot_be_opened),
		TEST(a_second_opener),
		TEST(a_locked_database),
		TEST(a_full_disk),
		TEST(one_bad_write),
		TEST(ten_thousand_logins),
		TEST(too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
