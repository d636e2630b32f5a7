/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening an SQLite database: the file, its directories and the tables of the
 * C++ program, which are not changed where they exist, and ours, which that
 * program does not look at. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manager/store/sqlite.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define BUSY_MS 1000		/* and run.c tries again */

/* The indexes have the prefix, too, which the C++ program forgot: there two
 * prefixes in one file lost the second one's. */
static const char *const tables[] = {
	"CREATE TABLE IF NOT EXISTS \"@buddies\" ("
	    "id INTEGER PRIMARY KEY NOT NULL,"
	    "user_id int(10) NOT NULL,"
	    "uin varchar(255) NOT NULL,"
	    "subscription varchar(20) NOT NULL,"
	    "nickname varchar(255) NOT NULL,"
	    "groups varchar(255) NOT NULL,"
	    "flags int(4) NOT NULL DEFAULT '0')",
	"CREATE TABLE IF NOT EXISTS \"@buddies_settings\" ("
	    "user_id int(10) NOT NULL,"
	    "buddy_id int(10) NOT NULL,"
	    "var varchar(50) NOT NULL,"
	    "type int(4) NOT NULL,"
	    "value varchar(255) NOT NULL,"
	    "PRIMARY KEY (buddy_id, var))",
	"CREATE TABLE IF NOT EXISTS \"@users\" ("
	    "id INTEGER PRIMARY KEY NOT NULL,"
	    "jid varchar(255) NOT NULL,"
	    "uin varchar(4095) NOT NULL,"
	    "password varchar(255) NOT NULL,"
	    "language varchar(25) NOT NULL,"
	    "encoding varchar(50) NOT NULL DEFAULT 'utf8',"
	    "last_login datetime,"
	    "vip int(1) NOT NULL DEFAULT '0',"
	    "online int(1) NOT NULL DEFAULT '0')",
	"CREATE TABLE IF NOT EXISTS \"@users_settings\" ("
	    "user_id int(10) NOT NULL,"
	    "var varchar(50) NOT NULL,"
	    "type int(4) NOT NULL,"
	    "value varchar(4095) NOT NULL,"
	    "PRIMARY KEY (user_id, var))",
	"CREATE TABLE IF NOT EXISTS \"@db_version\" ("
	    "ver INTEGER NOT NULL DEFAULT '3')",
	"INSERT INTO \"@db_version\" (ver) SELECT 3"
	    " WHERE NOT EXISTS (SELECT 1 FROM \"@db_version\")",
	"CREATE TABLE IF NOT EXISTS \"@spool\" ("
	    "id INTEGER PRIMARY KEY NOT NULL,"
	    "jid TEXT NOT NULL,"
	    "up INTEGER NOT NULL,"
	    "time INTEGER NOT NULL,"
	    "data BLOB NOT NULL)",
	"CREATE TABLE IF NOT EXISTS \"@rooms\" ("
	    "id INTEGER PRIMARY KEY NOT NULL,"
	    "jid TEXT NOT NULL,"
	    "room TEXT NOT NULL,"
	    "joined INTEGER NOT NULL DEFAULT '0',"
	    "address TEXT NOT NULL DEFAULT '',"
	    "nick TEXT NOT NULL DEFAULT '',"
	    "password TEXT NOT NULL DEFAULT '')",
	"CREATE TABLE IF NOT EXISTS \"@archive\" ("
	    "id INTEGER PRIMARY KEY NOT NULL,"
	    "room INTEGER NOT NULL,"
	    "first INTEGER NOT NULL,"
	    "last INTEGER NOT NULL,"
	    "n INTEGER NOT NULL,"
	    "data BLOB NOT NULL)",
};

static const char *const indexes[] = {
	"CREATE UNIQUE INDEX IF NOT EXISTS \"@user_id\""
	    " ON \"@buddies\" (user_id, uin)",
	"CREATE INDEX IF NOT EXISTS \"@user_id02\""
	    " ON \"@buddies_settings\" (user_id)",
	"CREATE UNIQUE INDEX IF NOT EXISTS \"@jid\" ON \"@users\" (jid)",
	"CREATE INDEX IF NOT EXISTS \"@user_id03\""
	    " ON \"@users_settings\" (user_id)",
	"CREATE UNIQUE INDEX IF NOT EXISTS \"@rooms_jid\""
	    " ON \"@rooms\" (jid, room)",
	"CREATE INDEX IF NOT EXISTS \"@archive_room\""
	    " ON \"@archive\" (room)",
};

/* mkdir -p of everything before the last slash. */
static int
make_directories(const char *path, char **why)
{
	char *copy = xstrdup(path);
	int status = 0;

	for (char *s = strchr(copy + 1, '/'); s != NULL && status == 0;
	    s = strchr(s + 1, '/')) {
		*s = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST) {
			*why = xasprintf("directory %s cannot be made: %s",
			    copy, strerror(errno));
			status = -1;
		}
		*s = '/';
	}
	free(copy);
	return status;
}

/* SQLite would make it readable for others, as the umask says. */
static int
make_file(const char *path, char **why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		*why = xasprintf("database %s cannot be opened for writing: "
		    "%s", path, strerror(errno));
		return -1;
	}
	close(fd);
	return 0;
}

/* One text of a table that already has two of the same cannot get a unique
 * index.  We do without: writes do not rely on it. */
static int
make_indexes(struct sqlite *s)
{
	for (size_t i = 0; i < LENGTH(indexes); i++) {
		if (sqlite_run(s, indexes[i]) < 0 &&
		    sqlite3_errcode(s->db) != SQLITE_CONSTRAINT)
			return -1;
	}
	return 0;
}

static int
make_tables(struct sqlite *s)
{
	/* Pages of removed rows are overwritten: passwords were in them. */
	if (sqlite_run(s, "PRAGMA secure_delete = ON;"
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	    "PRAGMA trusted_schema = OFF; BEGIN IMMEDIATE") < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(tables); i++) {
		if (sqlite_run(s, tables[i]) < 0)
			return -1;
	}
	if (make_indexes(s) < 0)
		return -1;
	return sqlite_run(s, "COMMIT");
}

static bool
is_prefix(const char *s)
{
	for (; *s != '\0'; s++) {
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	}
	return true;
}

static int
open_file(struct sqlite *s, const char *path, char **why)
{
	if (make_directories(path, why) < 0 || make_file(path, why) < 0)
		return -1;
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL) ==
	    SQLITE_OK) {
		sqlite3_extended_result_codes(s->db, 0);
		sqlite3_busy_timeout(s->db, BUSY_MS);
		if (make_tables(s) == 0)
			return 0;
	} else {
		sqlite_failed(s, "open");
	}
	*why = xasprintf("database %s: %s", path, s->engine.error);
	return -1;
}

struct engine *
sqlite_open(const struct store_config *config, char **why)
{
	struct sqlite *s;

	if (!is_prefix(config->prefix)) {
		*why = xasprintf("the prefix \"%s\" of the tables is not made "
		    "of letters, digits and _", config->prefix);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->engine.ops = &sqlite_ops;
	s->prefix = xstrdup(config->prefix);
	if (open_file(s, config->database, why) < 0) {
		sqlite_ops.close(&s->engine);
		return NULL;
	}
	return &s->engine;
}
