/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/shortid.h"
#include "backends/twitter/words.h"
#include "util/macros.h"

static const char *const names[WORD_COUNT] = {
	[WORD_text] = "TEXT", [WORD_unknown] = "UNKNOWN",
	[WORD_misused] = "MISUSED",
#define WORD(name, others, first, rest, group, help)	[WORD_##name] = #name,
#include "backends/twitter/words.def"
#undef WORD
};

/* word|id|name|text, or MISUSED and which one */
static void
check(const char *line, const char *want)
{
	char got[1000];
	struct words w;

	words_read(&w, line);
	snprintf(got, sizeof(got), "%s%s%s|%s|%s|%s", names[w.word],
	    w.word == WORD_misused ? " " : "",
	    w.word == WORD_misused ? names[w.meant] : "", w.id, w.name,
	    w.text);
	words_free(&w);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", line, got, want);
}

static void
commands(void **state)
{
	static const char *const cases[][2] = {
		{ "#post Hello  world", "post|||Hello  world" },
		{ "  #post\n two\nlines \n", "post|||two\nlines" },
		{ "#status Hello", "post|||Hello" },
		{ "#POST Hello", "post|||Hello" },
		{ "#post #hashtag", "post|||#hashtag" },
		{ "#reply 4F I think so", "reply|4f||I think so" },
		{ "#reply #4f no", "reply|4f||no" },
		{ "#reply 1900000000000000001 no",
		    "reply|1900000000000000001||no" },
		{ "#reply https://x.com/anna/status/19000000?s=20 no",
		    "reply|19000000||no" },
		{ "#reply @anna no", "reply||anna|no" },
		{ "#quote 00 look", "quote|00||look" },
		{ "#rt 4f", "repost|4f||" }, { "#retweet 4f", "repost|4f||" },
		{ "#repost @anna_1", "repost||anna_1|" },
		{ "#fav 4f", "like|4f||" }, { "#like 4f", "like|4f||" },
		{ "#unlike 4f", "unlike|4f||" },
		{ "#undo", "undo|||" }, { "#undo 4f", "undo|4f||" },
		{ "#delete 4f", "delete|4f||" }, { "#del 4f", "delete|4f||" },
		{ "#thread 4f", "thread|4f||" },
		{ "#thread 12 monkeys", "thread|||12 monkeys" },
		{ "#thread word", "thread|||word" },
		{ "#follow anna", "follow||anna|" },
		{ "#follow @anna", "follow||anna|" },
		{ "#unfollow anna", "unfollow||anna|" },
		{ "#mute anna", "mute||anna|" },
		{ "#unmute anna", "unmute||anna|" },
		{ "#block anna", "block||anna|" },
		{ "#unblock anna", "unblock||anna|" },
		{ "#user anna", "user||anna|" },
		{ "#whois anna", "user||anna|" },
		{ "#dm anna Hi there", "message||anna|Hi there" },
		{ "@anna Hi there", "message||anna|Hi there" },
		{ "#group @anna @bob Hi you", "group|||@anna @bob Hi you" },
		{ "group @anna @bob Hi you", "group|||@anna @bob Hi you" },
		{ "#timeline", "timeline|||" },
		{ "#timeline anna", "timeline||anna|" },
		{ "#search cats and dogs", "search|||cats and dogs" },
		{ "#trends", "trends|||" }, { "#friends", "friends|||" },
		{ "#budget", "budget|||" }, { "#help", "help|||" },
		{ "#help post", "help|||post" },
		{ "#lists", "lists|||" }, { "#list My cats", "list|||My cats" },
		{ "#list 2", "list|||2" },
		{ "#listadd anna My cats", "listadd||anna|My cats" },
		{ "#list_remove @anna 2", "listremove||anna|2" },
		{ "#friends new", "friends|||new" },
		{ "#following", "friends|||" }, { "#pin 123", "pin|||123" },
		/* without # */
		{ "Reply 4f Hello", "reply|4f||Hello" },
		{ "like 4f", "like|4f||" }, { "rt @anna", "repost||anna|" },
		{ "thread 4f", "thread|4f||" },
		{ "follow @anna", "follow||anna|" }, { "help", "help|||" },
		{ "undo", "undo|||" }, { "timeline", "timeline|||" },
		{ "timeline @anna", "timeline||anna|" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		check(cases[i][0], cases[i][1]);
}

/* What is not, or not quite, a command. */
static void
others(void **state)
{
	static const char *const cases[][2] = {
		{ "", "TEXT|||" }, { " \n", "TEXT|||" },
		{ "Hello", "TEXT|||Hello" },
		{ "help me please", "TEXT|||help me please" },
		{ "like that", "TEXT|||like that" },
		{ "like 4f please", "TEXT|||like 4f please" },
		{ "follow the money", "TEXT|||follow the money" },
		{ "block party", "TEXT|||block party" },
		{ "group photo", "TEXT|||group photo" },
		{ "post Hello", "TEXT|||post Hello" },
		{ "status update", "TEXT|||status update" },
		{ "thread of gold", "TEXT|||thread of gold" },
		{ "search for me", "TEXT|||search for me" },
		{ "#group", "MISUSED group|||#group" },
		{ "reply", "TEXT|||reply" }, { "reply 4f", "TEXT|||reply 4f" },
		{ "undo that", "TEXT|||undo that" },
		{ "list of things", "TEXT|||list of things" },
		{ "friends new", "TEXT|||friends new" },
		{ "trends are bad", "TEXT|||trends are bad" },
		{ "mode 5 is", "TEXT|||mode 5 is" },
		{ "@anna", "TEXT|||@anna" }, { "@ anna", "TEXT|||@ anna" },
		{ "@anna, hi", "TEXT|||@anna, hi" },
		{ "#", "UNKNOWN|||#" }, { "##", "UNKNOWN|||##" },
		{ "# post x", "UNKNOWN|||# post x" },
		{ "#monday is here", "UNKNOWN|||#monday is here" },
		{ "#posts x", "UNKNOWN|||#posts x" },
		{ "#text x", "UNKNOWN|||#text x" },
		{ "#post", "MISUSED post|||#post" },
		{ "#like", "MISUSED like|||#like" },
		{ "#like that", "MISUSED like|||#like that" },
		{ "#like 4f x", "MISUSED like|||#like 4f x" },
		{ "#like 012", "MISUSED like|||#like 012" },
		{ "#like abc", "MISUSED like|||#like abc" },
		{ "#like 4", "MISUSED like|||#like 4" },
		{ "#like 190000000000000000100",
		    "MISUSED like|||#like 190000000000000000100" },
		{ "#like https://x.com/anna",
		    "MISUSED like|||#like https://x.com/anna" },
		{ "#like https://x.com/a/status/",
		    "MISUSED like|||#like https://x.com/a/status/" },
		{ "#follow a/b", "MISUSED follow|||#follow a/b" },
		{ "#follow @", "MISUSED follow|||#follow @" },
		{ "#follow aaaaaaaaaabbbbbbbbbbccccccccccd",
		    "MISUSED follow|||#follow aaaaaaaaaabbbbbbbbbbccccccccccd" },
		{ "#undo 4f x", "MISUSED undo|||#undo 4f x" },
		{ "#thread", "MISUSED thread|||#thread" },
		{ "#list", "MISUSED list|||#list" },
		{ "#listadd anna", "MISUSED listadd|||#listadd anna" },
		{ "#friends old", "MISUSED friends|||#friends old" },
		{ "#mode", "MISUSED mode|||#mode" },
		{ "#mode x", "MISUSED mode|||#mode x" },
		{ "#mode 10", "MISUSED mode|||#mode 10" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		check(cases[i][0], cases[i][1]);
}

static void
numbers(void **state)
{
	struct words w;

	(void)state;
	words_read(&w, "#mode 2");
	assert_int_equal(w.word, WORD_mode);
	assert_int_equal(w.number, 2);
	words_free(&w);
}

static void
usage(void **state)
{
	static const struct {
		enum word	 word;
		const char	*want;
	} cases[] = {
		{ WORD_reply, "#reply ID TEXT" }, { WORD_undo, "#undo [ID]" },
		{ WORD_timeline, "#timeline [USER]" },
		{ WORD_thread, "#thread ID or TEXT" },
		{ WORD_trends, "#trends" }, { WORD_help, "#help [COMMAND]" },
		{ WORD_message, "#message USER TEXT" },
		{ WORD_group, "#group @USER @USER TEXT" },
		{ WORD_listadd, "#listadd USER LIST" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char *text = words_usage(cases[i].word);

		assert_string_equal(text, cases[i].want);
		free(text);
	}
}

/* All that is told about has a line that says what it does. */
static void
rows(void **state)
{
	const struct word_row *row;
	size_t n = 0;

	(void)state;
	for (enum word w = WORD_text; w < WORD_COUNT; w++) {
		row = words_row(w);
		if (row == NULL)
			continue;
		n++;
		assert_int_equal(words_named(row->name), w);
		assert_true(strlen(row->help) >= 6 && strlen(row->help) < 80);
		assert_null(strchr(row->help, '\n'));
	}
	assert_int_equal(n, WORD_unknown - WORD_text - 1);
	assert_int_equal(words_named("Retweet"), WORD_repost);
	assert_int_equal(words_named(""), WORD_unknown);
	assert_int_equal(words_named("post x"), WORD_unknown);
	assert_int_equal(words_named("posts"), WORD_unknown);
}

static void
short_ids(void **state)
{
	struct shortids ids = { 0 };
	char text[3], id[PAGE_ID_MAX + 1];

	(void)state;
	assert_null(shortid_find(&ids, "00"));
	assert_null(shortid_last_of(&ids, "7"));
	shortid_give(&ids, "1000", "7", text);
	assert_string_equal(text, "00");
	shortid_give(&ids, "999", "7", text);
	assert_string_equal(text, "01");
	/* Once for each. */
	shortid_give(&ids, "1000", NULL, text);
	assert_string_equal(text, "00");
	assert_string_equal(shortid_find(&ids, "01"), "999");
	assert_string_equal(shortid_last_of(&ids, "7"), "1000");
	assert_null(shortid_last_of(&ids, "8"));
	/* Whose it is may be known later only. */
	shortid_give(&ids, "998", NULL, text);
	shortid_give(&ids, "998", "8", text);
	assert_string_equal(shortid_last_of(&ids, "8"), "998");
	shortid_finish(&ids);
	shortid_give(&ids, "1000", "7", text);
	shortid_give(&ids, "999", "7", text);
	assert_null(shortid_find(&ids, "02"));
	assert_null(shortid_find(&ids, "0"));
	assert_null(shortid_find(&ids, "0x"));
	assert_null(shortid_find(&ids, "000"));
	assert_null(shortid_find(&ids, "-1"));
	for (int i = 0; i < SHORTID_MAX; i++) {
		snprintf(id, sizeof(id), "%d", 5000 + i);
		shortid_give(&ids, id, NULL, text);
	}
	assert_string_equal(text, "01");
	assert_string_equal(shortid_find(&ids, "02"), "5000");
	assert_string_equal(shortid_find(&ids, "FF"), "5253");
	assert_string_equal(shortid_find(&ids, "01"), "5255");
	assert_null(shortid_last_of(&ids, "7"));
	shortid_finish(&ids);
	assert_null(shortid_find(&ids, "02"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands), cmocka_unit_test(others),
		cmocka_unit_test(numbers), cmocka_unit_test(usage),
		cmocka_unit_test(rows),
		cmocka_unit_test(short_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
