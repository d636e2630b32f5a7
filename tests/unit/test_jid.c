/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manager/xmpp/jid.h"

static const char *const bad[] = {
	"", "@", "/", "@example.org", "a@", "a@/r", "/r", "example.org/",
	"a@b@c", "a b@example.org", "a\"b@example.org", "a&b@example.org",
	"a'b@example.org", "a:b@example.org", "a<b@example.org",
	"a>b@example.org", "a\x01@example.org", "a\x7f@example.org",
	"a@exa mple.org", "a@.example.org", "a@example..org", "a@.", "a@..",
	"a@b.\xe3\x80\x82",
	"a@example.org/\x01", "a@example.org/\x7f", "a@example.org/a\nb",
	"a@ex:ample", "a@[::1", "a@[zz]", "a@[]", "a@::1", "a@[::1]x",
	"\xff@example.org", "a\xc3@example.org", "a@\xc3.org",
	"a@b/\xed\xa0\x80",
	"a\xc0\x80@b",			/* overlong NUL */
	"a\xc2\xa0@b",			/* nodeprep: no-break space is one */
	"\xe2\x80\x8b@b",		/* nothing is left of it */
	"a\xef\xbc\xa0@b",		/* fullwidth @ becomes a plain one */
	"a@b\xef\xbc\x8f",		/* fullwidth slash in a domain */
	"a@\xe2\x84\x80.org",		/* "a/c" */
	"a\xd7\x90@b",			/* left to right and right to left */
	NULL
};

static const struct {
	const char	*text, *node, *domain, *resource, *bare, *full;
} good[] = {
	{ "example.org", NULL, "example.org", NULL, "example.org",
	    "example.org" },
	{ "EXAMPLE.org.", NULL, "example.org", NULL, "example.org",
	    "example.org" },
	{ "Bob@Example.ORG/Home", "bob", "example.org", "Home",
	    "bob@example.org", "bob@example.org/Home" },
	{ "example.org/a@b/c d", NULL, "example.org", "a@b/c d",
	    "example.org", "example.org/a@b/c d" },
	{ "#chan%irc.x@gw/Nick", "#chan%irc.x", "gw", "Nick", "#chan%irc.x@gw",
	    "#chan%irc.x@gw/Nick" },
	{ "a@127.0.0.1/r", "a", "127.0.0.1", "r", "a@127.0.0.1",
	    "a@127.0.0.1/r" },
	{ "a@[2001:DB8::1]", "a", "[2001:db8::1]", NULL, "a@[2001:db8::1]",
	    "a@[2001:db8::1]" },
	{ "\xc3\x84nne@stra\xc3\x9f" "e.de/\xc3\x84", "\xc3\xa4nne",
	    "strasse.de", "\xc3\x84", "\xc3\xa4nne@strasse.de",
	    "\xc3\xa4nne@strasse.de/\xc3\x84" },
	{ "a@b\xe3\x80\x82" "c\xef\xbc\x8e" "d", "a", "b.c.d", NULL, "a@b.c.d",
	    "a@b.c.d" },
	{ "\xf0\x9f\x98\x80@b/\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "b",
	    "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80@b",
	    "\xf0\x9f\x98\x80@b/\xf0\x9f\x98\x80" },
	{ "e\xcc\x81@b", "\xc3\xa9", "b", NULL, "\xc3\xa9@b", "\xc3\xa9@b" },
};

static void
same(const char *what, const char *have, const char *want)
{
	if (want == NULL ? have != NULL :
	    have == NULL || strcmp(have, want) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", what,
		    have ? have : "(null)", want ? want : "(null)");
}

static void
parse_bad(void **state)
{
	struct arena a = { 0 };
	struct jid jid;

	(void)state;
	for (int i = 0; bad[i] != NULL; i++)
		if (jid_parse(&a, bad[i], &jid) == 0)
			fail_msg("\"%s\" passed as \"%s\"", bad[i], jid.full);
	assert_int_equal(jid_parse(&a, NULL, &jid), -1);
	arena_free(&a);
}

static void
parse_good(void **state)
{
	struct arena a = { 0 };
	struct jid jid, again;

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		const char *t = good[i].text;

		if (jid_parse(&a, t, &jid) != 0)
			fail_msg("\"%s\" is refused", t);
		same(t, jid.node, good[i].node);
		same(t, jid.domain, good[i].domain);
		same(t, jid.resource, good[i].resource);
		same(t, jid.bare, good[i].bare);
		same(t, jid.full, good[i].full);
		assert_int_equal(jid_parse(&a, jid.full, &again), 0);
		same(t, again.full, jid.full);
	}
	arena_free(&a);
}

/* Each part may have 1023 bytes and not one more, prepared or not. */
static void
limits(void **state)
{
	char part[1025], text[3 * 1025];
	struct arena a = { 0 };
	struct jid jid;

	(void)state;
	memset(part, 'a', 1024);
	part[1024] = '\0';
	snprintf(text, sizeof(text), "%s@b", part);
	assert_int_equal(jid_parse(&a, text, &jid), -1);
	snprintf(text, sizeof(text), "a@b/%s", part);
	assert_int_equal(jid_parse(&a, text, &jid), -1);
	assert_int_equal(jid_parse(&a, part, &jid), -1);
	part[1023] = '\0';
	snprintf(text, sizeof(text), "%s@%s/%s", part, part, part);
	assert_int_equal(jid_parse(&a, text, &jid), 0);
	assert_int_equal(strlen(jid.full), 3 * 1023 + 2);
	/* This one grows from two bytes to eighteen when prepared. */
	for (int i = 0; i < 340; i++)
		memcpy(part + 3 * i, "\xef\xb7\xba", 3);
	part[1020] = '\0';
	assert_int_equal(jid_make(&a, NULL, "b", part, &jid), -1);
	arena_free(&a);
}

static void
make_and_prepare(void **state)
{
	struct arena a = { 0 };
	struct jid jid;

	(void)state;
	assert_int_equal(jid_make(&a, "A", "B", "C", &jid), 0);
	assert_string_equal(jid.full, "a@b/C");
	assert_int_equal(jid_make(&a, NULL, "B", NULL, &jid), 0);
	assert_string_equal(jid.full, "b");
	assert_int_equal(jid_make(&a, "", "b", NULL, &jid), -1);
	assert_int_equal(jid_make(&a, "a@x", "b", NULL, &jid), -1);
	assert_int_equal(jid_make(&a, "a", "b/c", NULL, &jid), -1);
	assert_int_equal(jid_make(&a, "a", "b", "", &jid), -1);
	assert_string_equal(jid_prepare_node(&a, "Bob"), "bob");
	assert_string_equal(jid_prepare_resource(&a, "Bob x"), "Bob x");
	assert_null(jid_prepare_node(&a, "a b"));
	assert_null(jid_prepare_resource(&a, ""));
	arena_free(&a);
}

static void
escaping(void **state)
{
	static const struct { const char *text, *escaped; } rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "space cadet", "space\\20cadet" },
		{ "call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22" },
		{ "at&t guy", "at\\26t\\20guy" },
		{ "d'artagnan", "d\\27artagnan" },
		{ "/.fanboy", "\\2f.fanboy" },
		{ "::foo::", "\\3a\\3afoo\\3a\\3a" },
		{ "<foo>", "\\3cfoo\\3e" },
		{ "user@host", "user\\40host" },
		{ "c:\\net", "c\\3a\\net" },
		{ "c:\\\\net", "c\\3a\\\\net" },
		{ "c:\\cool stuff", "c\\3a\\cool\\20stuff" },
		{ "c:\\5commas", "c\\3a\\5c5commas" },
		{ "\\3and\\2is\\5cool", "\\5c3and\\2is\\5c5cool" },
		{ "\\5c\\20", "\\5c5c\\5c20" },
		{ "\\", "\\" }, { "\\2", "\\2" }, { "x\\", "x\\" },
		{ "\\2Fx", "\\5c2Fx" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		same(rows[i].text, jid_escape(&a, rows[i].text),
		    rows[i].escaped);
		same(rows[i].escaped, jid_unescape(&a, rows[i].escaped),
		    rows[i].text);
	}
	same("spaces", jid_escape(&a, "  a b  "), "a\\20b");
	same("edges", jid_unescape(&a, "\\20a\\20b\\20"), "\\20a b\\20");
	same("case", jid_unescape(&a, "a\\2Fb"), "a\\2Fb");
	assert_true(jid_has_escapes("a\\40b"));
	assert_false(jid_has_escapes("a\\4"));
	assert_false(jid_has_escapes("a\\41\\"));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_bad),
		cmocka_unit_test(parse_good),
		cmocka_unit_test(limits),
		cmocka_unit_test(make_and_prepare),
		cmocka_unit_test(escaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
