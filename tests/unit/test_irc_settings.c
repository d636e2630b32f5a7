/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: irc net protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/irc/network.h"
#include "backends/irc/settings.h"
#include "protocol/scope.h"
#include "util/xalloc.h"

static struct msg_setting_up told;
static char told_name[SCOPE_NAME_MAX], told_value[100];

static void
on_notify(enum method method, const void *params)
{
	const struct msg_setting_up *m = params;

	assert_int_equal(method, METHOD_setting_up);
	told = *m;
	snprintf(told_name, sizeof(told_name), "%s", m->name);
	snprintf(told_value, sizeof(told_value), "%s",
	    m->value ? m->value : "(none)");
}

static const struct up_sink sink = { .notify = on_notify };

/* Every row has what its form needs. */
static void
rows_are_whole(void **state)
{
	size_t n;
	const struct setting *rows = setting_rows(&n);

	(void)state;
	assert_true(n >= 15);
	for (size_t i = 0; i < n; i++) {
		print_message("%s\n", rows[i].name);
		assert_non_null(rows[i].label);
		assert_ptr_equal(setting_find(rows[i].name), &rows[i]);
		assert_true(rows[i].scope != 0);
		assert_true(rows[i].max <= SETTING_VALUE_MAX);
		assert_true((rows[i].type == SETTING_CHOICE) ==
		    (rows[i].choices != NULL));
		/* A password for all servers would go to any of them. */
		if (rows[i].type == SETTING_SECRET) {
			assert_true(rows[i].secret);
			assert_false(rows[i].scope & SETTING_USER);
		}
	}
	assert_null(setting_find("nicks"));
	assert_null(setting_find(""));
}

static void
usual_ports(void **state)
{
	static const struct {
		const char *id, *bare;
	} cases[] = {
		{ "irc.example:6667", "irc.example" },
		{ "irc.example:+6697", "irc.example" },
		{ "#c%irc.example:6697", "#c%irc.example" },
		{ "#c:d@h:+6667", "#c:d@h" },
		{ "irc.example", NULL }, { "irc.example:7000", NULL },
		{ "irc.example:", NULL }, { "irc.example:+", NULL },
		{ "irc.example:66670", NULL }, { "a:6667:6667", NULL },
		{ "::1", NULL }, { "::6667", NULL }, { ":6667", NULL },
		{ "#c:6667", NULL }, { "#c%", NULL }, { "", NULL },
	};
	char out[SCOPE_NAME_MAX], id[SCOPE_NAME_MAX + 10];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *bare = scope_bare(out, cases[i].id);

		if (cases[i].bare == NULL)
			assert_null(bare);
		else
			assert_string_equal(bare, cases[i].bare);
	}
	memset(id, 'a', sizeof(id));
	memcpy(id + sizeof(id) - 6, ":6667", 6);
	assert_null(scope_bare(out, id));
}

static void
values(void **state)
{
	static const struct {
		const char *name, *given, *taken;
	} cases[] = {
		{ "nick", "ana", "ana" },
		{ "nick", "  ana\r\n", "ana" },
		{ "nick", "\xc3\xa1na", "\xc3\xa1na" },
		{ "nick", "a b", NULL }, { "nick", "a,b", NULL },
		{ "nick", "#ana", NULL }, { "nick", "1ana", NULL },
		{ "nick", "", NULL }, { "nick", "   ", NULL },
		{ "nick", "a\x01""b", NULL }, { "nick", "a\xff", NULL },
		{ "nick_alternatives", "a, b;c", "a b c" },
		{ "nick_alternatives", "a a a a a a a a a a a", NULL },
		{ "nick_alternatives", "a b! c", NULL },
		{ "nick_alternatives", " , ,", NULL },
		{ "username", "ana", "ana" }, { "username", "a@b", NULL },
		{ "username", "\xc3\xa1", NULL },
		{ "username", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
		{ "realname", "Ana of B", "Ana of B" },
		{ "realname", "a\nQUIT", NULL },
		{ "server_password", "a\r\nQUIT", NULL },
		{ "sasl", "PLAIN", "plain" }, { "sasl", "off", "off" },
		{ "sasl", "plai", NULL }, { "sasl", "auto off", NULL },
		{ "ports", "+6697,6667", "+6697 6667" },
		{ "ports", "0", NULL }, { "ports", "65536", NULL },
		{ "ports", "+", NULL }, { "ports", "66x", NULL },
		{ "ports", "1 2 3 4 5 6 7 8 9", NULL },
		{ "tls_verify", "true", "1" }, { "tls_verify", "No", "0" },
		{ "tls_verify", "2", NULL },
		{ "tls_fingerprint",
		    "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"
		    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
		    "00112233445566778899aabbccddeeff"
		    "00112233445566778899aabbccddeeff" },
		{ "tls_fingerprint", "0011", NULL },
		{ "tls_fingerprint",
		    "00112233445566778899aabbccddeeff"
		    "00112233445566778899aabbccddeegg", NULL },
		{ "client_certificate", "hello", NULL },
		{ "client_certificate", "-----BEGIN CERTIFICATE-----\n"
		    "-----BEGIN ENCRYPTED PRIVATE KEY-----", NULL },
		{ "after_connect", "/MODE $nick +B\r\n\n  JOIN #a \n",
		    "MODE $nick +B\nJOIN #a" },
		{ "after_connect", "MODE a\n:x", NULL },
		{ "after_connect", "/", NULL }, { "after_connect", "\n", NULL },
		{ "encoding", "ISO-8859-15", "ISO-8859-15" },
		{ "encoding", "utf-8", "utf-8" },
		{ "encoding", "ISO-2022-JP", "ISO-2022-JP" },
		{ "encoding", "klingon", NULL },
		{ "encoding", "UTF-16", NULL }, { "encoding", "UTF-7", NULL },
		{ "encoding", "IBM037", NULL },
		{ "encoding", "latin1//IGNORE", NULL },
		{ "throttle_burst", "20", "20" },
		{ "throttle_burst", "0", NULL },
		{ "throttle_burst", "1000", NULL },
		{ "throttle_burst", "nan", NULL },
		{ "throttle_burst", "-1", NULL },
		{ "throttle_burst", "1.2.3", NULL },
		{ "throttle_rate", "0.5", "0.5" },
		{ "throttle_rate", "0", NULL }, { "throttle_rate", "1e9", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *why;
		char *taken = setting_take(setting_find(cases[i].name),
		    cases[i].given, &why);

		print_message("%s = '%s'\n", cases[i].name, cases[i].given);
		if (cases[i].taken != NULL) {
			assert_non_null(taken);
			assert_string_equal(taken, cases[i].taken);
			assert_null(why);
		} else {
			assert_null(taken);
			assert_non_null(why);
		}
		free(taken);
	}
}

static void
long_values(void **state)
{
	char *big = xmalloc(SETTING_VALUE_MAX + 10);
	const char *why;
	size_t n;
	const struct setting *rows = setting_rows(&n);

	(void)state;
	memset(big, 'a', SETTING_VALUE_MAX + 9);
	big[SETTING_VALUE_MAX + 9] = '\0';
	for (size_t i = 0; i < n; i++) {
		assert_null(setting_take(&rows[i], big, &why));
		assert_null(setting_take(&rows[i], big + 100, &why));
	}
	free(big);
}

static void
put(struct texts *s, const char *name, const char *value)
{
	const char *why;

	assert_int_equal(settings_put(s, name, value, &why), 0);
}

static void
cascade(void **state)
{
	struct texts s = { 0 };
	char name[] = "irc.Example.org", id[] = "#Room@irc.example.org";
	struct network n = { .settings = &s, .name = name, .at = '@' };
	struct channel c = { .id = id };
	struct network fixed = { .settings = &s };
	char plain[] = "#Room";
	struct channel here = { .id = plain };

	(void)state;
	assert_null(settings_get(&n, "encoding"));
	assert_null(settings_get_room(&n, &c, "encoding"));
	put(&s, "encoding", "CP1251");
	assert_string_equal(settings_get_room(&n, &c, "encoding"), "CP1251");
	put(&s, "encoding/irc.example.org", "CP1252");
	assert_string_equal(settings_get(&n, "encoding"), "CP1252");
	assert_string_equal(settings_get_room(&n, &c, "encoding"), "CP1252");
	put(&s, "encoding/#room%irc.example.org", "KOI8-R");
	assert_string_equal(settings_get(&n, "encoding"), "CP1252");
	assert_string_equal(settings_get_room(&n, &c, "encoding"), "KOI8-R");
	assert_string_equal(settings_get_id(&n, "#other%irc.example.org",
	    "encoding"), "CP1252");
	put(&s, "encoding/irc.example.org", "");
	assert_string_equal(settings_get(&n, "encoding"), "CP1251");

	/* Where there is one network its settings are the user's. */
	assert_string_equal(settings_get(&fixed, "encoding"), "CP1251");
	put(&s, "encoding/#room", "CP1253");
	assert_string_equal(settings_get_room(&fixed, &here, "encoding"),
	    "CP1253");

	/* Secrets for all servers go to none that was not named. */
	put(&s, "sasl_password", "geheim");
	assert_null(settings_get(&n, "sasl_password"));
	assert_string_equal(settings_get(&fixed, "sasl_password"), "geheim");
	put(&s, "sasl_password/irc.example.org", "secret");
	assert_string_equal(settings_get(&n, "sasl_password"), "secret");

	put(&s, "tls_verify", "no");
	assert_false(settings_bool(&n, "tls_verify", true));
	put(&s, "tls_verify", NULL);
	assert_true(settings_bool(&n, "tls_verify", true));
	put(&s, "throttle_rate", "2.5");
	assert_true(settings_number(&n, "throttle_rate", 1) == 2.5);
	assert_true(settings_number(&n, "throttle_burst", 7) == 7);
	texts_finish(&s);
}

static void
words(void **state)
{
	const char *at = "+6697 6667", *none = NULL;
	char word[8], tiny[3];

	(void)state;
	assert_true(settings_word(&at, word, sizeof(word)));
	assert_string_equal(word, "+6697");
	assert_true(settings_word(&at, tiny, sizeof(tiny)));
	assert_string_equal(tiny, "66");
	assert_false(settings_word(&at, word, sizeof(word)));
	assert_false(settings_word(&none, word, sizeof(word)));
}

static void
kept_and_told(void **state)
{
	struct texts s = { 0 };
	const char *why;

	(void)state;
	up_init(&sink);
	assert_int_equal(settings_keep(&s, "ana@example", "sasl_password",
	    "IRC.example.org", "geheim", &why), 0);
	assert_string_equal(told_name, "sasl_password/irc.example.org");
	assert_string_equal(told_value, "geheim");
	assert_true(told.secret);
	assert_int_equal(settings_keep(&s, "ana@example", "tls_verify", NULL,
	    "true", &why), 0);
	assert_string_equal(told_name, "tls_verify");
	assert_string_equal(told_value, "1");
	assert_false(told.secret);
	assert_int_equal(settings_keep(&s, "ana@example", "tls_verify", NULL,
	    NULL, &why), 0);
	assert_null(told.value);
	told.name = NULL;
	assert_int_equal(settings_keep(&s, "ana@example", "nick", NULL, "a b",
	    &why), -1);
	assert_null(told.name);		/* nothing that is wrong is kept */
	assert_null(settings_own(&s, "nick", NULL));
	texts_finish(&s);
}

static void
bounds(void **state)
{
	struct texts s = { 0 };
	const char *why = NULL;
	char name[2 * SCOPE_NAME_MAX];
	unsigned n;

	(void)state;
	for (n = 0; n < 2 * SETTINGS_MAX; n++) {
		snprintf(name, sizeof(name), "realname/irc%u.example", n);
		if (settings_put(&s, name, "x", &why) == -1)
			break;
	}
	assert_int_equal(n, SETTINGS_MAX);
	assert_non_null(why);
	/* What is there may still be changed. */
	put(&s, "realname/irc7.example", "y");
	texts_finish(&s);
	assert_int_equal(s.bytes, 0);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "nick/", 5);
	assert_int_equal(settings_put(&s, name, "x", &why), -1);
	assert_int_equal(settings_put(&s, "nicks", "x", &why), -1);
	assert_int_equal(settings_put(&s, "", "x", &why), -1);
	assert_int_equal(settings_put(&s, "/nick", "x", &why), -1);
	texts_finish(&s);
}

/* What a login brings may be old, another's, or wrong. */
static void
loading(void **state)
{
	struct pair pairs[] = {
		{ "nick", "ana" }, { "stay_connected", "1" },
		{ "nick/irc.example.org", "a b" }, { "username", "a" },
	};
	struct pairs all = { pairs, LENGTH(pairs) };
	struct texts s = { 0 };

	(void)state;
	put(&s, "realname", "gone");
	settings_load(&s, &all);
	assert_int_equal(texts_count(&s), 2);
	assert_string_equal(settings_own(&s, "nick", NULL), "ana");
	assert_null(settings_own(&s, "realname", NULL));
	texts_finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(usual_ports),
		cmocka_unit_test(values),
		cmocka_unit_test(long_values),
		cmocka_unit_test(cascade),
		cmocka_unit_test(words),
		cmocka_unit_test(kept_and_told),
		cmocka_unit_test(bounds),
		cmocka_unit_test(loading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
