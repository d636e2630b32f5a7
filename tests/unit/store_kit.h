/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_kit.h - what the tests of the store share: a loop, a directory of
 * their own, and callbacks that remember. */
#ifndef TESTS_UNIT_STORE_KIT_H
#define TESTS_UNIT_STORE_KIT_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static UNUSED void
collect(enum log_level level, const char *line)
{
	(void)level;
	snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged),
	    "%s\n", line);
}

static UNUSED int
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

static UNUSED int
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

static UNUSED struct store *
try_open(const char *type, const char *prefix, char **why)
{
	const struct store_config config = {
		.type = type, .database = database, .server = "", .user = "",
		.password = "", .prefix = prefix, .encryption_key = "",
		.key_path = key,
	};

	return store_open(loop, &config, why);
}

static UNUSED struct store *
must_open(const char *type)
{
	char *why = NULL;
	struct store *s = try_open(type, "", &why);

	if (s == NULL)
		fail_msg("%s", why);
	return s;
}

static UNUSED void
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

static UNUSED void
saw_done(void *ctx, const char *error)
{
	(void)ctx;
	got.calls++;
	snprintf(got.error, sizeof(got.error), "%s", error ? error : "");
}

static UNUSED void
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

static UNUSED void
saw_users(void *ctx, const struct store_user *users, size_t n,
    const char *error)
{
	size_t at = 0;

	saw_done(ctx, error);
	got.users[0] = '\0';
	for (size_t i = 0; i < n && i < 100; i++) {
		assert_string_equal(users[i].password ? users[i].password : "", "");
		at += (size_t)snprintf(got.users + at, sizeof(got.users) - at,
		    "%s ", users[i].jid);
	}
}

static UNUSED void
give_up(struct ev_loop *l, struct ev_timer *w, int events)
{
	(void)l;
	(void)w;
	(void)events;
	fail_msg("no answer in 100 s");
}

static UNUSED void
wait_calls(unsigned n)
{
	struct ev_timer timer;

	ev_timer_init(&timer, give_up, 100, 0);
	ev_timer_start(loop, &timer);
	while (got.calls < n)
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
	later_run();
}

static UNUSED void
load(struct store *s, const char *jid)
{
	memset(&got, 0, sizeof(got));
	store_load(s, jid, saw_user, NULL);
	assert_int_equal(got.calls, 0);		/* never at once */
	wait_calls(1);
}

static UNUSED void
add_user(struct store *s, const char *jid, const char *uin,
    const char *password)
{
	const struct store_user u = { .jid = jid, .uin = uin,
	    .password = password, .language = "en", .encoding = "utf-8" };

	memset(&got, 0, sizeof(got));
	store_register(s, &u, saw_done, NULL);
	wait_calls(1);
}

static UNUSED void
close_and_settle(struct store *s)
{
	store_close(s);
	later_run();
}

static UNUSED void
list(struct store *s, bool only_online)
{
	memset(&got, 0, sizeof(got));
	store_list(s, only_online, saw_users, NULL);
	wait_calls(1);
}

/* The file of the database and what SQLite keeps beside it. */
static UNUSED bool
on_disk(const char *text)
{
	char *command = xasprintf("grep -qsaF -- '%s' %s*", text, database);
	int status = system(command);

	free(command);
	return status == 0;
}

static UNUSED void
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

/* ---------------------------------------------------------------- the spool */

#define SECRET	"meet-me-at-noon"	/* of no business in files or logs */

/* What the spool gave, as "id jid ^time(len)=text " or "v" for down. */
static struct {
	size_t		 n;
	char		 text[8192], error[512];
	unsigned char	*data;		/* of the last one */
	size_t		 len;
} found;

static UNUSED void
saw_spool(void *ctx, const struct store_waiting *m, size_t n,
    const char *error)
{
	size_t at = 0;

	saw_done(ctx, error);
	free(found.data);
	memset(&found, 0, sizeof(found));
	found.n = n;
	snprintf(found.error, sizeof(found.error), "%s", error ? error : "");
	for (size_t i = 0; i < n && at < sizeof(found.text); i++)
		at += (size_t)snprintf(found.text + at,
		    sizeof(found.text) - at, "%lld %s %c%lld(%zu)=%.*s ",
		    (long long)m[i].id, m[i].jid, m[i].up ? '^' : 'v',
		    (long long)m[i].time, m[i].len,
		    (int)(m[i].len < 40 ? m[i].len : 0),
		    (const char *)m[i].data);
	if (n == 0)
		return;
	found.len = m[n - 1].len;
	found.data = xmalloc(found.len + 1);
	memcpy(found.data, m[n - 1].data, found.len);
}

static UNUSED void
put(struct store *s, int64_t id, const char *text)
{
	store_spool_put(s, &(struct store_waiting){ .id = id, .jid = "a@b",
	    .up = id % 2 == 0, .time = 1000 + id, .data = text,
	    .len = strlen(text) });
}

static UNUSED const char *
spool(struct store *s)
{
	memset(&got, 0, sizeof(got));
	store_spool_load(s, saw_spool, NULL);
	assert_int_equal(got.calls, 0);		/* never at once */
	wait_calls(1);
	assert_string_equal(found.error, "");
	return found.text;
}

static UNUSED const char *
spool_of_next_run(struct store **s)
{
	close_and_settle(*s);
	*s = must_open("sqlite3");
	return spool(*s);
}

static UNUSED void
wait_written(struct store *s)
{
	const struct timespec tick = { .tv_nsec = 5000000 };

	for (int i = 0; i < 20000 && store_pending(s) != 0; i++)
		nanosleep(&tick, NULL);
	assert_int_equal(store_pending(s), 0);
}

static UNUSED void
finish(struct store *s)
{
	close_and_settle(s);
	free(found.data);
	found.data = NULL;
	/* Whatever happened, the log has not what was said. */
	assert_null(strstr(logged, SECRET));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Files may not grow any more: like a full disk. */
static UNUSED void
fill_disk(bool full)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = full ? 128 * 1024 : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

#endif
