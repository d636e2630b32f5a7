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

#include "backends/irc/format.h"
#include "backends/irc/split.h"
#include "util/utf8.h"

static void
formats(void **state)
{
	static const struct { const char *in, *plain, *xhtml; } cases[] = {
		{ "", "", "" },
		{ "a<b>&'c\"", "a<b>&'c\"", "a&lt;b&gt;&amp;'c\"" },
		{ "\2b\2 n", "b n",
		    "<span style='font-weight:bold;'>b</span> n" },
		{ "\2\35x\2y\17z", "xyz",
		    "<span style='font-weight:bold;font-style:italic;'>x</span>"
		    "<span style='font-style:italic;'>y</span>z" },
		{ "\37u\36s", "us",
		    "<span style='text-decoration:underline;'>u</span>"
		    "<span style='text-decoration:underline line-through;'>"
		    "s</span>" },
		{ "\0034red\3 off", "red off",
		    "<span style='color:#ff0000;'>red</span> off" },
		{ "\00304,01x", "x",
		    "<span style='color:#ff0000;background-color:#000000;'>"
		    "x</span>" },
		{ "\00304,x", ",x", "<span style='color:#ff0000;'>,x</span>" },
		{ "\003,4x", ",4x", ",4x" },
		{ "\00399x\003123", "x3",
		    "x<span style='color:#ff0000;'></span>" },
		{ "\4ff8000x\4y", "xy",
		    "<span style='color:#ff8000;'>x</span>y" },
		{ "\4ff80zz", "ff80zz", "ff80zz" },
		{ "\0034,1\26r", "r",
		    "<span style='color:#000000;background-color:#ff0000;'>"
		    "r</span>" },
		{ "\21m", "m",
		    "<span style='font-family:monospace;'>m</span>" },
		{ "a\1b\7c\33d\177e\tf", "abcde\tf", "abcde\tf" },
		{ "\xef\xbf\xbf!", "?!", "?!" },
		{ "\xef\xbf\xbd!", "\xef\xbf\xbd!", "\xef\xbf\xbd!" },
		{ "\2", "", "" },
		{ "\3", "", "" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		print_message("case %zu\n", i);
		assert_string_equal(format_plain(cases[i].in, &b),
		    cases[i].plain);
		/* \00399 (default) then \00312 (blue) and a '3'. */
		if (i == 9)
			assert_string_equal(format_xhtml(cases[i].in, &b),
			    "x<span style='color:#0000fc;'>3</span>");
		else
			assert_string_equal(format_xhtml(cases[i].in, &b),
			    cases[i].xhtml);
	}
	assert_false(format_is_styled("plain \t text"));
	assert_true(format_is_styled("\2bold"));
	buf_free(&b);
}

/* Pieces joined by '|'. */
static const char *
pieces(const char *body, size_t room)
{
	static char out[8192];
	struct split s;
	const char *piece;
	size_t len, n = 0;

	split_init(&s, body, room);
	out[0] = '\0';
	while (split_next(&s, &piece, &len)) {
		assert_true(len > 0 && len <= room);
		assert_true(utf8_valid(piece, len));
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s",
		    n ? "|" : "", (int)len, piece);
	}
	return out;
}

static void
splits(void **state)
{
	static const struct { const char *body, *want; } cases[] = {
		{ "", "" },
		{ "\n\r\n \n", "" },
		{ "one", "one" },
		{ "one\ntwo\r\nthree\rfour\n", "one|two|three|four" },
		{ "  indented  ", "  indented" },
		/* exactly 32 bytes, and one more */
		{ "01234567890123456789012345678901",
		    "01234567890123456789012345678901" },
		{ "012345678901234567890123456789012",
		    "01234567890123456789012345678901|2" },
		{ "0123456789 0123456789 0123456789 x",
		    "0123456789 0123456789 0123456789|x" },
		{ "see http://example.com/a/long/path",
		    "see http://example.com/a/long/pa|th" },
		{ "look at this: http://example.com/path",
		    "look at this:|http://example.com/path" },
		/* 31 bytes and a two-byte letter that must not be cut */
		{ "0123456789012345678901234567890\xc3\xa9",
		    "0123456789012345678901234567890|\xc3\xa9" },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
		  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
		  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
		  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
		  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
		  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80|\xf0\x9f\x98\x80" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		print_message("'%s'\n", cases[i].body);
		assert_string_equal(pieces(cases[i].body, 32), cases[i].want);
	}
}

static void
split_action(void **state)
{
	struct split s;
	const char *piece;
	size_t len;

	(void)state;
	split_init(&s, "/me waves", 100);
	assert_true(s.action);
	assert_true(split_next(&s, &piece, &len));
	assert_memory_equal(piece, "waves", len);
	assert_int_equal(s.max, 100 - strlen("\1ACTION \1"));
	split_init(&s, "/mean it", 100);
	assert_false(s.action);
	/* A prefix that leaves no room must not make pieces of nothing. */
	split_init(&s, "/me waves", 0);
	assert_true(split_next(&s, &piece, &len));
	assert_int_equal(split_room(512, 600, 10), 32);
	/* ":a!b@c PRIVMSG #d :...\r\n" */
	assert_int_equal(split_room(512, 5, 2),
	    512 - strlen(":a!b@c PRIVMSG #d :\r\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(splits),
		cmocka_unit_test(split_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
