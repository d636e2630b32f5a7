/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
/* What is remembered, and in which order. */
#include <time.h>

#include "tests/unit/store_kit.h"

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
	for (int i = 0; i < 10000 && store_pending(s) != 0; i++)
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
