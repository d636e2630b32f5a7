/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
/* Files: sealed passwords, databases of the C++ program, keys. */
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/store_kit.h"

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
	char *schema, *after, *version, *spool;

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
	    " (SELECT sql FROM sqlite_master WHERE tbl_name NOT IN"
	    " ('spool', 'rooms', 'archive')"
	    " ORDER BY name)");
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
	store_spool_put(s, &(struct store_waiting){ .id = 1, .jid = "old@b",
	    .data = "x", .len = 1 });
	close_and_settle(s);
	assert_false(on_disk("plain-secret"));
	assert_false(on_disk("deleted-secret"));
	after = query_text("SELECT group_concat(sql) FROM"
	    " (SELECT sql FROM sqlite_master WHERE tbl_name NOT IN"
	    " ('spool', 'rooms', 'archive')"
	    " ORDER BY name)");
	assert_string_equal(after, schema);
	version = query_text("SELECT count(*) || ',' || max(ver)"
	    " FROM db_version");
	assert_string_equal(version, "1,3");
	spool = query_text("SELECT count(*) || max(jid) FROM spool");
	assert_string_equal(spool, "1old@b");
	free(schema);
	free(after);
	free(version);
	free(spool);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(passwords_are_sealed),
		TEST(old_databases_open),
		TEST(prefixes),
		TEST(unregister_leaves_nothing),
		TEST(wrong_keys),
		TEST(what_cannot_be_opened),
		TEST(a_second_opener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
