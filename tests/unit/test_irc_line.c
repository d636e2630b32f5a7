/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: irc util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/irc/line.h"
#include "util/utf8.h"

/* Everything that was found, in one string: tags|nick|user|host|cmd|params */
static const char *
shown(const struct line *l)
{
	static char out[4096];
	int n = snprintf(out, sizeof(out), "%s|%s|%s|%s|%s", l->tags, l->nick,
	    l->user, l->host, l->command);

	for (unsigned i = 0; i < l->nparams; i++)
		n += snprintf(out + n, sizeof(out) - (size_t)n, "|%s",
		    l->params[i]);
	return out;
}

static void
parse(void **state)
{
	static const struct {
		const char *text, *want;	/* want NULL: refused */
	} cases[] = {
		{ "", NULL },
		{ "    ", NULL },
		{ ":", NULL },
		{ ":only.prefix", NULL },
		{ ":only.prefix ", NULL },
		{ "@tag", NULL },
		{ "@tag ", NULL },
		{ "@tag :prefix", NULL },
		{ "ping", "||||PING" },
		{ "NICK", "||||NICK" },
		{ ": PING x", "||||PING|x" },
		{ "PING :a b", "||||PING|a b" },
		{ "PING ::", "||||PING|:" },
		{ "PING :", "||||PING|" },
		{ ":a!b@c PRIVMSG #d :e f", "|a|b|c|PRIVMSG|#d|e f" },
		{ ":a!b@c   PRIVMSG   #d   :e f", "|a|b|c|PRIVMSG|#d|e f" },
		{ "  :a PRIVMSG x  y ", "|a|||PRIVMSG|x|y" },
		{ ":a@c JOIN #d", "|a||c|JOIN|#d" },
		{ ":a!b JOIN #d", "|a|b||JOIN|#d" },
		{ ":!@ JOIN #d", "||||JOIN|#d" },
		{ ":a!b@c@d JOIN #d", "|a|b@c|d|JOIN|#d" },
		{ "@x=y;z :a JOIN b", "x=y;z|a|||JOIN|b" },
		{ "C 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
		    "||||C|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15 16 17" },
		{ "C 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16",
		    "||||C|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15 16" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char text[512];
		struct line l;
		int r;

		snprintf(text, sizeof(text), "%s", cases[i].text);
		print_message("'%s'\n", text);
		r = line_parse(&l, text);
		if (cases[i].want == NULL) {
			assert_int_equal(r, -1);
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(shown(&l), cases[i].want);
		assert_string_equal(l.params[l.nparams], "");
		assert_string_equal(l.params[LINE_PARAMS], "");
	}
}

static void
numerics(void **state)
{
	static const struct { const char *text; int want; } cases[] = {
		{ "001", 1 }, { "433", 433 }, { "999", 999 }, { "01", -1 },
		{ "0001", -1 }, { "+01", -1 }, { "4x3", -1 }, { "PING", -1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char text[16];
		struct line l;

		snprintf(text, sizeof(text), "%s", cases[i].text);
		assert_int_equal(line_parse(&l, text), 0);
		assert_int_equal(l.numeric, cases[i].want);
	}
}

static void
tags(void **state)
{
	static const struct { const char *tags, *key, *want; } cases[] = {
		{ "", "a", NULL },
		{ "a", "a", "" },
		{ "a=", "a", "" },
		{ "a=b", "a", "b" },
		{ "ab=c", "a", NULL },
		{ "b=1;a=2;c=3", "a", "2" },
		{ "a=\\:\\s\\\\\\r\\n", "a", "; \\\r\n" },
		{ "a=x\\yz\\", "a", "xyz" },
		{ ";;a=1", "a", "1" },
		{ "a==", "a", "=" },
		{ "a=0123456789", "a", "0123456" },
		{ "a=012345\xc3\xa9", "a", "012345" },
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct line l = { .tags = cases[i].tags };
		const char *got = line_tag(&l, cases[i].key, out, sizeof(out));

		print_message("'%s'\n", cases[i].tags);
		if (cases[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].want);
	}
}

static void
times(void **state)
{
	static const struct { const char *tags; long long want; } cases[] = {
		{ "", 0 },
		{ "time=2012-06-30T23:59:60.419Z", 1341100800419 },
		{ "time=1970-01-02T00:00:00.000Z", 86400000 },
		{ "time=2026-01-01T00:00:00Z", 1767225600000 },
		{ "time=rubbish", 0 },
		{ "time=2026-13-01T00:00:00.000Z", 0 },
		{ "time=-999-13-01T00:00:00.000Z", 0 },
		{ "time=2026-01-01T99:00:00.000Z", 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct line l = { .tags = cases[i].tags };

		print_message("'%s'\n", cases[i].tags);
		assert_true(line_time(&l) == cases[i].want);
	}
}

static void
decode(void **state)
{
	static const struct { const char *in; size_t len; const char *want; }
	cases[] = {
		{ "plain", 5, "plain" },
		{ "caf\xe9", 4, "caf\xc3\xa9" },
		{ "caf\xc3\xa9", 5, "caf\xc3\xa9" },
		{ "\x80uro", 4, "\xe2\x82\xacuro" },
		{ "\xc3\xa9 \xe9", 4, "\xc3\xa9 \xc3\xa9" },	/* mixed */
		{ "a\0b", 3, "ab" },
		{ "\xff\xfe", 2, "\xc3\xbf\xc3\xbe" },
		{ "\x81", 1, "\xef\xbf\xbd" },
		{ "0123456789012345678", 19, "012345678901234" },
		{ "01234567890123\xc3\xa9", 16, "01234567890123" },
		{ "01234567890123\xe9", 15, "01234567890123" },
	};
	char out[16];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		size_t n = line_decode(out, sizeof(out), cases[i].in,
		    cases[i].len);

		print_message("case %zu\n", i);
		assert_string_equal(out, cases[i].want);
		assert_int_equal(n, strlen(out));
		assert_true(utf8_valid(out, n));
	}
}

static void
put(void **state)
{
	static const struct {
		const char *a, *b, *c, *want;	/* want NULL: refused */
	} cases[] = {
		{ "#c", "hello", NULL, "X #c hello\r\n" },
		{ "#c", "hello you", NULL, "X #c :hello you\r\n" },
		{ "#c", "", NULL, "X #c :\r\n" },
		{ "#c", ":)", NULL, "X #c ::)\r\n" },
		{ "#c", "a\r\nQUIT :b", NULL, "X #c :a  QUIT :b\r\n" },
		{ "#c\r\nQUIT", NULL, NULL, "X :#c  QUIT\r\n" },
		{ "#c\nQUIT", "x", NULL, NULL },
		{ "#c\rQUIT", "x", NULL, NULL },
		{ "#a b", "x", NULL, NULL },
		{ "", "x", NULL, NULL },
		{ ":a", "x", NULL, NULL },
		{ "a", "b", "c d", "X a b :c d\r\n" },
		{ NULL, NULL, NULL, "X\r\n" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int r = line_put(&b, LINE_OUT_MAX, "X", cases[i].a, cases[i].b,
		    cases[i].c, NULL);

		print_message("case %zu\n", i);
		assert_int_equal(r, cases[i].want ? 0 : -1);
		buf_addc(&b, '\0');
		assert_string_equal(buf_data(&b),
		    cases[i].want ? cases[i].want : "");
		buf_clear(&b);
	}
	buf_free(&b);
}

/* No line is ever longer than max, and none is cut inside a character. */
static void
put_cuts(void **state)
{
	struct buf b = { 0 };
	char text[1001];

	(void)state;
	for (size_t i = 0; i < 1000; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[1000] = '\0';
	for (size_t max = 20; max < 60; max++) {
		assert_int_equal(line_put(&b, max, "TOPIC", "#c", text, NULL),
		    0);
		assert_true(buf_len(&b) <= max && buf_len(&b) >= max - 2);
		assert_true(utf8_valid(buf_data(&b), buf_len(&b)));
		buf_clear(&b);
	}
	assert_int_equal(line_put(&b, 30, "MODE",
	    "#much-too-long-for-such-a-line", "+o", NULL), -1);
	assert_int_equal(line_put(&b, 30, "A-COMMAND-OF-THIRTY-CHARACTERS",
	    NULL), -1);
	assert_int_equal(buf_len(&b), 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(numerics),
		cmocka_unit_test(tags),
		cmocka_unit_test(times),
		cmocka_unit_test(decode),
		cmocka_unit_test(put),
		cmocka_unit_test(put_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
