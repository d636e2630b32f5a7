/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* What is found in what plug-ins hand out: texts, pictures, labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/purple/picture.h"
#include "backends/purple/profile_label.h"
#include "backends/purple/text.h"
#include "util/macros.h"

static void
is(char *got, const char *want, const char *of)
{
	if (got == NULL || want == NULL ? got != want :
	    strcmp(got, want) != 0)
		fail_msg("\"%s\": \"%s\", not \"%s\"", of, got ? got :
		    "(null)", want ? want : "(null)");
	free(got);
}

static void
texts(void **state)
{
	static const struct { const char *in, *line, *plain; } cases[] = {
		{ "", NULL, NULL },
		{ " \t\n ", NULL, NULL },
		{ "<br/>", "<br/>", NULL },
		{ "  a\tb\r\nc ", "a b  c",
		    "a\tb\nc" },
		{ "<b>x</b> &amp; y", "<b>x</b> &amp; y", "x & y" },
		{ "a\1b\177", "a?b\177", "a?b\177" },
		{ "a\xff\xc3", "a??", "a??" },
		{ "\xef\xbf\xbf", "???", "???" },
		{ "123456789012345\xc3\xa9", "123456789012345",
		    "123456789012345" },
		{ "12345678901234\xc3\xa9", "12345678901234\xc3\xa9",
		    "12345678901234\xc3\xa9" },
		{ "1234567890123456\xff", "1234567890123456",
		    "1234567890123456" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		is(text_line(cases[i].in, 16), cases[i].line, cases[i].in);
		is(text_plain(cases[i].in, 16), cases[i].plain, cases[i].in);
	}
	is(text_clean("a\n<", 16), "a\n<", "clean");
	assert_null(text_clean(NULL, 16));
	assert_null(text_line(NULL, 16));
	assert_null(text_plain(NULL, 16));
}

static void
ids(void **state)
{
	char *longest = malloc(1025);

	(void)state;
	assert_true(text_is_id("bob@example.org/\xc3\xa9 x"));
	assert_false(text_is_id(NULL));
	assert_false(text_is_id(""));
	assert_false(text_is_id("a\nb"));
	assert_false(text_is_id("a\177"));
	assert_false(text_is_id("a\xff"));
	assert_false(text_is_id("\xef\xbf\xbe"));
	memset(longest, 'x', 1024);
	longest[1024] = '\0';
	assert_false(text_is_id(longest));
	longest[1023] = '\0';
	assert_true(text_is_id(longest));
	free(longest);
}

#define B(s)	s, sizeof(s) - 1

static void
pictures(void **state)
{
	static const struct {
		const char	*data;
		size_t		 len;
		const char	*format;
		unsigned	 width, height;
	} cases[] = {
		{ B("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\2\0\0\0\3"),
		    "png", 258, 3 },
		{ B("\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\1\2\0\0\0\3"),
		    "png", 0, 0 },
		{ B("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"), "png", 0, 0 },
		{ B("GIF89a\1\1\2\0xx"), "gif", 257, 2 },
		{ B("GIF88a\1\1\2\0xx"), NULL, 0, 0 },
		{ B("\xff\xd8\xff\xe0\0\4ab\xff\xff\xc4\0\2\xff\xc2\0\x0b\x08"
		    "\1\0\0\x20"), "jpeg", 32, 256 },
		{ B("\xff\xd8\xff\xe0\0\0ab\xff\xc2\0\x0b\x08\1\0\0\x20"),
		    "jpeg", 0, 0 },
		{ B("\xff\xd8\xff\xe0\xff\xff" "abcdefghij"), "jpeg", 0, 0 },
		{ B("RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\7\0\0\x0f\0\0"),
		    "webp", 8, 16 },
		{ B("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\7\xc0\3\0xxxxx"),
		    "webp", 8, 16 },
		{ B("RIFF\0\0\0\0WEBPVP8 \0\0\0\0xxx\x9d\1\x2a\7\0\x0f\xc0"),
		    "webp", 7, 15 },
		{ B("RIFF\0\0\0\0WAVEVP8X\0\0\0\0\0\0\0\0\7\0\0\x0f\0\0"),
		    NULL, 0, 0 },
		{ B("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\2\0\0\0\xff\xff\xff"
		    "\xff"), "bmp", 2, 1 },
		{ B("<svg xmlns='x'/>"), NULL, 0, 0 },
		{ B(""), NULL, 0, 0 },
		{ B("GIF89a"), NULL, 0, 0 },
	};
	struct picture p;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		bool known = picture_probe(cases[i].data, cases[i].len, &p);

		if (known != (cases[i].format != NULL) || (known &&
		    strcmp(p.format, cases[i].format) != 0) ||
		    p.width != cases[i].width || p.height != cases[i].height)
			fail_msg("picture %zu: %s %u x %u", i, known ?
			    p.format : "none", p.width, p.height);
	}
	assert_false(picture_probe(NULL, 100, &p));
}

static void
labels(void **state)
{
	(void)state;
	assert_int_equal(profile_field_of("Full Name"), PROFILE_FULL_NAME);
	assert_int_equal(profile_field_of("NICKNAME: "), PROFILE_NICK);
	assert_int_equal(profile_field_of("e-mail"), PROFILE_EMAIL);
	assert_int_equal(profile_field_of("Given name"), PROFILE_GIVEN);
	assert_int_equal(profile_field_of("Nick names"), PROFILE_OTHER);
	assert_int_equal(profile_field_of("Nic"), PROFILE_OTHER);
	assert_int_equal(profile_field_of(":"), PROFILE_OTHER);
	assert_int_equal(profile_field_of(""), PROFILE_OTHER);
}

static void
birthdays(void **state)
{
	static const struct { const char *text, *date; } cases[] = {
		{ "1990-05-17", "1990-05-17" },
		{ "1990-05-17T00:00:00Z", "1990-05-17" },
		{ "19900517", "1990-05-17" }, { "19900517T1", "1990-05-17" },
		{ "1990-05-7", NULL }, { "1990-13-01", NULL },
		{ "1990-00-01", NULL }, { "1990-01-32", NULL },
		{ "17 May 1990", NULL }, { "1990", NULL }, { "", NULL },
		{ "+990-05-17", NULL }, { "1990-+5-17", NULL },
		{ "1990- 5-17", NULL }, { "0990-05-17", NULL },
		{ "1990-05-17x", NULL }, { "--05-17", NULL },
	};
	char date[11];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		bool known = profile_birthday(cases[i].text, date);

		if (known != (cases[i].date != NULL) ||
		    (known && strcmp(date, cases[i].date) != 0))
			fail_msg("birthday %s: %s", cases[i].text, known ?
			    date : "none");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(ids),
		cmocka_unit_test(pictures),
		cmocka_unit_test(labels),
		cmocka_unit_test(birthdays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
