/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
/* Locks, full disks, crowds. */
#include <time.h>

#include "manager/store/run.h"
#include "tests/unit/store_kit.h"

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
	/* Who waits for the lock does so for a second at least. */
	assert_true((b.tv_sec - a.tv_sec) * 1000 +
	    (b.tv_nsec - a.tv_nsec) / 1000000 < 900);
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

static void
a_full_disk(void **state)
{
	struct store *s = must_open("sqlite3");
	char *big = xmalloc(100001);

	(void)state;
	memset(big, 'x', 100000);
	big[100000] = '\0';
	add_user(s, "a@b", "ana", "x");
	fill_disk(true);
	for (int i = 0; i < 5; i++)
		store_set_setting(s, "a@b", "big", STORE_STRING, big);
	add_user(s, "c@d", big, "x");
	assert_true(*got.error != '\0');
	load(s, "a@b");
	assert_true(got.found);
	assert_int_equal(store_failures(s), 6);
	assert_non_null(strstr(logged,
	    "store: 5 writes are lost, the first setting of a@b: "));
	fill_disk(false);
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

/* Another program holds the lock for longer than we try. */
static void
spool_in_a_locked_database(void **state)
{
	struct store *s = must_open("sqlite3");
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	put(s, 1, SECRET);
	put(s, 2, SECRET);
	spool(s);
	exec_sql("CREATE TRIGGER no BEFORE INSERT ON spool WHEN NEW.id = 7"
	    " BEGIN SELECT RAISE(ABORT, 'refused'); END");
	sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	store_spool_drop(s, 1);
	put(s, 3, SECRET);
	wait_written(s);
	/* Reading goes on, and the removal is not forgotten. */
	assert_int_equal(strncmp(spool(s), "1 a@b ", 6), 0);
	assert_non_null(strstr(logged, "removal of a waiting message"));
	assert_non_null(strstr(logged, "database is locked"));
	assert_int_equal(store_failures(s), 2);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	put(s, 7, SECRET);			/* a failure of its own */
	put(s, 8, "eight");
	assert_string_equal(spool(s), "2 a@b ^1002(15)=" SECRET " "
	    "8 a@b ^1008(5)=eight ");
	assert_non_null(strstr(logged,
	    "store: waiting message of a@b failed: "));
	/* Nor by the close, when no write comes after it. */
	sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	store_spool_drop(s, 2);
	wait_written(s);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_string_equal(spool_of_next_run(&s), "8 a@b ^1008(5)=eight ");
	finish(s);
}

static void
spool_on_a_full_disk(void **state)
{
	struct store *s = must_open("sqlite3");
	char *big = xcalloc(1, 200000);

	(void)state;
	put(s, 1, "small");
	spool(s);
	fill_disk(true);
	for (int i = 2; i < 5; i++)
		store_spool_put(s, &(struct store_waiting){ .id = i,
		    .jid = "a@b", .data = big, .len = 200000 });
	store_spool_drop(s, 1);
	wait_written(s);
	assert_string_equal(spool(s), "1 a@b v1001(5)=small ");
	assert_int_equal(store_failures(s), 4);
	assert_non_null(strstr(logged, "store: 4 writes are lost, the first "
	    "waiting message of a@b: "));
	fill_disk(false);
	put(s, 5, "five");
	assert_string_equal(spool(s), "5 a@b v1005(4)=five ");
	free(big);
	finish(s);
}

/* What is tried more than once is sealed only once. */
static void
spool_on_a_disk_full_for_a_while(void **state)
{
	const struct store_config config = { .type = "sqlite3",
	    .database = database, .prefix = "", .encryption_key = "",
	    .key_path = key };
	char *why = NULL, *big = xcalloc(1, 200000);
	struct run *r = run_open(&config, &why);
	const char *const jid = "a@b";
	const char *copy;
	struct job *job = job_create(JOB_SPOOL_PUT, &jid, &copy, 1);
	struct store *s;

	(void)state;
	assert_non_null(r);
	job->jid = copy;
	job->arg.waiting = (struct store_waiting){ .id = 1, .jid = copy,
	    .data = big, .len = 200000 };
	fill_disk(true);
	run_jobs(r, &job, 1);
	fill_disk(false);
	assert_non_null(job->error);
	assert_null(strstr(job->error, "constraint"));
	run_jobs(r, &job, 1);
	assert_null(job->error);
	job_destroy(job);
	run_close(r);
	s = must_open("sqlite3");
	spool(s);
	assert_int_equal(found.len, 200000);
	assert_memory_equal(found.data, big, 200000);
	free(big);
	finish(s);
}

static void
spool_that_cannot_be_read(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	exec_sql("DROP TABLE spool");
	memset(&got, 0, sizeof(got));
	store_spool_load(s, saw_spool, NULL);
	wait_calls(1);
	assert_int_equal(found.n, 0);
	assert_non_null(strstr(found.error, "no such table"));
	store_spool_load(s, NULL, NULL);
	put(s, 1, SECRET);
	close_and_settle(s);
	assert_non_null(strstr(logged, "waiting message of a@b failed"));
	s = must_open("sqlite3");		/* made when it is missing */
	assert_string_equal(spool(s), "");
	finish(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_locked_database),
		TEST(a_full_disk),
		TEST(one_bad_write),
		TEST(ten_thousand_logins),
		TEST(too_many_are_refused),
		TEST(spool_in_a_locked_database),
		TEST(spool_on_a_full_disk),
		TEST(spool_on_a_disk_full_for_a_while),
		TEST(spool_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
