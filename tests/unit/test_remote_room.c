/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/form.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"

static xmpp_ctx_t *ctx;

static int
setup(void **state)
{
	(void)state;
	ctx = xmpp_ctx_new(NULL, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	xmpp_ctx_free(ctx);
	return 0;
}

static const char form[] =
    "<x xmlns='jabber:x:data' type='form'><title>T</title>"
    "<field type='hidden' var='FORM_TYPE'><value>kind</value></field>"
    "<field type='fixed'><value>words</value></field>"
    "<field type='text-single' var='name' label='Name'><value>a</value>"
    "<required/></field>"
    "<field type='text-multi' var='lines'><value>1</value><value>2</value>"
    "</field>"
    "<field type='list-single' var='who'><option label='All'><value>all"
    "</value></option><option/><value>all</value></field>"
    "<field type='text-single'/><field var='plain'/>"
    "<field type='text-single' var='kept'><value>k</value></field></x>";

static void
test_form_read(void **state)
{
	xmpp_stanza_t *x = xmpp_stanza_new_from_string(ctx, form);
	struct arena arena = { 0 };
	struct msg_field *f;
	size_t n;

	(void)state;
	assert_non_null(x);
	form_read(&arena, x, &f, &n);
	assert_int_equal(n, 6);
	assert_string_equal(f[0].type, "fixed");
	assert_string_equal(f[0].value, "words");
	assert_string_equal(f[1].var, "name");
	assert_string_equal(f[1].label, "Name");
	assert_true(f[1].required);
	assert_string_equal(f[2].value, "1\n2");
	assert_false(f[2].required);
	assert_int_equal(f[3].options.n, 2);
	assert_string_equal(f[3].options.v[0].value, "all");
	assert_string_equal(f[3].options.v[0].label, "All");
	assert_string_equal(f[3].options.v[1].value, "");
	assert_null(f[4].type);
	assert_null(f[4].value);
	arena_free(&arena);
	xmpp_stanza_release(x);
}

static void
test_form_submit(void **state)
{
	xmpp_stanza_t *x = xmpp_stanza_new_from_string(ctx, form);
	xmpp_stanza_t *out = xmpp_stanza_new(ctx);
	struct pair given[] = { { "name", "b & c" }, { "lines", "x\n\ny" },
	    { "FORM_TYPE", "forged" }, { "other", "none" } };
	const struct pairs values = { given, 4 };
	char *text;
	size_t len;

	(void)state;
	xmpp_stanza_set_name(out, "query");
	form_submit(out, x, &values);
	assert_int_equal(xmpp_stanza_to_text(out, &text, &len), 0);
	assert_non_null(strstr(text, "<value>kind</value>"));
	assert_null(strstr(text, "forged"));
	assert_null(strstr(text, "words"));
	assert_null(strstr(text, "none"));
	assert_non_null(strstr(text, "<value>b &amp; c</value>"));
	assert_non_null(strstr(text, "<value>x</value><value></value>"
	    "<value>y</value>"));
	assert_non_null(strstr(text, "<value>k</value>"));
	xmpp_free(ctx, text);
	xmpp_stanza_release(out);
	xmpp_stanza_release(x);
}

static void
test_form_bounds(void **state)
{
	struct arena arena = { 0 };
	struct msg_field *f;
	char *many = malloc(100000), *at = many;
	xmpp_stanza_t *x;
	size_t n;

	(void)state;
	at += sprintf(at, "<x xmlns='jabber:x:data'>");
	for (int i = 0; i < FORM_FIELDS + 50; i++)
		at += sprintf(at, "<field var='%d'><value>v</value></field>",
		    i);
	sprintf(at, "</x>");
	x = xmpp_stanza_new_from_string(ctx, many);
	assert_non_null(x);
	form_read(&arena, x, &f, &n);
	assert_int_equal(n, FORM_FIELDS);
	form_read(&arena, NULL, &f, &n);
	assert_int_equal(n, 0);
	arena_free(&arena);
	xmpp_stanza_release(x);
	free(many);
}

/* What is too long to be shown stays whole, and so does what has lines. */
static void
test_form_long(void **state)
{
	struct pair given[] = { { "hint", "a\nb" }, { "lines", "1\n2" } };
	const struct pairs values = { given, 2 };
	xmpp_stanza_t *out = xmpp_stanza_new(ctx), *x;
	char *many = malloc(100000), *at = many, *text;
	struct arena arena = { 0 };
	struct msg_field *f;
	size_t n, len;

	(void)state;
	at += sprintf(at, "<x xmlns='jabber:x:data'><field type='jid-multi' "
	    "var='who'>");
	for (int i = 0; i < 2000; i++)
		at += sprintf(at, "<value>u%04d@x.test</value>", i);
	at += sprintf(at, "</field><field type='text-single' var='long'>"
	    "<value>%0*d</value></field>", FORM_TEXT + 1, 7);
	sprintf(at, "<field type='text-single' var='hint'><value>a\nb</value>"
	    "</field><field type='text-multi' var='lines'><value>1</value>"
	    "<value>2</value></field></x>");
	x = xmpp_stanza_new_from_string(ctx, many);
	assert_non_null(x);
	form_read(&arena, x, &f, &n);
	assert_int_equal(n, 2);
	assert_string_equal(f[0].var, "hint");
	xmpp_stanza_set_name(out, "query");
	form_submit(out, x, &values);
	assert_int_equal(xmpp_stanza_to_text(out, &text, &len), 0);
	assert_non_null(strstr(text, "<value>u1999@x.test</value>"));
	assert_non_null(strstr(text, "07</value>"));
	assert_true(len > FORM_TEXT + 2000 * strlen("<value>u0@x.test"));
	assert_non_null(strstr(text, "<value>a\nb</value>"));
	assert_non_null(strstr(text, "<value>1</value><value>2</value>"));
	xmpp_free(ctx, text);
	arena_free(&arena);
	xmpp_stanza_release(out);
	xmpp_stanza_release(x);
	free(many);
}

static void
test_past(void **state)
{
	struct room *r = calloc(1, sizeof(*r));
	char net[20], id[20];

	(void)state;
	assert_null(room_past_find(r, "n0"));
	for (int i = 0; i < ROOM_PAST + 10; i++) {
		snprintf(net, sizeof(net), "n%d", i);
		snprintf(id, sizeof(id), "i%d", i);
		room_past_add(r, net, i % 2 ? id : NULL, "nick");
	}
	assert_null(room_past_find(r, "n9"));
	assert_string_equal(room_past_find(r, "n10")->id, "n10");
	assert_string_equal(room_past_find(r, "i11")->net, "n11");
	assert_null(room_past_find(r, "i12"));
	/* The newest of a name counts. */
	room_past_add(r, "n11", NULL, "other");
	assert_string_equal(room_past_find(r, "n11")->nick, "other");
	/* What the room calls it comes before what anybody does. */
	room_past_add(r, "n300", "n20", "other");
	assert_string_equal(room_past_find(r, "n20")->nick, "nick");
	assert_string_equal(room_past_of(r, "n20", "other")->net, "n300");
	assert_null(room_past_of(r, "n20", "nobody"));
	room_past_finish(r);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_read),
		cmocka_unit_test(test_form_submit),
		cmocka_unit_test(test_form_bounds),
		cmocka_unit_test(test_form_long),
		cmocka_unit_test(test_past),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
