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

#include "backends/irc/casemap.h"
#include "backends/irc/flood.h"
#include "backends/irc/isupport.h"
#include "backends/irc/server.h"
#include "util/macros.h"
#include "util/utf8.h"

static void
casemaps(void **state)
{
	static const struct {
		enum casemap map;
		const char *a, *b;
		bool same;
	} cases[] = {
		{ CASEMAP_ASCII, "Bob", "bOB", true },
		{ CASEMAP_ASCII, "Bob[]", "bob{}", false },
		{ CASEMAP_RFC1459, "Bob[]\\^", "bob{}|~", true },
		{ CASEMAP_STRICT, "Bob[]\\", "bob{}|", true },
		{ CASEMAP_STRICT, "a^", "a~", false },
		{ CASEMAP_RFC1459, "a", "ab", false },
		{ CASEMAP_RFC1459, "", "", true },
		{ CASEMAP_RFC1459, "\xc3\x89", "\xc3\xa9", false },
		{ CASEMAP_RFC1459, "@", "`", false },
		{ CASEMAP_RFC1459, "_", "\x7f", false },
	};
	char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], big[1000];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		print_message("'%s' '%s'\n", cases[i].a, cases[i].b);
		assert_int_equal(casemap_equal(cases[i].map, cases[i].a,
		    cases[i].b), cases[i].same);
		casemap_fold(cases[i].map, a, cases[i].a);
		casemap_fold(cases[i].map, b, cases[i].b);
		assert_int_equal(strcmp(a, b) == 0, cases[i].same);
	}
	assert_int_equal(casemap_parse("rfc1459"), CASEMAP_RFC1459);
	assert_int_equal(casemap_parse("ascii"), CASEMAP_ASCII);
	assert_int_equal(casemap_parse("strict-rfc1459"), CASEMAP_STRICT);
	assert_int_equal(casemap_parse("rfc8265"), CASEMAP_ASCII);
	assert_int_equal(casemap_parse(""), CASEMAP_ASCII);

	memset(big, 'A', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(strlen(casemap_fold(CASEMAP_ASCII, a, big)),
	    NAME_MAX_BYTES - 1);
	for (size_t i = 1; i < sizeof(big) - 2; i += 2)
		memcpy(big + i, "\xc3\xa9", 2);
	casemap_fold(CASEMAP_ASCII, a, big + 2);	/* begins mid-letter */
	casemap_fold(CASEMAP_ASCII, a, big + 1);
	assert_true(utf8_valid(a, strlen(a)));
}

static void
isupport(void **state)
{
	struct isupport is;

	(void)state;
	isupport_init(&is);
	assert_true(isupport_is_channel(&is, "#c"));
	assert_false(isupport_is_channel(&is, "c"));
	assert_false(isupport_is_channel(&is, ""));
	assert_int_equal(isupport_prefix_mode(&is, 'o'), 0);
	assert_int_equal(isupport_prefix_char(&is, '~'), -1);
	assert_int_equal(isupport_prefix_char(&is, '\0'), -1);

	isupport_token(&is, "PREFIX=(qaohv)~&@%+");
	assert_int_equal(isupport_prefix_mode(&is, 'o'), 2);
	assert_int_equal(isupport_prefix_char(&is, '+'), 4);
	isupport_token(&is, "PREFIX=(ov)@");		/* lopsided */
	assert_int_equal(isupport_prefix_char(&is, '+'), 4);
	isupport_token(&is, "PREFIX=rubbish");
	assert_int_equal(isupport_prefix_char(&is, '+'), 4);
	isupport_token(&is, "PREFIX=(abcdefghijkl)123456789!\"/");
	assert_int_equal(strlen(is.prefix_modes), ISUPPORT_PREFIXES);
	isupport_token(&is, "PREFIX=(o\1)@+");		/* unprintable */
	assert_int_equal(strlen(is.prefix_modes), strlen(is.prefix_chars));
	isupport_token(&is, "PREFIX=");
	assert_int_equal(isupport_prefix_mode(&is, 'o'), -1);
	isupport_token(&is, "-PREFIX");
	assert_int_equal(isupport_prefix_mode(&is, 'o'), 0);

	isupport_token(&is, "CHANMODES=b,k,l,imn,future");
	assert_int_equal(isupport_mode_kind(&is, 'b'), 0);
	assert_int_equal(isupport_mode_kind(&is, 'k'), 1);
	assert_int_equal(isupport_mode_kind(&is, 'l'), 2);
	assert_int_equal(isupport_mode_kind(&is, 'n'), 3);
	assert_int_equal(isupport_mode_kind(&is, 'z'), -1);
	isupport_token(&is, "CHANMODES=b");
	assert_int_equal(isupport_mode_kind(&is, 'n'), -1);

	isupport_token(&is, "CASEMAPPING=ascii");
	assert_int_equal(is.casemap, CASEMAP_ASCII);
	isupport_token(&is, "LINELEN=99999999999");
	assert_int_equal(is.line_len, 4096);
	isupport_token(&is, "LINELEN=-5");
	assert_int_equal(is.line_len, 512);
	isupport_token(&is, "NICKLEN=");
	assert_int_equal(is.nick_len, 1);
	isupport_token(&is, "MODES");
	assert_int_equal(is.modes, 12);
	isupport_token(&is, "MODES=4");
	assert_int_equal(is.modes, 4);
	isupport_token(&is, "CHANTYPES=");
	assert_false(isupport_is_channel(&is, "#c"));
	isupport_token(&is, "NETWORK=0123456789012345678901234567890123456789"
	    "012345\xc3\xa9xyz");
	assert_true(utf8_valid(is.network, strlen(is.network)));
	isupport_token(&is, "");
	isupport_token(&is, "=");
	isupport_token(&is, "-");
	isupport_token(&is, "WHO");
	assert_false(is.whox);
	isupport_token(&is, "WHOX");
	assert_true(is.whox);
}

static void
servers(void **state)
{
	static const struct {
		const char *text, *host, *port;		/* host NULL: refused */
		bool tls;
	} cases[] = {
		{ "irc.example", "irc.example", "6667", false },
		{ "IRC.Example", "irc.example", "6667", false },
		{ "irc.example:6697", "irc.example", "6697", true },
		{ "irc.example:+7000", "irc.example", "7000", true },
		{ "irc.example/+7000", "irc.example", "7000", true },
		{ "irc.example/7000", "irc.example", "7000", false },
		{ "::1", "::1", "6667", false },
		{ "::1/16667", "::1", "16667", false },
		{ "[::1]:+16667", "::1", "16667", true },
		{ "[::1]", "::1", "6667", false },
		{ "127.0.0.1:16667", "127.0.0.1", "16667", false },
		{ "irc.example:06667", "irc.example", "6667", false },
		{ "", NULL, NULL, false },
		{ ":6667", NULL, NULL, false },
		{ "irc.example:", NULL, NULL, false },
		{ "irc.example:0", NULL, NULL, false },
		{ "irc.example:65536", NULL, NULL, false },
		{ "irc.example:99999999999999999999", NULL, NULL, false },
		{ "irc.example:66x", NULL, NULL, false },
		{ "irc.example:-1", NULL, NULL, false },
		{ "irc.example:++1", NULL, NULL, false },
		{ "irc example", NULL, NULL, false },
		{ "irc\nexample", NULL, NULL, false },
		{ "[::1", NULL, NULL, false },
		{ "[::1]x", NULL, NULL, false },
		{ "a/b/c", NULL, NULL, false },
		{ "h\xc3\xa9", NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct server s;
		int r = server_parse(&s, cases[i].text);

		print_message("'%s'\n", cases[i].text);
		assert_int_equal(r, cases[i].host ? 0 : -1);
		if (r == -1)
			continue;
		assert_string_equal(s.host, cases[i].host);
		assert_string_equal(s.port, cases[i].port);
		assert_int_equal(s.tls, cases[i].tls);
	}
}

static void
flood(void **state)
{
	const struct flood_limit limit = { .burst = 3, .rate = 0.5 };
	const struct flood_limit off = { 0 };
	struct flood f;

	(void)state;
	flood_init(&f, &limit, 100);
	for (int i = 0; i < 3; i++)
		assert_true(flood_take(&f, &limit, 100));
	assert_false(flood_take(&f, &limit, 100));
	assert_true(flood_wait(&f, &limit, 100, 1) > 1.99);
	assert_true(flood_wait(&f, &limit, 100, 1) < 2.01);
	assert_true(flood_wait(&f, &limit, 100, 5) > 9.99);
	assert_true(flood_wait(&f, &limit, 100, 5) < 10.01);
	assert_int_equal(flood_wait(&f, &limit, 100, 0), 0);
	assert_int_equal(flood_within(&f, &limit, 100, 10.01), 5);
	assert_int_equal(flood_within(&f, &limit, 100, 1), 0);
	assert_int_equal(flood_within(&f, &limit, 100, -5), 0);
	assert_false(flood_take(&f, &limit, 101));
	assert_true(flood_take(&f, &limit, 102.01));
	assert_false(flood_take(&f, &limit, 102.01));
	/* The clock goes back: nothing is lost, nothing is won. */
	assert_false(flood_take(&f, &limit, 50));
	assert_true(flood_take(&f, &limit, 52.01));
	/* A long pause gives the burst and no more. */
	for (int i = 0; i < 3; i++)
		assert_true(flood_take(&f, &limit, 1e6));
	assert_false(flood_take(&f, &limit, 1e6));
	for (int i = 0; i < 1000; i++)
		assert_true(flood_take(&f, &off, 1e6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(casemaps),
		cmocka_unit_test(isupport),
		cmocka_unit_test(servers),
		cmocka_unit_test(flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
