/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
/* Who is who, and the lists of names that are kept in settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/kept.h"
#include "backends/twitter/people.h"
#include "backends/twitter/search.h"
#include "util/later.h"
#include "util/map.h"
#include "util/xalloc.h"

static void
learn(const char *id, const char *username)
{
	const struct person p = { .id = id, .username = username,
	    .name = username, .about = "about", .followers = 7 };

	people_learn(&p);
}

static const char *
id_of(const char *name)
{
	const struct known *known = people_by_name(name);

	return known != NULL ? known->person.id : NULL;
}

static int
end(void **state)
{
	(void)state;
	people_finish();
	return 0;
}

static void
names(void **state)
{
	const struct known *known;

	(void)state;
	assert_null(people_by_id("1"));
	assert_null(people_by_id(NULL));
	learn("1", "Anna");
	known = people_by_id("1");
	assert_string_equal(known->contact, "anna");
	assert_string_equal(known->person.username, "Anna");
	assert_int_equal(known->person.followers, 7);
	assert_null(known->person.place);
	assert_ptr_equal(people_by_name("ANNA"), known);
	assert_null(people_by_name("ann"));
	assert_null(people_by_name(""));

	/* Another name: the one before is nobody's. */
	learn("1", "Anne");
	assert_null(people_by_name("anna"));
	assert_string_equal(id_of("anne"), "1");
	/* Somebody else takes it over: whoever had it has another one now,
	 * which nobody has told us. */
	learn("2", "ANNA");
	learn("2", "anne");
	assert_string_equal(id_of("Anne"), "2");
	assert_null(people_by_id("1"));
	assert_null(people_by_name("anna"));
	learn("1", "anna");
	assert_string_equal(id_of("anna"), "1");
	assert_string_equal(id_of("anne"), "2");
	/* Too long to be a contact. */
	learn("3", "a_name_of_more_than_23_characters");
	learn("4", "");
	assert_null(people_by_id("3"));
	assert_null(people_by_id("4"));
	assert_null(people_by_name("a_name_of_more_than_23_characters"));
}

/* Until the turn is over, whatever is learned meanwhile. */
static void
held(void **state)
{
	const struct known *before;

	(void)state;
	learn("1", "anna");
	before = people_by_id("1");
	people_learn(&before->person);
	learn("2", "anna");
	assert_string_equal(before->person.username, "anna");
	assert_string_equal(before->person.id, "1");
	later_run();
	assert_string_equal(id_of("anna"), "2");
}

static void
bound(void **state)
{
	char id[20], name[20];

	(void)state;
	for (int i = 1; i <= PEOPLE_MAX + 2; i++) {
		snprintf(id, sizeof(id), "%d", i);
		snprintf(name, sizeof(name), "u%d", i);
		learn(id, name);
		if (i == PEOPLE_MAX)
			learn("1", "u1");	/* met again */
		if (i % 1000 == 0)
			later_run();
	}
	assert_non_null(people_by_id("1"));
	assert_null(people_by_id("2"));
	assert_null(people_by_name("u3"));
	assert_string_equal(id_of("u4"), "4");
}

static void
is_name(void **state)
{
	(void)state;
	assert_true(people_is_name("Anna_1"));
	assert_true(people_is_name("a"));
	assert_false(people_is_name(""));
	assert_false(people_is_name("an na"));
	assert_false(people_is_name("anna@example.org"));
	assert_false(people_is_name("../users/me"));
	assert_false(people_is_name("M\xc3\xbcller"));
	assert_false(people_is_name("abcdefghijklmnopqrstuvwxyz"));
}

/* --------------------------------------------------------------- kept lists */

static int
session_begin(void **state)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->user = xstrdup("me@example.org");
	*state = s;
	return 0;
}

static int
session_over(void **state)
{
	struct session *s = *state;

	texts_finish(&s->settings);
	free(s->user);
	free(s);
	return 0;
}

static void
kept(void **state)
{
	struct session *s = *state;
	const char *at = NULL;
	char each[CONTACT_SIZE];

	assert_false(kept_has(s, KEPT_ADDED, "anna"));
	kept_remove(s, KEPT_ADDED, "anna");
	assert_null(session_setting(s, KEPT_ADDED, NULL));
	assert_false(kept_next(s, KEPT_ADDED, &at, each));
	assert_true(kept_add(s, KEPT_ADDED, "anna"));
	assert_true(kept_add(s, KEPT_ADDED, "ann"));
	assert_true(kept_add(s, KEPT_ADDED, "anna"));
	assert_true(kept_add(s, KEPT_ASKED, "carl"));
	assert_string_equal(session_setting(s, KEPT_ADDED, ""), "anna ann");
	assert_true(kept_has(s, KEPT_ADDED, "ann"));
	assert_false(kept_has(s, KEPT_ADDED, "an"));
	assert_false(kept_has(s, KEPT_ADDED, "carl"));
	kept_remove(s, KEPT_ADDED, "anna");
	assert_string_equal(session_setting(s, KEPT_ADDED, ""), "ann");
	kept_remove(s, KEPT_ADDED, "ann");
	assert_null(session_setting(s, KEPT_ADDED, NULL));

	/* Not as we write it. */
	texts_put(&s->settings, KEPT_BLOCKED,
	    "  a_name_of_more_than_23_characters \nbob  carl ");
	at = NULL;
	assert_true(kept_next(s, KEPT_BLOCKED, &at, each));
	assert_string_equal(each, "\nbob");
	assert_true(kept_next(s, KEPT_BLOCKED, &at, each));
	assert_string_equal(each, "carl");
	assert_false(kept_next(s, KEPT_BLOCKED, &at, each));
	assert_false(kept_next(s, KEPT_BLOCKED, &at, each));
}

static void
kept_full(void **state)
{
	struct session *s = *state;
	char name[20];

	for (int i = 0; i < KEPT_MAX; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		assert_true(kept_add(s, KEPT_ADDED, name));
	}
	assert_false(kept_add(s, KEPT_ADDED, "more"));
	assert_true(kept_add(s, KEPT_ADDED, "u7"));
	kept_remove(s, KEPT_ADDED, "u7");
	assert_true(kept_add(s, KEPT_ADDED, "more"));
	assert_true(kept_has(s, KEPT_ADDED, "u199"));
}

/* ----------------------------------------------------------------- searches */

static void
search(void **state)
{
	static const struct {
		const char	*words, *clean;		/* NULL: no */
	} cases[] = {
		{ "anna", "anna" }, { "  Anna  O'Neil ", "Anna O'Neil" },
		{ "@anna_1!", "anna_1" }, { "a\nb\tc", "a b c" },
		{ "x.com/anna", "x com anna" }, { "", NULL }, { " !", NULL },
		{ "M\xc3\xbcller", NULL }, { "\xff", NULL },
		{ "12345678901234567890123456789012345678901234567890more",
		    "12345678901234567890123456789012345678901234567890" },
		{ "1234567890123456789012345678901234567890123456789 more",
		    "1234567890123456789012345678901234567890123456789" },
	};
	char clean[SEARCH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		bool is = search_clean(cases[i].words, clean);

		if (is != (cases[i].clean != NULL) ||
		    (is && strcmp(clean, cases[i].clean) != 0))
			fail_msg("\"%s\": \"%s\"", cases[i].words, clean);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(names, end),
		cmocka_unit_test_teardown(held, end),
		cmocka_unit_test_teardown(bound, end),
		cmocka_unit_test(is_name),
		cmocka_unit_test_setup_teardown(kept, session_begin,
		    session_over),
		cmocka_unit_test_setup_teardown(kept_full, session_begin,
		    session_over),
		cmocka_unit_test(search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
