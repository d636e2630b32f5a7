/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Files of messages: which are taken, how they are called, and which lines are
 * nothing but their URLs. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/files.h"

#define URL "https://h.example/a/b.png"

static const struct {
	const char	*oob, *kept;
} takes[] = {
	{ "<url>" URL "</url>", URL "\nb.png" },
	{ "<url>" URL "</url><desc>x y</desc>", URL "\nx y" },
	{ "<url>" URL "</url><desc>x&#10;https://evil</desc>",
	    URL "\nb.png" },
	{ "<url>HTTP://h/</url>", "HTTP://h/\n" },
	{ "<url>http://h</url>", "http://h\n" },
	{ "<url>http://h?x=/y</url>", "http://h?x=/y\n" },
	{ "<url>http://h/n#f/g</url>", "http://h/n#f/g\nn" },
	{ "<url>aesgcm://h/n</url>", NULL },
	{ "<url>http://h/a b</url>", NULL },
	{ "<url>http://h/a&#10;b</url>", NULL },
	{ "<url/>", NULL },
	{ "", NULL },
};

static struct arena arena;

static void
keep(void *ctx, struct arena *a, const struct stanza *s)
{
	const char *kept = files_take(a, s);

	*(char **)ctx = xstrdup_null(kept);
}

static void
ignore(void *ctx, struct arena *a, const struct stanza *s)
{
	(void)ctx, (void)a, (void)s;
}

static void
no_end(void *ctx)
{
	(void)ctx;
}

static char *
take(const char *inside)
{
	static const struct parser_events events = {
		.opened = ignore, .stanza = keep, .ended = no_end,
	};
	char *xml = xasprintf("<stream:stream xmlns:stream="
	    "'http://etherx.jabber.org/streams' xmlns='jabber:client'>"
	    "<message>%s</message>", inside), *kept = NULL;
	struct parser *p = parser_create("jabber:client", 100000, &events,
	    &kept);
	const char *why;

	assert_int_equal(parser_feed(p, xml, strlen(xml), &why), 0);
	parser_destroy(p);
	free(xml);
	return kept;
}

static void
what_is_taken(void **state)
{
	struct msg_attachment v[FILES_MAX];
	struct buf many = { 0 };
	char *kept;

	(void)state;
	for (size_t i = 0; i < LENGTH(takes); i++) {
		char *xml = xasprintf("<x xmlns='jabber:x:oob'>%s</x>",
		    takes[i].oob);

		kept = take(xml);
		if (strcmp(kept ? kept : "-",
		    takes[i].kept ? takes[i].kept : "-") != 0)
			fail_msg("%s: %s", takes[i].oob, kept);
		free(kept);
		free(xml);
	}
	for (int i = 0; i < FILES_MAX + 3; i++)
		buf_adds(&many, "<x xmlns='jabber:x:oob'><url>" URL
		    "</url></x>");
	buf_addc(&many, '\0');
	kept = take(buf_data(&many));
	assert_int_equal(files_list(&arena, kept, v), FILES_MAX);
	assert_string_equal(v[FILES_MAX - 1].url, URL);
	assert_string_equal(v[FILES_MAX - 1].name, "b.png");
	assert_int_equal(files_list(&arena, NULL, v), 0);
	assert_int_equal(files_list(&arena, "broken", v), 0);
	free(kept);
	buf_free(&many);
	arena_free(&arena);
}

static void
words(void **state)
{
	static const struct {
		const char *body, *words;
	} cases[] = {
		{ "look\n" URL, "look" }, { URL, "" }, { URL "\n\n", "" },
		{ "a\n" URL "\nb", "a\nb" }, { "see " URL, "see " URL },
		{ "", "" }, { "one\n\ntwo", "one\n\ntwo" },
	};
	struct msg_attachment file = { .url = URL };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(files_words(&arena, cases[i].body, &file,
		    1), cases[i].words);
	arena_free(&arena);
}

/* Where the network knows no files the URL is said all the same. */
static void
nothing_is_lost(void **state)
{
	struct msg_attachment v[FILES_MAX];
	struct msg_send m = { .body = "look" };

	(void)state;
	files_add(&arena, &m, URL "\nb.png", v, false);
	assert_string_equal(m.body, "look\n" URL);
	assert_int_equal(m.attachments.n, 0);
	files_add(&arena, &m, URL "\nb.png", v, true);
	assert_string_equal(m.body, "look\n" URL);
	assert_int_equal(m.attachments.n, 1);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken),
		cmocka_unit_test(words),
		cmocka_unit_test(nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
