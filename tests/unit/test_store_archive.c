/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
/* What was said in rooms: pages of it in both engines, over restarts, a kill, a
 * lost key, a full disk; and the rooms that users stay in. */
#include <sys/wait.h>

#include "manager/store/archive.h"
#include "manager/store/chunk.h"
#include "tests/unit/store_kit.h"

#define JID	"a@b"
#define ROOM	"#cats"

/* What the last question found: "id id id", with "+" behind it when there is
 * more, "?" for an unknown id, "=n" for a count. */
static char answer[65536];
static char bodies[65536];

static void
saw_found(void *ctx, const struct store_found *f, const char *error)
{
	size_t at = 0, b = 0;

	(void)ctx;
	got.calls++;
	snprintf(got.error, sizeof(got.error), "%s", error ? error : "");
	answer[0] = bodies[0] = '\0';
	for (size_t i = 0; i < f->n; i++) {
		at += (size_t)snprintf(answer + at, sizeof(answer) - at,
		    "%s%s", i ? " " : "", f->said[i].id);
		b += (size_t)snprintf(bodies + b, sizeof(bodies) - b,
		    "%lld:%s:%.*s ", (long long)f->said[i].time,
		    f->said[i].nick ? f->said[i].nick : "-",
		    f->said[i].len < 100 ? (int)f->said[i].len : 0,
		    (const char *)f->said[i].data);
	}
	if (f->unknown)
		strcat(answer, "?");
	if (!f->complete)
		strcat(answer, "+");
	if (f->count != f->n)
		sprintf(answer + strlen(answer), "=%zu", f->count);
}

static const char *
ask(struct store *s, struct store_ask question)
{
	if (question.jid == NULL)
		question.jid = JID;
	if (question.room == NULL)
		question.room = ROOM;
	memset(&got, 0, sizeof(got));
	store_archive_ask(s, &question, saw_found, NULL);
	assert_int_equal(got.calls, 0);		/* never at once */
	wait_calls(1);
	return answer;
}

static void
say(struct store *s, struct store_tail **tail, int i, const char *nick)
{
	char id[16], body[64];

	snprintf(id, sizeof(id), "m%d", i);
	snprintf(body, sizeof(body), SECRET "-%d", i);
	store_archive_add(s, tail, JID, ROOM, &(struct store_said){ .id = id,
	    .nick = nick, .time = 1000 + i * 10, .data = body,
	    .len = strlen(body) });
}

/* Ten messages of two authors, in three rows. */
static void
fill(struct store *s)
{
	struct store_tail *tail = NULL;

	for (int i = 1; i <= 10; i++) {
		say(s, &tail, i, i % 3 == 0 ? "bob" : "cyd");
		if (i == 4 || i == 8)
			ask(s, (struct store_ask){ .max = 1 });
	}
	store_tail_close(tail);
}

static const char *const two[] = { "m7", "m2" };
static const char *const one_odd[] = { "m7", "m99" };

static const struct page_case {
	const char	*name;
	struct store_ask ask;
	const char	*answer;
} cases[] = {
	{ "all", { .max = 100 }, "m1 m2 m3 m4 m5 m6 m7 m8 m9 m10" },
	{ "exactly all", { .max = 10 }, "m1 m2 m3 m4 m5 m6 m7 m8 m9 m10" },
	{ "first", { .max = 3 }, "m1 m2 m3+" },
	{ "last", { .max = 3, .last = true }, "m8 m9 m10+" },
	{ "last, all", { .max = 10, .last = true },
	    "m1 m2 m3 m4 m5 m6 m7 m8 m9 m10" },
	{ "after", { .max = 3, .after = "m3" }, "m4 m5 m6+" },
	{ "after, in a row", { .max = 3, .after = "m5" }, "m6 m7 m8+" },
	{ "after, to the end", { .max = 3, .after = "m7" }, "m8 m9 m10" },
	{ "after the last", { .max = 3, .after = "m10" }, "" },
	{ "before", { .max = 3, .before = "m6", .last = true },
	    "m3 m4 m5+" },
	{ "before, the first ones", { .max = 3, .before = "m6" },
	    "m1 m2 m3+" },
	{ "before the first", { .max = 3, .before = "m1", .last = true }, "" },
	{ "between", { .max = 9, .after = "m3", .before = "m6" }, "m4 m5" },
	{ "between, from the end", { .max = 1, .after = "m3", .before = "m6",
	    .last = true }, "m5+" },
	{ "between, crossed", { .max = 9, .after = "m6", .before = "m3" },
	    "" },
	{ "unknown after", { .max = 9, .after = "m77" }, "?" },
	{ "unknown before", { .max = 9, .before = "m77", .last = true }, "?" },
	{ "one of both unknown", { .max = 9, .after = "m3", .before = "m" },
	    "?" },
	{ "time", { .max = 9, .start = 1030, .end = 1050 }, "m3 m4 m5" },
	{ "start", { .max = 9, .start = 1085 }, "m9 m10" },
	{ "end", { .max = 9, .end = 1025 }, "m1 m2" },
	{ "no such time", { .max = 9, .start = 5000 }, "" },
	{ "ends before it starts", { .max = 9, .start = 1050, .end = 1030 },
	    "" },
	{ "author", { .max = 9, .nick = "bob" }, "m3 m6 m9" },
	{ "author, a page", { .max = 2, .nick = "bob" }, "m3 m6+" },
	{ "author and time", { .max = 9, .nick = "bob", .start = 1040,
	    .last = true }, "m6 m9" },
	{ "nobody", { .max = 9, .nick = "eve" }, "" },
	{ "ids", { .max = 9, .ids = two, .nids = 2 }, "m2 m7" },
	{ "ids, one unknown", { .max = 9, .ids = one_odd, .nids = 2 }, "m7?" },
	{ "count", { .max = 0 }, "=10" },
	{ "count of a time", { .max = 0, .start = 1030, .end = 1050 }, "=3" },
	{ "bytes", { .max = 9, .bytes = 40 }, "m1 m2+" },
	{ "bytes, at least one", { .max = 9, .bytes = 1, .last = true },
	    "m10+" },
	{ "another room", { .room = "#dogs", .max = 9 }, "" },
	{ "another room, after", { .room = "#dogs", .max = 9, .after = "m1" },
	    "?" },
	{ "another user", { .jid = "b@b", .max = 9 }, "" },
	{ "another user's id", { .jid = "b@b", .max = 9, .after = "m1" },
	    "?" },
};

static void
check_pages(struct store *s, const char *where)
{
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *is = ask(s, cases[i].ask);

		if (strcmp(is, cases[i].answer) != 0)
			fail_msg("%s: %s: \"%s\" is not \"%s\"", where,
			    cases[i].name, is, cases[i].answer);
		assert_string_equal(got.error, "");
	}
}

static void
pages_in_memory(void **state)
{
	struct store *s = must_open("none");

	(void)state;
	fill(s);
	check_pages(s, "none");
	finish(s);
}

static void
pages_on_disk(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	fill(s);
	check_pages(s, "sqlite3");
	close_and_settle(s);
	assert_false(on_disk(SECRET));
	assert_false(on_disk("cyd"));
	s = must_open("sqlite3");
	check_pages(s, "sqlite3, after a restart");
	assert_string_equal(ask(s, (struct store_ask){ .max = 1 }), "m1+");
	assert_string_equal(bodies, "1010:cyd:" SECRET "-1 ");
	assert_string_equal(logged, "");
	finish(s);
}

/* Texts of any length, and bytes that are none. */
static void
any_message(void **state)
{
	static const size_t lengths[] = { 0, 1, 5000, 16384, 65536, 1 << 20 };
	struct store *s = must_open("sqlite3");
	struct store_tail *tail = NULL;
	char *data = xcalloc(1, 1 << 20), *name = xcalloc(1, 5001), id[8];

	(void)state;
	memset(name, 'n', 5000);
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		snprintf(id, sizeof(id), "%zu", i);
		store_archive_add(s, &tail, JID, ROOM, &(struct store_said){
		    .id = id, .nick = i % 2 ? name : NULL, .time = INT64_MIN +
		    (int64_t)i, .data = data, .len = lengths[i] });
	}
	store_archive_add(s, &tail, JID, ROOM, &(struct store_said){
	    .id = name, .time = INT64_MAX });
	assert_int_equal(strncmp(ask(s, (struct store_ask){ .max = 9 }),
	    "0 1 2 3 4 5 nnnn", 16), 0);
	store_tail_close(tail);
	free(data);
	free(name);
	finish(s);
}

/* A chunk that was damaged in any one place gives messages or an end, and
 * never leads outside. */
static void
damaged_chunks(void **state)
{
	struct store_said said = { .id = "id", .nick = "nick", .time = 1,
	    .data = "data", .len = 4 }, next;
	struct buf b = { 0 };
	unsigned char *copy;
	size_t at, n;

	(void)state;
	chunk_add(&b, &said);
	said.nick = NULL;
	chunk_add(&b, &said);
	n = buf_len(&b);
	for (size_t i = 0; i < n; i++) {
		for (int value = 0; value < 256; value += 15) {
			copy = xmalloc(n);	/* for ASan's sake */
			memcpy(copy, buf_data(&b), n);
			copy[i] = (unsigned char)value;
			at = 0;
			while (chunk_next(copy, n, &at, &next))
				assert_true(strlen(next.id) < n);
			free(copy);
		}
		copy = xmalloc(i + 1);
		memcpy(copy, buf_data(&b), i);
		at = 0;
		while (chunk_next(copy, i, &at, &next))
			assert_true(at <= i);
		free(copy);
	}
	buf_free(&b);
}

/* What was gathered is there after a kill, seconds later. */
static void
over_a_kill(void **state)
{
	struct store *s;
	struct store_tail *tail = NULL;
	int status;
	pid_t pid;

	(void)state;
	close_and_settle(must_open("sqlite3"));
	if ((pid = fork()) == 0) {
		struct ev_timer timer;

		ev_loop_fork(loop);
		s = must_open("sqlite3");
		for (int i = 1; i <= 3; i++)
			say(s, &tail, i, "bob");
		ev_timer_init(&timer, give_up, 20, 0);
		ev_timer_start(loop, &timer);
		while (store_pending(s) == 0)
			ev_run(loop, EVRUN_ONCE);
		wait_written(s);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	s = must_open("sqlite3");
	assert_string_equal(ask(s, (struct store_ask){ .max = 9 }),
	    "m1 m2 m3");
	finish(s);
}

/* What another key has sealed is passed over and told of, and goes with its
 * time. */
static void
a_lost_key(void **state)
{
	struct store *s = must_open("sqlite3");
	struct store_tail *tail = NULL;

	(void)state;
	fill(s);
	close_and_settle(s);
	unlink(key);
	s = must_open("sqlite3");
	assert_string_equal(ask(s, (struct store_ask){ .max = 9 }), "");
	assert_non_null(strstr(logged, "3 pieces of the archive of a@b are "
	    "passed over"));
	say(s, &tail, 11, "bob");
	assert_string_equal(ask(s, (struct store_ask){ .max = 9,
	    .last = true }), "m11");
	store_tail_close(tail);
	finish(s);
}

/* Lost, and said so; what comes when there is room again is kept, also when the
 * room's row went with the transaction that failed. */
static void
a_full_disk(void **state)
{
	struct store *s = must_open("sqlite3");
	struct store_tail *tail = NULL;
	char *big = xcalloc(1, 200000);

	(void)state;
	fill_disk(true);
	store_archive_add(s, &tail, JID, ROOM, &(struct store_said){
	    .id = "big", .time = 5, .data = big, .len = 200000 });
	ask(s, (struct store_ask){ .max = 9 });
	wait_written(s);
	fill_disk(false);
	assert_non_null(strstr(logged, "store: archive of a@b failed: "));
	say(s, &tail, 1, "bob");
	assert_string_equal(ask(s, (struct store_ask){ .max = 9 }), "m1");
	assert_int_equal(store_failures(s), 1);
	store_tail_close(tail);
	free(big);
	finish(s);
}

/* Another program holds the lock: the loop goes on, and bytes that wait are
 * bounded. */
static void
a_locked_database(void **state)
{
	struct store *s = must_open("sqlite3");
	struct store_tail *tail = NULL;
	char *big = xcalloc(1, 1 << 20);
	struct timespec a, b;
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	    SQLITE_OK);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 100; i++)
		store_archive_add(s, &tail, JID, ROOM, &(struct store_said){
		    .id = "big", .time = 5, .data = big, .len = 1 << 20 });
	clock_gettime(CLOCK_MONOTONIC, &b);
	/* Each would wait for the lock for a second at least. */
	assert_true(b.tv_sec - a.tv_sec < 20);
	assert_non_null(strstr(logged, "is refused: the database does not "
	    "keep up"));
	assert_true(store_pending(s) < 40);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	store_tail_close(tail);
	free(big);
	finish(s);
}

static void
prune(struct store *s, int64_t oldest, unsigned messages)
{
	const struct store_limits limits = { oldest, messages };

	for (int i = 0; i < 5; i++)
		store_archive_prune(s, &limits);
}

static void
pruned_by_age_and_number(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	fill(s);
	prune(s, 1045, 100);		/* the first row: m1 - m4 */
	assert_string_equal(ask(s, (struct store_ask){ .max = 2 }),
	    "m5 m6+");
	prune(s, 0, 2);			/* rows go whole: the last has two */
	assert_string_equal(ask(s, (struct store_ask){ .max = 9 }),
	    "m9 m10");
	prune(s, INT64_MAX, 2);
	assert_string_equal(ask(s, (struct store_ask){ .max = 9 }), "");
	assert_int_equal(store_failures(s), 0);
	finish(s);
}

static void
pruned_in_memory(void **state)
{
	struct store *s = must_open("none");
	struct store_tail *tail = NULL;

	(void)state;
	fill(s);
	prune(s, 1045, 100);
	assert_string_equal(ask(s, (struct store_ask){ .max = 1 }), "m5+");
	for (int i = 0; i < 1000; i++) {
		say(s, &tail, i, "bob");
		if (i % 10 == 9)
			ask(s, (struct store_ask){ .max = 1 });
	}
	assert_string_equal(ask(s, (struct store_ask){ .max = 0 }), "=200");
	store_tail_close(tail);
	finish(s);
}

/* A room that has far more than it may is brought down in small steps. */
static void
pruned_in_steps(void **state)
{
	struct store *s = must_open("sqlite3");
	struct store_tail *tail = NULL;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		say(s, &tail, i, "bob");
		store_tail_close(tail);
		tail = NULL;
	}
	store_archive_prune(s, &(struct store_limits){ 0, 100 });
	assert_string_equal(ask(s, (struct store_ask){ .max = 0 }), "=800");
	prune(s, 0, 100);
	assert_string_equal(ask(s, (struct store_ask){ .max = 0 }), "=100");
	assert_string_equal(ask(s, (struct store_ask){ .max = 1 }),
	    "m900+");
	finish(s);
}

/* -------------------------------------------------------------------- rooms */

static char rooms[1024];

static void
saw_rooms(void *ctx, const struct store_user *u, const char *error)
{
	size_t at = 0;

	saw_done(ctx, error);
	rooms[0] = '\0';
	for (size_t i = 0; u != NULL && i < u->nrooms; i++)
		at += (size_t)snprintf(rooms + at, sizeof(rooms) - at,
		    "%s=%s/%s:%s ", u->rooms[i].id, u->rooms[i].jid,
		    u->rooms[i].nick, u->rooms[i].password ?
		    u->rooms[i].password : "-");
}

static const char *
rooms_of(struct store *s, const char *jid)
{
	memset(&got, 0, sizeof(got));
	store_load(s, jid, saw_rooms, NULL);
	wait_calls(1);
	assert_string_equal(got.error, "");
	return rooms;
}

static const char *
standing(struct store *s, bool stay)
{
	memset(&got, 0, sizeof(got));
	store_list_standing(s, stay, saw_users, NULL);
	wait_calls(1);
	return got.users;
}

static void
set_room(struct store *s, const char *jid, const char *id,
    const char *password)
{
	store_set_room(s, jid, &(struct store_room){ id, "#cats@gw", "ana",
	    password });
}

static void
stayed_in(void **state)
{
	const char *const type = *state;
	struct store *s = must_open(type);

	add_user(s, JID, "ana", "x");
	add_user(s, "b@b", "bob", "x");
	assert_string_equal(rooms_of(s, JID), "");
	set_room(s, JID, ROOM, SECRET);
	assert_string_equal(rooms_of(s, JID), "#cats=#cats@gw/ana:" SECRET
	    " ");
	set_room(s, JID, ROOM, NULL);
	assert_string_equal(rooms_of(s, JID), "#cats=#cats@gw/ana:- ");
	store_forget_room(s, JID, ROOM);
	store_forget_room(s, JID, "#other");
	assert_string_equal(rooms_of(s, JID), "");
	set_room(s, "b@b", ROOM, SECRET);
	assert_string_equal(rooms_of(s, JID), "");
	if (strcmp(type, "none") != 0) {
		assert_false(on_disk(SECRET));
		assert_string_equal(standing(s, false), "b@b ");
		store_set_online(s, JID, true);
		assert_string_equal(standing(s, false), "b@b ");
		assert_string_equal(standing(s, true), "a@b b@b ");
		store_set_setting(s, JID, "stay_connected", STORE_BOOLEAN,
		    "1");
		assert_string_equal(standing(s, false), "a@b b@b ");
		store_set_setting(s, JID, "stay_connected", STORE_BOOLEAN,
		    "0");
		assert_string_equal(standing(s, true), "b@b ");
	}
	finish(s);
}

static void
stayed_in_none(void **state)
{
	*state = (void *)"none";
	stayed_in(state);
}

static void
stayed_in_sqlite(void **state)
{
	*state = (void *)"sqlite3";
	stayed_in(state);
}

/* Who unregisters leaves nothing, and whoever comes under the same name finds
 * nothing. */
static void
who_goes_takes_all(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, JID, "ana", "x");
	fill(s);
	set_room(s, JID, ROOM, NULL);
	memset(&got, 0, sizeof(got));
	store_unregister(s, JID, saw_done, NULL);
	wait_calls(1);
	assert_string_equal(standing(s, true), "");
	assert_string_equal(ask(s, (struct store_ask){ .max = 9 }), "");
	add_user(s, JID, "ana", "x");
	assert_string_equal(rooms_of(s, JID), "");
	assert_string_equal(ask(s, (struct store_ask){ .max = 9 }), "");
	prune(s, 0, 100);
	wait_written(s);
	close_and_settle(s);
	exec_sql("CREATE TABLE check_me AS SELECT 1 / (1 - ((SELECT count(*)"
	    " FROM archive) + (SELECT count(*) FROM rooms))) AS x");
	s = must_open("sqlite3");
	finish(s);
}

/* A room whose password another key has sealed is not joined with none. */
static void
a_lost_key_of_rooms(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, JID, "ana", "");
	set_room(s, JID, ROOM, SECRET);
	set_room(s, JID, "#open", NULL);
	close_and_settle(s);
	unlink(key);
	s = must_open("sqlite3");
	assert_string_equal(rooms_of(s, JID), "#open=#cats@gw/ana:- ");
	assert_non_null(strstr(logged, "1 secret settings of a@b"));
	finish(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_in_memory),
		TEST(pages_on_disk),
		TEST(any_message),
		TEST(damaged_chunks),
		TEST(over_a_kill),
		TEST(a_lost_key),
		TEST(a_full_disk),
		TEST(a_locked_database),
		TEST(pruned_by_age_and_number),
		TEST(pruned_in_memory),
		TEST(pruned_in_steps),
		TEST(stayed_in_none),
		TEST(stayed_in_sqlite),
		TEST(who_goes_takes_all),
		TEST(a_lost_key_of_rooms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
