/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* The writer and the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manager/xmpp/xml.h"

#define BOX "\xef\xbf\xbd"

static void
is(struct buf *b, const char *want)
{
	char *have = buf_steal(b);

	assert_string_equal(have, want);
	free(have);
}

static void
escapes(void **state)
{
	static const struct { const char *text; size_t len; const char *out; }
	rows[] = {
		{ "", 0, "" },
		{ "clean", 5, "clean" },
		{ "<a href='x'>&\"", 14,
		    "&lt;a href=&apos;x&apos;&gt;&amp;&quot;" },
		{ "]]>", 3, "]]&gt;" },
		{ "a\0b", 3, "a" BOX "b" },
		{ "\x01\x1f\x0b\x0c", 4, BOX BOX BOX BOX },
		{ "a\nb\tc\rd", 7, "a\nb\tc&#13;d" },
		{ "\x7f", 1, "\x7f" },
		{ "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80" },
		{ "cut \xf0\x9f\x98", 7, "cut " BOX BOX BOX },
		{ "\xff<", 2, BOX "&lt;" },
		{ "\xed\xa0\x80", 3, BOX BOX BOX },	/* a surrogate */
		{ "\xc0\xaf", 2, BOX BOX },		/* overlong */
		{ "\xef\xbf\xbf|\xef\xbf\xbe", 7, BOX "|" BOX },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		xml_escape(&b, rows[i].text, rows[i].len);
		is(&b, rows[i].out);
	}
	xml_escape_attr(&b, "a\nb\tc\rd'", 8);
	is(&b, "a&#10;b&#9;c&#13;d&apos;");
}

/* Every byte at every place among the eight that are looked at together. */
static void
escapes_anywhere(void **state)
{
	char text[20], one[40], want[80];
	struct buf b = { 0 };

	(void)state;
	for (int c = 1; c < 0x80; c++) {
		char alone[2] = { (char)c, '\0' };
		char *out;

		xml_escape_attr(&b, alone, 1);
		out = buf_steal(&b);
		snprintf(one, sizeof(one), "%s", out);
		free(out);
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			snprintf(want, sizeof(want), "%.*s%s%.*s", (int)at,
			    "xxxxxxxxxxxxxxxxxxxx", one,
			    (int)(sizeof(text) - 1 - at),
			    "xxxxxxxxxxxxxxxxxxxx");
			xml_escape_attr(&b, text, sizeof(text));
			is(&b, want);
		}
	}
}

static void
writes(void **state)
{
	struct buf b = { 0 };
	struct xml x;

	(void)state;
	xml_begin(&x, &b);
	xml_open(&x, "message");
	xml_attr(&x, "to", "a'b");
	xml_attr(&x, "id", NULL);
	xml_attrf(&x, "n", "%d<%s", 7, "x");
	xml_element(&x, "body", NULL, "1 < 2");
	xml_element(&x, "active", "urn:x", NULL);
	xml_open_ns(&x, "q", "urn:y");
	xml_text(&x, NULL);
	xml_text(&x, "");
	xml_open(&x, "item");
	xml_textf(&x, "%u&", 9U);
	assert_int_equal(x.depth, 3);
	xml_close_to(&x, 1);
	xml_close(&x);
	assert_int_equal(x.depth, 0);
	is(&b, "<message to='a&apos;b' n='7&lt;x'><body>1 &lt; 2</body>"
	    "<active xmlns='urn:x'/><q xmlns='urn:y'><item>9&amp;</item></q>"
	    "</message>");
}

static void
looks_up(void **state)
{
	struct arena a = { 0 };
	struct stanza *m = stanza_new(&a, "message", "jabber:client"), *c, *d;
	struct buf b = { 0 };
	struct xml x;

	(void)state;
	stanza_set(&a, m, "id", "1");
	stanza_set(&a, m, "xml:lang", "de");
	stanza_set(&a, m, "id", "2");
	stanza_add_text(&a, m, " \n", 2);
	c = stanza_add(&a, m, "body", NULL);
	stanza_add_text(&a, c, "a<", 2);
	stanza_add(&a, c, "b", "urn:b");
	stanza_add_text(&a, c, "c", 1);
	d = stanza_add(&a, m, "x", "urn:x");
	d = stanza_add(&a, d, "body", NULL);

	assert_string_equal(stanza_attr(m, "id"), "2");
	assert_null(stanza_attr(m, "lang"));
	assert_null(stanza_attr(NULL, "id"));
	assert_ptr_equal(stanza_child(m, "body", NULL), c);
	assert_null(stanza_child(m, "body", "urn:x"));
	assert_null(stanza_child(NULL, "body", NULL));
	assert_ptr_equal(stanza_child_ns(m, "urn:x"), d->parent);
	assert_ptr_equal(stanza_first(m), c);
	assert_ptr_equal(stanza_next(c), d->parent);
	assert_null(stanza_next(d->parent));
	assert_ptr_equal(stanza_find(m, "body", "urn:x"), d);
	assert_null(stanza_find(c, "body", "urn:x"));
	assert_null(stanza_find(m, "message", "jabber:client"));
	assert_string_equal(stanza_text(&a, c), "a<c");
	assert_string_equal(stanza_text(&a, d), "");
	assert_null(stanza_text(&a, NULL));
	assert_string_equal(stanza_child_text(&a, m, "body", NULL), "a<c");
	assert_null(stanza_child_text(&a, m, "subject", NULL));

	xml_begin(&x, &b);
	xml_open(&x, "forwarded");
	xml_copy(&x, m, NULL);
	xml_close(&x);
	is(&b, "<forwarded><message xmlns='jabber:client' id='2' "
	    "xml:lang='de'> \n<body>a&lt;<b xmlns='urn:b'/>c</body>"
	    "<x xmlns='urn:x'><body/></x></message></forwarded>");
	stanza_write(&b, m, "jabber:client");
	is(&b, "<message id='2' xml:lang='de'> \n<body>a&lt;"
	    "<b xmlns='urn:b'/>c</body><x xmlns='urn:x'><body/></x></message>");
	arena_free(&a);
}

/* Depth costs no stack. */
static void
deep(void **state)
{
	struct arena a = { 0 };
	struct stanza *top = stanza_new(&a, "a", "urn:a"), *s = top;
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 1000000; i++)
		s = stanza_add(&a, s, "a", NULL);
	stanza_write(&b, top, "urn:a");
	assert_int_equal(buf_len(&b), 1000000 * 7 + 4);
	assert_null(stanza_find(top, "b", "urn:a"));
	buf_free(&b);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(escapes_anywhere),
		cmocka_unit_test(writes),
		cmocka_unit_test(looks_up),
		cmocka_unit_test(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
