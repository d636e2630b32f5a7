/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
/* What the ids of conversations, rooms and messages say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backends/twitter/direct.h"
#include "backends/twitter/direct_id.h"
#include "util/macros.h"

static void
check(const char *got, const char *want, const char *of)
{
	if (want == NULL && got != NULL)
		fail_msg("%s: %s", of, got);
	if (want != NULL) {
		if (got == NULL)
			fail_msg("%s: nothing", of);
		assert_string_equal(got, want);
	}
}

static void
test_peers(void **state)
{
	static const struct {
		const char	*conversation, *peer;	/* NULL: none */
	} cases[] = {
		{ "7-12", "12" },
		{ "3-7", "3" },
		{ "7-7", "7" },
		{ "18446744073709551615-7", "18446744073709551615" },
		{ "184467440737095516150-7", NULL },
		{ "7-184467440737095516150", NULL },
		{ "3-12", NULL },		/* of others */
		{ "12", NULL },
		{ "7", NULL },
		{ "7-", NULL },
		{ "-7", NULL },
		{ "-", NULL },
		{ "", NULL },
		{ "7-07", NULL },
		{ "7-1-2", NULL },
		{ "7-bob", NULL },
		{ "g7-12", NULL },
		{ "77-12", NULL },
	};
	char peer[PAGE_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		check(direct_id_peer(cases[i].conversation, "7", peer) ? peer :
		    NULL, cases[i].peer, cases[i].conversation);
}

static void
test_rooms_and_messages(void **state)
{
	static const struct {
		const char	*id, *room, *message;
	} cases[] = {
		{ "#dm-123", "123", NULL },
		{ "dm-123", "123", "123" },
		{ "#twitter", NULL, NULL },
		{ "##dm-1", NULL, NULL },
		{ "#dm-", NULL, NULL },
		{ "#dm-1-2", NULL, NULL },
		{ "#dm-1?x=y", NULL, NULL },
		{ "#dm-../1", NULL, NULL },
		{ "#dm-123456789012345678901", NULL, NULL },
		{ "dm", NULL, NULL },
		{ "123", NULL, NULL },
		{ "", NULL, NULL },
		{ "#", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		check(direct_id_of_room(cases[i].id), cases[i].room,
		    cases[i].id);
		check(direct_id_of_message(cases[i].id), cases[i].message,
		    cases[i].id);
		assert_int_equal(direct_is_room(cases[i].id),
		    cases[i].room != NULL);
		assert_int_equal(direct_is_message(cases[i].id),
		    cases[i].message != NULL);
	}
	assert_true(direct_id_is_group("123"));
	assert_false(direct_id_is_group("1-23"));
	assert_false(direct_id_is_group("g123"));
	/* 2022-10-19T20:58:00Z, as X's documentation has it. */
	assert_int_equal(direct_id_time("1582838499983564806") / 1000,
	    1666213080);
}

static void
test_names(void **state)
{
	static const struct {
		const char	*line;
		size_t		 n;
		const char	*last, *text;
	} cases[] = {
		{ "@anna @bob Hello", 2, "bob", "Hello" },
		{ " @anna,@Bob_1,  @carl\tto\nall", 3, "carl", "to\nall" },
		{ "@anna @bob", 2, "bob", "" },
		{ "@a @b @c @d @e x", 4, "d", "@e x" },	/* as many as fit */
		{ "@anna: Hello", 0, NULL, "@anna: Hello" },
		{ "@anna @ Hello", 1, "anna", "@ Hello" },
		{ "@anna @bob@example.org", 1, "anna", "@bob@example.org" },
		{ "anna @bob", 0, NULL, "anna @bob" },
		{ "@123456789012345678901234567890 x", 1,
		  "123456789012345678901234567890", "x" },
		{ "@1234567890123456789012345678901 x", 0, NULL,
		  "@1234567890123456789012345678901 x" },
		{ "", 0, NULL, "" },
		{ " ,", 0, NULL, "" },
		{ "@", 0, NULL, "@" },
	};
	char names[4][DIRECT_NAME_SIZE];
	const char *text;
	size_t n;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		n = direct_id_names(cases[i].line, names, LENGTH(names), &text);
		assert_int_equal(n, cases[i].n);
		assert_string_equal(text, cases[i].text);
		if (n > 0)
			assert_string_equal(names[n - 1], cases[i].last);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_rooms_and_messages),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
