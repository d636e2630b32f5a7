/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
/* Settings that are secrets: sealed in the file, and nowhere else. */
#include "tests/unit/store_kit.h"

static void
sealed_on_disk(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, "a@b", "u", "");
	store_set_setting(s, "a@b", "pass/irc.example", STORE_SECRET, SECRET);
	store_set_setting(s, "a@b", "plain", STORE_STRING, "to-be-seen");
	store_set_setting(s, "a@b", "gone", STORE_SECRET, SECRET);
	store_set_setting(s, "a@b", "gone", STORE_SECRET, NULL);
	load(s, "a@b");
	assert_string_equal(got.settings, "pass/irc.example=" SECRET
	    ":1013 plain=to-be-seen:13 ");
	close_and_settle(s);
	assert_true(on_disk("to-be-seen"));
	assert_true(on_disk("$sp2$1$"));
	assert_false(on_disk(SECRET));

	s = must_open("sqlite3");
	load(s, "a@b");
	assert_string_equal(got.settings, "pass/irc.example=" SECRET
	    ":1013 plain=to-be-seen:13 ");
	close_and_settle(s);
	assert_null(strstr(logged, SECRET));
}

/* Whoever can write to the file must not get another's secret opened as a
 * setting that is shown, or as somebody else's. */
static void
bound_to_user_and_name(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, "a@b", "u", "");
	add_user(s, "c@b", "u", "");
	store_set_setting(s, "a@b", "one", STORE_SECRET, SECRET);
	store_set_setting(s, "a@b", "two", STORE_STRING, "x");
	store_set_setting(s, "c@b", "one", STORE_STRING, "x");
	close_and_settle(s);
	exec_sql("UPDATE users_settings SET value = (SELECT value FROM "
	    "users_settings WHERE value LIKE '$sp2$%') WHERE value = 'x'");
	s = must_open("sqlite3");
	load(s, "a@b");
	assert_string_equal(got.error, "");
	assert_string_equal(got.settings, "one=" SECRET ":1013 ");
	load(s, "c@b");
	assert_string_equal(got.settings, "");
	assert_non_null(strstr(logged, "1 secret settings of c@b are passed "
	    "over"));
	assert_null(strstr(logged, SECRET));
	close_and_settle(s);
}

/* Text that looks like a box is text. */
static void
looks_sealed(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	add_user(s, "a@b", "u", "");
	store_set_setting(s, "a@b", "x", STORE_STRING, "$sp2$1$AAAA");
	load(s, "a@b");
	assert_string_equal(got.settings, "x=$sp2$1$AAAA:1013 ");
	close_and_settle(s);
}

static void
another_key(void **state)
{
	struct store *s = must_open("sqlite3");

	(void)state;
	/* No password of a user is sealed, so that a key is made anew. */
	add_user(s, "a@b", "u", "");
	store_set_setting(s, "a@b", "pass", STORE_SECRET, SECRET);
	store_set_setting(s, "a@b", "plain", STORE_STRING, "1");
	close_and_settle(s);
	unlink(key);
	s = must_open("sqlite3");
	load(s, "a@b");
	assert_true(got.found);
	assert_string_equal(got.error, "");
	assert_string_equal(got.settings, "plain=1:13 ");
	assert_non_null(strstr(logged, "1 secret settings of a@b"));
	/* It is simply set again. */
	store_set_setting(s, "a@b", "pass", STORE_SECRET, "new");
	load(s, "a@b");
	assert_string_equal(got.settings, "pass=new:1013 plain=1:13 ");
	close_and_settle(s);
}

static void
in_memory(void **state)
{
	struct store *s = must_open("none");

	(void)state;
	add_user(s, "a@b", "u", "");
	store_set_setting(s, "a@b", "pass", STORE_SECRET, SECRET);
	load(s, "a@b");
	assert_string_equal(got.settings, "pass=" SECRET ":1013 ");
	close_and_settle(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sealed_on_disk, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(bound_to_user_and_name, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(looks_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(another_key, setup, teardown),
		cmocka_unit_test_setup_teardown(in_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
