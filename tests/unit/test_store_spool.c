/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
/* Messages that wait: kept, found again, dropped; over a restart, a kill and a
 * lost key. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/store_kit.h"

static void
put_drop_load(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	assert_string_equal(spool(s), "");
	assert_int_equal(found.n, 0);
	/* Put in any order, found by id; ids may be large. */
	put(s, 2, "two");
	put(s, 10, "ten");
	put(s, 1, "one");
	store_spool_put(s, &(struct store_waiting){ .id = INT64_MAX,
	    .jid = "c@d", .up = true, .time = INT64_MIN });
	store_spool_drop(s, 77);		/* nobody knows it */
	assert_string_equal(spool(s), "1 a@b v1001(3)=one 2 a@b ^1002(3)=two "
	    "10 a@b ^1010(3)=ten "
	    "9223372036854775807 c@d ^-9223372036854775808(0)= ");
	store_spool_drop(s, 2);
	store_spool_drop(s, 2);
	store_spool_drop(s, INT64_MAX);
	assert_string_equal(spool(s), "1 a@b v1001(3)=one "
	    "10 a@b ^1010(3)=ten ");
	assert_string_equal(spool_of_next_run(&s), "1 a@b v1001(3)=one "
	    "10 a@b ^1010(3)=ten ");
	store_spool_drop(s, 1);
	store_spool_drop(s, 10);
	assert_string_equal(spool_of_next_run(&s), "");
	assert_int_equal(store_failures(s), 0);
	assert_string_equal(logged, "");
	finish(s);
}

/* Each call sees what was called before it, and nothing of what comes after,
 * also when a drop could take a put back. */
static void
order_is_kept(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	for (int i = 0; i < 100; i++) {
		memset(&got, 0, sizeof(got));
		put(s, i, "x");
		store_spool_load(s, saw_spool, NULL);
		store_spool_drop(s, i);
		wait_calls(1);
		assert_int_equal(found.n, 1);
	}
	for (int64_t i = 0; i < 2000; i++)
		put(s, 1000 + i, "y");
	for (int64_t i = 0; i < 1999; i++)
		store_spool_drop(s, 1000 + i);
	assert_string_equal(spool(s), "2999 a@b v3999(1)=y ");
	assert_int_equal(store_failures(s), 0);
	finish(s);
}

/* Zeros, every other byte, and lengths around what a page holds. */
static void
any_bytes_of_any_length(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 4095, 4096, 4097, 65536,
	    1 << 20 };
	unsigned char *data = xmalloc(1 << 20);
	struct store *s = must_open("sqlite3");

	(void)state;
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		for (size_t j = 0; j < lengths[i]; j++)
			data[j] = (unsigned char)(j * 7 + j / 256);
		store_spool_put(s, &(struct store_waiting){ .id = (int64_t)i,
		    .jid = "a@b", .data = data, .len = lengths[i] });
		spool_of_next_run(&s);
		assert_int_equal(found.n, 1);
		assert_int_equal(found.len, lengths[i]);
		assert_memory_equal(found.data, data, lengths[i]);
		store_spool_drop(s, (int64_t)i);
	}
	assert_string_equal(logged, "");
	free(data);
	finish(s);
}

static sqlite3 *
other_program(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	return db;
}

static int
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int value;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The usual case: a message waits for less than a write does.  False: this
 * machine was too slow for that. */
static bool
wait_shortly(struct store *s, sqlite3 *db)
{
	int version = number(db, "PRAGMA data_version");
	double start = now();
	size_t pending;

	for (int i = 0; i < 300; i++)
		put(s, i, SECRET);
	pending = store_pending(s);
	for (int i = 0; i < 300; i++)
		store_spool_drop(s, i);
	if (now() - start > 0.08) {
		wait_written(s);
		return false;
	}
	assert_int_equal(pending, 300);
	assert_int_equal(store_pending(s), 0);
	assert_string_equal(spool(s), "");
	assert_int_equal(number(db, "PRAGMA data_version"), version);
	return true;
}

static void
what_waits_shortly_is_never_written(void **state)
{
	struct store *s = must_open("sqlite3");
	sqlite3 *db = other_program();
	int version, tries = 0;

	(void)state;
	while (!wait_shortly(s, db))
		assert_true(++tries < 50);
	version = number(db, "PRAGMA data_version");
	/* What comes after it waits for its own company. */
	put(s, 1000, "x");
	put(s, 1001, "y");
	store_spool_drop(s, 1000);
	wait_written(s);
	assert_int_not_equal(number(db, "PRAGMA data_version"), version);
	assert_int_equal(number(db, "SELECT id FROM spool"), 1001);
	store_spool_drop(s, 1001);	/* not to be taken back any more */
	wait_written(s);
	assert_int_equal(number(db, "SELECT count(*) FROM spool"), 0);
	sqlite3_close(db);
	finish(s);
}

static void
sealed_on_disk(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	put(s, 1, SECRET);
	put(s, 2, SECRET);
	wait_written(s);
	assert_false(on_disk(SECRET));
	close_and_settle(s);
	assert_false(on_disk(SECRET));
	/* Neither in another's name nor with a bit changed. */
	exec_sql("UPDATE spool SET jid = 'eve@b' WHERE id = 1");
	s = must_open("sqlite3");
	assert_string_equal(spool(s), "2 a@b ^1002(15)=" SECRET " ");
	assert_non_null(strstr(logged, "store: 1 waiting messages are passed "
	    "over: sealed with another key"));
	close_and_settle(s);
	exec_sql("UPDATE spool SET jid = 'a@b' WHERE id = 1");
	exec_sql("UPDATE spool SET data = substr(data, 1, 45) WHERE id = 2;"
	    "INSERT INTO spool VALUES (3, 'a@b', 0, 5, ''),"
	    " (4, 'a@b', 0, 5, 'text'), (5, 'a@b', 0, 5, zeroblob(80))");
	s = must_open("sqlite3");
	assert_string_equal(spool(s), "1 a@b v1001(15)=" SECRET " ");
	assert_non_null(strstr(logged, "store: 4 waiting messages"));
	finish(s);
}

static void
another_key(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	put(s, 1, SECRET);
	put(s, 2, SECRET);
	close_and_settle(s);
	assert_int_equal(unlink(key), 0);
	s = must_open("sqlite3");		/* nobody has a password */
	put(s, 3, "new");
	assert_string_equal(spool(s), "3 a@b v1003(3)=new ");
	assert_string_equal(logged, "store: 2 waiting messages are passed "
	    "over: sealed with another key than that of database.key_file, or "
	    "damaged\n");
	/* They stand in nobody's way. */
	put(s, 1, "again");
	store_spool_drop(s, 2);
	assert_string_equal(spool(s), "1 a@b v1001(5)=again "
	    "3 a@b v1003(3)=new ");
	logged[0] = '\0';
	assert_string_equal(spool_of_next_run(&s), "1 a@b v1001(5)=again "
	    "3 a@b v1003(3)=new ");
	assert_string_equal(logged, "");
	finish(s);
}

static void
memory_keeps_nothing(void **state)
{
	struct store *s = must_open("none");

	(void)state;
	assert_false(store_is_persistent(s));
	put(s, 1, "x");
	assert_string_equal(spool(s), "");
	store_spool_drop(s, 1);
	assert_int_equal(store_pending(s), 0);
	close_and_settle(s);
	s = must_open("none");
	assert_string_equal(spool(s), "");
	finish(s);
}

/* Two instances in one file. */
static void
prefixes(void **state)
{
	struct store *s = must_open("sqlite3"), *t;
	char *why = NULL;

	(void)state;
	t = try_open("sqlite3", "p_", &why);
	assert_non_null(t);
	put(s, 1, "plain");
	put(t, 1, "prefixed");
	assert_string_equal(spool(s), "1 a@b v1001(5)=plain ");
	assert_string_equal(spool(t), "1 a@b v1001(8)=prefixed ");
	store_spool_drop(s, 1);
	assert_string_equal(spool(s), "");
	assert_string_equal(spool(t), "1 a@b v1001(8)=prefixed ");
	close_and_settle(t);
	finish(s);
}

static void
without_the_user(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, "a@b", "ana", "x");
	put(s, 1, "x");
	store_unregister(s, "a@b", NULL, NULL);
	assert_string_equal(spool(s), "1 a@b v1001(1)=x ");
	finish(s);
}

/* In a process of its own, which ends by SIGKILL. */
static void
killed(void (*before)(struct store *))
{
	struct store *s;
	int status;
	pid_t pid;

	if ((pid = fork()) == 0) {
		loop = ev_loop_new(EVFLAG_AUTO);
		s = must_open("sqlite3");
		before(s);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
put_and_wait(struct store *s)
{
	for (int i = 1; i <= 3; i++)
		put(s, i, SECRET);
	wait_written(s);
	put(s, 4, "hardly in time");
}

static void
drop_and_wait(struct store *s)
{
	store_spool_drop(s, 1);
	wait_written(s);
}

static void
after_a_kill(void **state)
{
	struct store *s;

	(void)state;
	killed(put_and_wait);
	s = must_open("sqlite3");
	assert_non_null(strstr(spool(s), "1 a@b v1001(15)=" SECRET " "
	    "2 a@b ^1002(15)=" SECRET " 3 a@b v1003(15)=" SECRET " "));
	close_and_settle(s);
	killed(drop_and_wait);
	s = must_open("sqlite3");
	assert_int_equal(strncmp(spool(s), "2 a@b ", 6), 0);
	assert_non_null(strstr(found.text, "3 a@b v1003(15)=" SECRET " "));
	assert_string_equal(logged, "");
	finish(s);
}

static void
ten_thousand_messages(void **state)
{
	struct store *s = must_open("sqlite3");
	const int n = 10000;
	double start = now(), written, taken;
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < n; i++)
		put(s, i, text);
	spool(s);
	assert_int_equal(found.n, n);
	written = now();
	for (int i = 0; i < n; i++)
		store_spool_drop(s, i);
	spool(s);
	assert_int_equal(found.n, 0);
	taken = now();
	for (int i = 0; i < n; i++) {
		put(s, n + i, text);
		store_spool_drop(s, n + i);
	}
	print_message("%.1f us per put, %.1f us per drop, %.1f us for both "
	    "unwritten\n", (written - start) / n * 1e6,
	    (taken - written) / n * 1e6, (now() - taken) / n * 1e6);
	assert_int_equal(store_failures(s), 0);
	finish(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(put_drop_load),
		TEST(order_is_kept),
		TEST(any_bytes_of_any_length),
		TEST(what_waits_shortly_is_never_written),
		TEST(sealed_on_disk),
		TEST(another_key),
		TEST(memory_keeps_nothing),
		TEST(prefixes),
		TEST(without_the_user),
		TEST(after_a_kill),
		TEST(ten_thousand_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
