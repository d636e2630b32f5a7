/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple kit_glib kit net protocol util */
/* Which texts are values of an option? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <purple.h>

#include "backends/purple/option.h"
#include "backends/purple/outcome.h"

static GList *
choices(void)
{
	GList *list = NULL;
	static const char *const values[] = { "tls", NULL, "none" };

	for (size_t i = 0; i < LENGTH(values); i++) {
		PurpleKeyValuePair *pair = g_new0(PurpleKeyValuePair, 1);

		pair->key = g_strdup("label");
		pair->value = g_strdup(values[i]);
		list = g_list_append(list, pair);
	}
	return g_list_append(list, NULL);
}

static void
values(void **state)
{
	PurpleAccountOption *options[] = {
		purple_account_option_bool_new("B", "b", TRUE),
		purple_account_option_int_new("I", "i", -3),
		purple_account_option_string_new("S", "s", NULL),
		purple_account_option_list_new("L", "l", choices()),
	};
	static const struct {
		const char	*text;
		bool		 right[4];
	} rows[] = {
		{ "1", { true, true, true, false } },
		{ "0", { true, true, true, false } },
		{ "Off", { true, false, true, false } },
		{ "2147483647", { false, true, true, false } },
		{ "2147483648", { false, false, true, false } },
		{ "-2147483649", { false, false, true, false } },
		{ "1x", { false, false, true, false } },
		{ "", { false, false, true, false } },
		{ "tls", { false, false, true, true } },
		{ "TLS", { false, false, true, false } },
		{ "label", { false, false, true, false } },
		{ "a\nb", { false, false, false, false } },
		{ "\xff", { false, false, false, false } },
	};
	static const char *const wants[] = {
		"0 or 1", "a number", "text", "one of tls none",
	};
	static const char *const usual[] = { "1", "-3", "", "tls" };
	char *huge = g_strnfill(OPTION_VALUE_MAX + 1, 'x');

	(void)state;
	for (size_t i = 0; i < LENGTH(options); i++) {
		struct buf b = { 0 };

		for (size_t j = 0; j < LENGTH(rows); j++) {
			if (option_takes(options[i], rows[j].text) !=
			    rows[j].right[i])
				fail_msg("option %zu, value %s", i,
				    rows[j].text);
		}
		assert_false(option_takes(options[i], huge));
		option_want(&b, options[i]);
		buf_addc(&b, '\0');
		assert_string_equal(buf_data(&b), wants[i]);
		buf_clear(&b);
		option_default(&b, options[i]);
		buf_addc(&b, '\0');
		assert_string_equal(buf_data(&b), usual[i]);
		buf_free(&b);
		assert_false(option_is_secret(options[i]));
	}
	/* libpurple does not look at what it frees. */
	options[3]->default_value.list = g_list_remove(
	    options[3]->default_value.list, NULL);
	for (size_t i = 0; i < LENGTH(options); i++) {
		purple_account_option_destroy(options[i]);
	}
	g_free(huge);
}

static void
empty_choice(void **state)
{
	PurpleAccountOption *o = purple_account_option_list_new("L", "l",
	    NULL);
	struct buf b = { 0 };

	(void)state;
	assert_false(option_takes(o, ""));
	option_default(&b, o);
	assert_int_equal(buf_len(&b), 0);
	buf_free(&b);
	purple_account_option_destroy(o);
}

static void
secrets(void **state)
{
	PurpleAccountOption *o = purple_account_option_string_new("x",
	    "auth_Token", "");

	(void)state;
	assert_true(option_is_secret(o));
	purple_account_option_destroy(o);
	o = purple_account_option_string_new("x", "name", "");
	assert_false(option_is_secret(o));
	purple_account_option_set_masked(o, TRUE);
	assert_true(option_is_secret(o));
	purple_account_option_destroy(o);
}

/* ---------------------------------------------------------------- outcomes */

static void
outcomes(void **state)
{
	struct outcome o;

	(void)state;
	/* All that there are, and some that there are not. */
	for (int i = -2; i < 40; i++) {
		outcome_of((PurpleConnectionError)i, NULL, false, &o);
		assert_non_null(o.reason);
		assert_non_null(o.text);
		assert_int_equal(o.retry, strcmp(o.reason, "network") == 0 ||
		    strcmp(o.reason, "other") == 0);
	}
	outcome_of(PURPLE_CONNECTION_ERROR_NAME_IN_USE, "x", false, &o);
	assert_string_equal(o.reason, "name_in_use");
	assert_string_equal(o.text, "x");
	outcome_of(PURPLE_CONNECTION_ERROR_NAME_IN_USE, "x", true, &o);
	assert_string_equal(o.reason, "replaced");
}

static void
texts(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ NULL, NULL }, { "", NULL }, { " \r\n\t", NULL },
		{ "a  b\nc ", "a b c" }, { "a\x01" "b\xff", "a?b?" },
		{ "\n  x", "x" },
	};
	char *huge = g_strnfill(3 * OUTCOME_TEXT_MAX, 'x'), *clean;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		clean = outcome_clean(rows[i].in);
		if (rows[i].out == NULL)
			assert_null(clean);
		else
			assert_string_equal(clean, rows[i].out);
		free(clean);
	}
	clean = outcome_clean(huge);
	assert_int_equal(strlen(clean), OUTCOME_TEXT_MAX);
	free(clean);
	g_free(huge);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(empty_choice),
		cmocka_unit_test(secrets),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
