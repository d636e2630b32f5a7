/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/purple/room_text.h"
#include "protocol/errors.h"
#include "util/macros.h"
#include "util/utf8.h"

static void
test_failure(void **state)
{
	static const struct {
		const char *text, *code;
	} cases[] = {
		{ "You are banned from #tea.", ERR_BANNED },
		{ "Joining #tea requires an invitation.", ERR_MEMBERS_ONLY },
		{ "Error joining chat: Not Authorized", ERR_NOT_AUTHORIZED },
		{ "401: Registration Required", ERR_MEMBERS_ONLY },
		{ "409: Conflict", ERR_CONFLICT },
		{ "NO SUCH CHANNEL", ERR_NOT_FOUND },
		{ "a b is not a valid room name", ERR_NOT_ACCEPTABLE },
		{ "#tea is full", ERR_FULL },
		{ "The weather is fine", NULL },
		{ "", NULL }, { NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *code = room_failure(cases[i].text);

		if (cases[i].code == NULL)
			assert_null(code);
		else
			assert_string_equal(code, cases[i].code);
	}
	assert_string_equal(room_condition("conflict"), ERR_CONFLICT);
	assert_null(room_condition("undefined-condition"));
	assert_null(room_condition(NULL));
}

static void
test_irc_refusal(void **state)
{
	static const struct {
		const char *line, *code, *about, *text;
	} cases[] = {
		{ ":s.x 475 me #tea :Cannot join channel (+k)\r\n",
		    ERR_NOT_AUTHORIZED, "#tea",
		    "Cannot join channel (+k)\r\n" },
		{ "474 me #tea banned", ERR_BANNED, "#tea", "banned" },
		{ ":s 441 me bob #tea :They aren't on that channel",
		    ERR_NOT_FOUND, "#tea", "They aren't on that channel" },
		{ ":s 433 me ana :in use", ERR_CONFLICT, "ana", "in use" },
		{ ":s 433 me ana", ERR_CONFLICT, "ana", "" },
		{ ":s 433 me", NULL, NULL, NULL },
		{ ":s 433", NULL, NULL, NULL },
		{ ":s 433 me :x", NULL, NULL, NULL },
		{ ":s 353 me = #tea :ana", NULL, NULL, NULL },
		{ ":s PRIVMSG #tea :475 me #tea", NULL, NULL, NULL },
		{ ":", NULL, NULL, NULL }, { "", NULL, NULL, NULL },
		{ "47", NULL, NULL, NULL }, { "4751 a b", NULL, NULL, NULL },
	};
	struct irc_refusal r;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		bool is = room_irc_refusal(cases[i].line, &r);

		assert_int_equal(is, cases[i].code != NULL);
		if (!is)
			continue;
		assert_string_equal(r.code, cases[i].code);
		assert_int_equal(r.about_len, strlen(cases[i].about));
		assert_memory_equal(r.about, cases[i].about, r.about_len);
		assert_string_equal(r.text, cases[i].text);
	}
}

static void
check_nick(const char *name, const char *expected)
{
	char *nick = room_nick_clean(name);

	assert_string_equal(nick, expected);
	free(nick);
}

static void
test_nick(void **state)
{
	char longest[1000], *nick, *other;

	(void)state;
	check_nick("Ana", "Ana");
	check_nick("  Ana\tB\n ", "Ana B");
	check_nick("", "?");
	check_nick(" \r\n", "?");
	check_nick("a\xff" "b", "a?b");
	check_nick("a\001b", "a?b");
	for (size_t i = 0; i + 2 < sizeof(longest); i += 2)
		memcpy(longest + i, "\xc3\xa4", 2);
	longest[sizeof(longest) - 2] = '\0';
	nick = room_nick_clean(longest);
	assert_int_equal(strlen(nick), ROOM_NICK_BYTES);
	assert_true(utf8_valid(nick, strlen(nick)));
	other = room_nick_numbered(nick, 4294967295u);
	assert_true(strlen(other) <= ROOM_NICK_BYTES);
	assert_true(utf8_valid(other, strlen(other)));
	assert_non_null(strstr(other, " (4294967295)"));
	free(nick);
	free(other);
	nick = room_nick_numbered("Ana", 2);
	assert_string_equal(nick, "Ana (2)");
	free(nick);
}

static void
test_names(void **state)
{
	(void)state;
	assert_true(room_text_names("Joining #tea requires", "#tea"));
	assert_true(room_text_names("#TEA", "#tea"));
	assert_true(room_text_names("x#teapot #tea", "#tea"));
	assert_false(room_text_names("Joining #teapot", "#tea"));
	assert_false(room_text_names("", "#tea"));
	assert_false(room_text_names("#tea", ""));
	assert_true(room_text_names("Error joining chat a@b/c", "a@b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_irc_refusal),
		cmocka_unit_test(test_nick),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
