/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backends/xmpp/stanza.h"
#include "util/macros.h"

static const struct {
	const char	*text;
	int64_t		 ms;
} times[] = {
	{ "1970-01-01T00:00:01Z", 1000 },
	{ "2026-11-26T12:00:00.5Z", 1795694400500 },
	{ "2026-11-26T13:00:00.1239+01:00", 1795694400123 },
	{ "2026-11-26T11:30:00-00:30", 1795694400000 },
	{ "20261126T12:00:00", 1795694400000 },
	{ "1969-01-01T00:00:00Z", 0 }, { "2026-11-26", 0 },
	{ "2026-11-26T12:00:00 or so", 0 }, { "", 0 }, { NULL, 0 },
};

static void
moments(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(times); i++)
		assert_int_equal(stanza_time(times[i].text), times[i].ms);
}

static void
elements(void **state)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *m = xmpp_stanza_new_from_string(ctx,
	    "<message xmlns='jabber:client'>text<a xmlns='x'>1</a><a>2</a>"
	    "<a xmlns='x' b='c'>\xc3\xbc\xc3\xbc</a><e/>"
	    "<delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:01Z'/>"
	    "</message>"), *a;
	char *text;

	(void)state;
	assert_true(stanza_is(m, "message", NS_CLIENT));
	assert_false(stanza_is(m, "message", "x"));
	a = stanza_child(m, "a", "x");
	assert_null(stanza_attr(a, "b"));
	a = stanza_beside(a, "a", "x");
	assert_true(stanza_attr_is(a, "b", "c"));
	text = stanza_text(a, 3);
	assert_string_equal(text, "\xc3\xbc");
	free(text);
	assert_null(stanza_beside(a, "a", "x"));
	text = stanza_text(stanza_child(m, "a", NS_CLIENT), 100);
	assert_string_equal(text, "2");
	free(text);
	assert_null(stanza_text(stanza_child(m, "e", NULL), 100));
	assert_int_equal(stanza_delay(m), 1000);
	/* Nothing of nothing. */
	assert_null(stanza_attr(stanza_child(NULL, "a", NULL), "b"));
	assert_null(stanza_text(NULL, 100));
	assert_int_equal(stanza_delay(NULL), 0);
	xmpp_stanza_release(m);
	xmpp_ctx_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments),
		cmocka_unit_test(elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
