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

#include "backends/twitter/count.h"
#include "util/macros.h"
#include "util/utf8.h"

static void
weights(void **state)
{
	static const struct {
		const char	*text;
		size_t		 want;
	} cases[] = {
		{ "", 0 }, { "hello", 5 }, { "a b\nc", 5 },
		{ "caf\u00e9", 4 }, { "\u0416\u0434\u0438", 3 },
		{ "\u05e9\u05dc", 2 }, { "\u201cq\u201d \u2013 \u2014", 7 },
		{ "\u2026", 2 },
		/* Chinese, Japanese, Korean */
		{ "\u4f60\u597d", 4 }, { "\u3042", 2 }, { "\ud55c", 2 },
		/* One emoji each: plain, coloured, family, flag, keycap, of
		 * Scotland, heart, and what is not quite one. */
		{ "\U0001f600", 2 }, { "\U0001f44d\U0001f3fd", 2 },
		{ "\U0001f468\u200d\U0001f469\u200d\U0001f467", 2 },
		{ "\U0001f1e9\U0001f1ea", 2 },
		{ "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 4 },
		{ "1\ufe0f\u20e3", 2 }, { "1", 1 }, { "#1", 2 },
		{ "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063"
		  "\U000e0074\U000e007f", 2 },
		{ "\u2764\ufe0f", 2 }, { "\u2764", 2 },
		{ "\u2764\ufe0f\u200d\U0001f525", 2 },
		{ "\u00a9", 1 }, { "\u00a9\ufe0f", 2 }, { "\U0001f1e9", 2 },
		{ "\U0001f600\u200d", 3 }, { "\U0001f600\U0001f600", 4 },
		/* Addresses */
		{ "https://example.org", 23 }, { "http://a.de/", 23 },
		{ "HTTPS://EXAMPLE.ORG/A", 23 },
		{ "https://example.org/a?b=c&d=%20#e", 23 },
		{ "https://example.org:8080/a", 23 },
		{ "see https://example.org/a.", 28 },
		{ "(https://example.org/a)", 25 },
		{ "https://example.org/a_(b)", 23 },
		{ "https://example.org, and", 28 },
		{ "https://example.org/a, and", 28 },
		{ "https://example.org/ https://example.net/", 47 },
		{ "https://m\u00fcnchen.example/x", 23 },
		{ "example.com", 23 }, { "www.example.com/a", 23 },
		{ "example.com.", 24 },
		/* and what is none */
		{ "https://", 8 }, { "https://localhost", 17 },
		{ "http://127.0.0.1/", 17 }, { "a@example.com", 13 },
		{ "@example.com", 12 }, { "readme.txt", 10 }, { "e.g. x", 6 },
		{ "end.Begin", 9 }, { "...", 3 }, { "..com", 5 },
		{ ".com", 4 },
		/* No UTF-8 at all */
		{ "\xff", 2 }, { "a\xf0\x9f", 5 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (count_weight(cases[i].text) != cases[i].want)
			fail_msg("%s: %zu, not %zu", cases[i].text,
			    count_weight(cases[i].text), cases[i].want);
}

static void
cuts(void **state)
{
	static const struct {
		const char	*text;
		size_t		 max, want;
	} cases[] = {
		{ "", 5, 0 }, { "hello", 5, 5 }, { "hello", 4, 4 },
		{ "hello world", 10, 5 }, { "hello world", 11, 11 },
		{ "hello world", 5, 5 }, { "\u4f60\u597d", 3, 3 },
		{ "\u4f60", 1, 0 }, { "a \u4f60", 2, 1 },
		{ "ab\U0001f44d\U0001f3fd", 3, 2 },
		{ "a https://example.org/", 24, 1 },
		{ "a https://example.org/", 25, 22 },
		{ "https://example.org/", 22, 0 },
		/* It would be an address without its end. */
		{ "aaaaaaa.com@b", 11, 9 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (count_cut(cases[i].text, cases[i].max) != cases[i].want)
			fail_msg("%s, %zu: %zu, not %zu", cases[i].text,
			    cases[i].max, count_cut(cases[i].text,
			    cases[i].max), cases[i].want);
}

/* Whatever is there: it is cut between characters, is not too heavy then, and
 * cutting goes on until the end. */
static void
random_texts(void **state)
{
	static const char *const pieces[] = {
		"a", " ", "https://", "example.com", "/", ".", "(", ")", "@",
		"\u200d", "\ufe0f", "\u20e3", "1", "\U0001f468", "\U0001f3fd",
		"\U0001f1e9", "\u4f60", "\U000e0067", ":", "8", "?", "\u00e9",
	};
	char text[600];
	size_t n, cut, step;

	(void)state;
	srand(1);
	for (int round = 0; round < 5000; round++) {
		for (*text = '\0', n = 0; n < 60; n++)
			strcat(text, pieces[(size_t)rand() % LENGTH(pieces)]);
		for (n = strlen(text), cut = 0; cut < n; cut += step) {
			char begin[sizeof(text)];

			step = count_cut(text + cut, 40);
			assert_true(step > 0 && cut + step <= n);
			memcpy(begin, text + cut, step);
			begin[step] = '\0';
			assert_true(utf8_valid(begin, step));
			assert_true(count_weight(begin) <= 40);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights), cmocka_unit_test(cuts),
		cmocka_unit_test(random_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
