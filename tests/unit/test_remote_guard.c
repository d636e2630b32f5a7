/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <expat.h>
#include <strophe.h>

#include "backends/xmpp/guard.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define SIZE	100000

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

/* What libstrophe makes of it; NULL: it was refused. */
static char *
again(const char *xml)
{
	xmpp_stanza_t *s = xmpp_stanza_new_from_string(ctx, xml);
	char *text = NULL, *copy;
	size_t len;

	if (s == NULL)
		return NULL;
	assert_int_equal(xmpp_stanza_to_text(s, &text, &len), 0);
	copy = xstrdup(text);
	xmpp_free(ctx, text);
	xmpp_stanza_release(s);
	return copy;
}

static void
passes(const char *xml, const char *want)
{
	char *got = again(xml);

	if (got == NULL || (want != NULL && strcmp(got, want) != 0))
		fail_msg("%.60s: %s", xml, got != NULL ? got : "refused");
	free(got);
}

static void
fails(const char *what, const char *xml)
{
	char *got = again(xml);

	if (got != NULL)
		fail_msg("%s: %.60s passed", what, xml);
}

static char *
repeated(const char *before, const char *piece, size_t n, const char *after)
{
	struct buf b = { 0 };

	buf_adds(&b, before);
	while (n-- > 0)
		buf_adds(&b, piece);
	buf_adds(&b, after);
	return buf_steal(&b);
}

static char *
nested(size_t depth)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < depth; i++)
		buf_adds(&b, "<a>");
	for (size_t i = 0; i < depth; i++)
		buf_adds(&b, "</a>");
	return buf_steal(&b);
}

/* ------------------------------------------------------------ stanzas alone */

static void
test_limits(void **state)
{
	static const struct {
		const char	*what, *before, *piece;
		size_t		 n;
		const char	*after;
		bool		 good;
	} cases[] = {
		{ "text", "<a>", "x", 1000000, "</a>", true },
		{ "entities", "<a>", "&lt;", 260000, "</a>", true },
		{ "more than a stanza", "<a>", "x", 1200000, "</a>", false },
		{ "a comment", "<a>", "<!-- -->", 1, "</a>", false },
		{ "an instruction", "<a>", "<?x y?>", 1, "</a>", false },
		{ "a document type", "<!DOCTYPE a>", "<a/>", 1, "", false },
		{ "siblings", "<a>", "<b/>", 11000, "</a>", true },
		{ "too many", "<a>", "<b/>", 12001, "</a>", false },
		{ "and texts", "<a>", "<b/>x", 6002, "</a>", false },
		{ "in all", "<a>", "<b><c/><c/></b>", 11000, "</a>", true },
		{ "too many in all", "<a>", "<b><c/><c/><c/><c/></b>", 10001,
		    "</a>", false },
	};
	char *xml;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		xml = repeated(cases[i].before, cases[i].piece, cases[i].n,
		    cases[i].after);
		if (cases[i].good)
			passes(xml, NULL);
		else
			fails(cases[i].what, xml);
		free(xml);
	}
}

static void
test_depth(void **state)
{
	static const struct {
		size_t	depth;
		bool	good;
	} cases[] = { { 60, true }, { 70, false }, { SIZE, false } };
	char *xml;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		xml = nested(cases[i].depth);
		if (cases[i].good)
			passes(xml, NULL);
		else
			fails("depth", xml);
		free(xml);
	}
}

static void
test_attributes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int n = 100; n <= 500; n += 400) {
		buf_adds(&b, "<a");
		for (int i = 0; i < n; i++)
			buf_addf(&b, " a%d='1'", i);
		buf_add(&b, "/>", 3);
		if (n == 100)
			passes(buf_data(&b), NULL);
		else
			fails("500 attributes", buf_data(&b));
		buf_clear(&b);
	}
	buf_free(&b);
}

static void
test_bombs(void **state)
{
	(void)state;
	fails("entities", "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>"
	    "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
	    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]><a>&c;</a>");
	fails("an external one",
	    "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
	    "<a>&a;</a>");
	fails("an unknown one", "<a>&b;</a>");
}

/* 1.6 MB of entities took libstrophe half a second. */
static void
test_text_is_linear(void **state)
{
	char *xml = repeated("<a>", "&lt;", 260000, "</a>");
	double began = clock_now();

	(void)state;
	passes(xml, NULL);
	print_message("%zu bytes of entities: %.0f ms\n", strlen(xml),
	    (clock_now() - began) * 1000);
	/* With ten times as long for a sanitizer, still far below. */
	assert_true(clock_now() - began < 1.0);
	free(xml);
}

static void
test_prefixes(void **state)
{
	(void)state;
	passes("<a xml:lang='de'/>", "<a xml:lang=\"de\"/>");
	passes("<a xmlns:x='urn:x' x:href='1'/>", NULL);
}

static void
test_foreign_attribute(void **state)
{
	xmpp_stanza_t *s = xmpp_stanza_new_from_string(ctx,
	    "<a xmlns:x='urn:x' x:href='1' href='2' xml:lang='de' lang='e'/>");

	(void)state;
	assert_non_null(s);
	assert_string_equal(xmpp_stanza_get_attribute(s, "href"), "2");
	assert_string_equal(xmpp_stanza_get_attribute(s, "lang"), "e");
	assert_string_equal(xmpp_stanza_get_attribute(s, "xml:lang"), "de");
	assert_string_equal(xmpp_stanza_get_attribute(s, "n1:href"), "1");
	assert_string_equal(xmpp_stanza_get_attribute(s, "xmlns:n1"), "urn:x");
	xmpp_stanza_release(s);
}

/* expat would have kept the memory of a context that is gone. */
static void
test_contexts(void **state)
{
	xmpp_ctx_t *first;

	(void)state;
	for (int i = 0; i < 3; i++) {
		first = ctx;
		ctx = xmpp_ctx_new(NULL, NULL);
		passes("<a>text</a>", "<a>text</a>");
		xmpp_ctx_free(ctx);
		ctx = first;
		passes("<a>text</a>", "<a>text</a>");
	}
}

/* ------------------------------------------------------------------ streams */

#define HEAD "<s:s xmlns='jabber:client' xmlns:s='urn:s'>"

static struct buf heard;

static void
on_element(void *c, int depth, const char *ns, const char *name,
    const char *const *attributes)
{
	(void)c;
	buf_addf(&heard, "%d{%s}%s(%s) ", depth, ns, name,
	    attributes[0] != NULL ? attributes[1] : "");
}

static void
on_refused(void *c, const char *why)
{
	(void)c;
	buf_addf(&heard, "refused: %s ", why);
}

static const struct guard_events events = { .element = on_element,
	.refused = on_refused };
static struct buf given;

static void
start(void *user, const XML_Char *name, const XML_Char **attributes)
{
	assert_ptr_equal(user, &given);
	buf_addf(&given, "<%s", name);
	for (size_t i = 0; attributes[i] != NULL; i += 2)
		buf_addf(&given, " %s=%s", attributes[i], attributes[i + 1]);
	buf_addc(&given, '>');
}

static void
end(void *user, const XML_Char *name)
{
	(void)user, (void)name;
	buf_adds(&given, "/");
}

static void
text(void *user, const XML_Char *s, int len)
{
	(void)user;
	buf_addc(&given, '[');
	buf_add(&given, s, (size_t)len);
	buf_addc(&given, ']');
}

static void
as_strophe(XML_Parser p)
{
	XML_SetUserData(p, &given);
	XML_SetElementHandler(p, start, end);
	XML_SetCharacterDataHandler(p, text);
}

static XML_Parser
stream(struct guard **g)
{
	XML_Parser p;

	buf_clear(&heard);
	buf_clear(&given);
	guard_expect(&events, NULL);
	p = XML_ParserCreate_MM(NULL, NULL, "\x1f");
	*g = guard_expected();
	assert_non_null(*g);

	as_strophe(p);
	return p;
}

static bool
feed(XML_Parser p, const char *s)
{
	return XML_Parse(p, s, (int)strlen(s), 0) == XML_STATUS_OK;
}

static void
is(struct buf *b, const char *want)
{
	buf_addc(b, '\0');
	assert_string_equal(buf_data(b), want);
	buf_clear(b);
}

static void
test_stream(void **state)
{
	struct guard *g;
	XML_Parser p = stream(&g);

	(void)state;
	assert_true(feed(p, HEAD));
	/* An end tag in two pieces is seen when its end comes. */
	assert_true(feed(p, "<a b='1'><c xmlns=''>x&lt;y\nz</c></"));
	assert_true(feed(p, "a"));
	is(&given, "<urn:s\x1fs><jabber:client\x1f" "a b=1><\x1f" "c>"
	    "[x<y\nz]/");
	assert_true(feed(p, "> "));
	is(&given, "/");
	is(&heard, "0{urn:s}s() 1{jabber:client}a(1) 2{}c() ");
	XML_ParserFree(p);
}

static void
test_deaf_until_reset(void **state)
{
	struct guard *g;
	XML_Parser p = stream(&g);

	(void)state;
	assert_true(feed(p, HEAD "<proceed/>"));
	guard_deafen(g);
	buf_clear(&heard);
	buf_clear(&given);
	assert_true(feed(p, "<injected/> & anything"));
	is(&given, "");
	is(&heard, "");
	assert_true(XML_ParserReset(p, NULL));
	as_strophe(p);
	assert_true(feed(p, HEAD));
	is(&given, "<urn:s\x1fs>");
	XML_ParserFree(p);
}

static void
refuses(const char *piece, size_t n, const char *why)
{
	struct guard *g;
	XML_Parser p = stream(&g);
	size_t fed = 0;

	assert_true(feed(p, HEAD));
	buf_clear(&heard);
	while (fed < n && feed(p, piece))
		fed++;
	if (fed == n)
		fail_msg("%.60s was not refused", piece);
	buf_addc(&heard, '\0');
	if (strstr(buf_data(&heard), why) == NULL)
		fail_msg("%.60s: %s", piece, buf_data(&heard));
	/* Once, and for ever. */
	buf_clear(&heard);
	assert_false(feed(p, "<a/>"));
	is(&heard, "");
	XML_ParserFree(p);
}

static void
test_stream_refuses(void **state)
{
	static char x[4097];

	(void)state;
	memset(x, 'x', sizeof(x) - 1);
	refuses("<a>", SIZE, "too deeply");
	refuses("<!-- -->", 1, "comment");
	refuses("<?a b?>", 1, "instruction");
	refuses("</s:s></s:s>", 1, "not well-formed");
	refuses("<a>&b;", 1, "entity");
	x[0] = '<';
	refuses(x, 1000, "token");
}

/* What is too large is left out to the end of its stanza, and whole for
 * libstrophe; the next one is another. */
static void
cuts(const char *begin, const char *piece, size_t n, const char *end_tag,
    size_t nends)
{
	struct guard *g;
	XML_Parser p = stream(&g);

	assert_true(feed(p, HEAD));
	guard_forgive(g);
	assert_true(feed(p, begin));
	for (size_t i = 0; i < n; i++)
		assert_true(feed(p, piece));
	for (size_t i = 0; i < nends; i++)
		assert_true(feed(p, end_tag));
	assert_true(guard_is_cut(g));
	assert_in_range(buf_len(&given), 1, 2 * GUARD_STANZA);
	buf_clear(&given);
	buf_clear(&heard);
	assert_true(feed(p, "text<late/></m>"));
	assert_false(guard_is_cut(g));
	/* The end of the stanza, and of what is open in it for libstrophe. */
	for (size_t i = 0; i < buf_len(&given); i++)
		assert_int_equal(buf_data(&given)[i], '/');
	buf_clear(&given);
	assert_true(feed(p, "<m>x</m>"));
	is(&given, "<jabber:client\x1f" "m>[x]/");
	XML_ParserFree(p);
}

static void
test_stream_cuts(void **state)
{
	static char x[4097];

	(void)state;
	memset(x, 'x', sizeof(x) - 1);
	cuts("<m>", "<a>", 100, "</a>", 100);
	cuts("<m><b>", "<a/>", GUARD_CHILDREN + 1, "</b>", 1);
	cuts("<m><b>", x, 2 * GUARD_STANZA / 4096, "</b>", 1);
	cuts("<m><b a='", x, GUARD_TAG / 4096 + 1, "'/>", 1);
	cuts("<m from='f' a='", x, GUARD_TAG / 4096 + 1, "'>", 1);
}

static void
test_stream_cuts_root(void **state)
{
	struct guard *g;
	XML_Parser p = stream(&g);
	char attribute[32];

	(void)state;
	assert_true(feed(p, HEAD));
	guard_forgive(g);
	buf_clear(&given);
	assert_true(feed(p, "<m x='y' id='i' type='t' from='f'"));
	for (int i = 0; i < 200; i++) {
		snprintf(attribute, sizeof(attribute), " a%d=''", i);
		assert_true(feed(p, attribute));
	}
	assert_true(feed(p, "><b/></m>"));
	is(&given, "<jabber:client\x1f" "m from=f id=i type=t>/");
	XML_ParserFree(p);
}

/* Nothing ends: a tag, a stanza, and names that are always new. */
static void
test_stream_is_bounded(void **state)
{
	static char x[4097];
	struct guard *g;
	XML_Parser p;
	char name[64];
	int i;

	(void)state;
	memset(x, 'x', sizeof(x) - 1);
	p = stream(&g);
	assert_true(feed(p, HEAD "<a b='"));
	for (i = 0; i < 1000 && feed(p, x); i++)
		;
	assert_in_range(i, 14, 17);
	XML_ParserFree(p);

	p = stream(&g);
	assert_true(feed(p, HEAD "<a>"));
	for (i = 0; i < 1000 && feed(p, x); i++)
		;
	assert_in_range(i, 255, 273);
	XML_ParserFree(p);

	p = stream(&g);
	assert_true(feed(p, HEAD));
	for (i = 0; i < 1000000; i++) {
		snprintf(name, sizeof(name), "<n%d a%d='1'/>", i, i);
		buf_clear(&given);
		buf_clear(&heard);
		if (!feed(p, name))
			break;
	}
	assert_in_range(i, 10000, 600000);
	XML_ParserFree(p);
}

/* White space keeps a connection alive for years. */
static void
test_white_space(void **state)
{
	static char x[4097];
	struct guard *g;
	XML_Parser p = stream(&g);

	(void)state;
	memset(x, ' ', sizeof(x) - 1);
	assert_true(feed(p, HEAD));
	for (int i = 0; i < 1000; i++)
		assert_true(feed(p, x));
	assert_true(feed(p, "<a/>"));
	XML_ParserFree(p);
}

static void
put(void *c)
{
	struct guard *g = *(struct guard **)c;
	const char *attributes[] = { "x", "1", NULL };

	guard_open(g, "urn:s\x1fput", attributes);
	guard_text(g, "text");
	guard_close(g, "urn:s\x1fput");
}

static void
test_put_between(void **state)
{
	static const struct guard_events puts = { .element = on_element,
		.whole = put };
	struct guard *g;
	XML_Parser p;

	(void)state;
	buf_clear(&heard);
	buf_clear(&given);
	guard_expect(&puts, &g);
	p = XML_ParserCreate_MM(NULL, NULL, "\x1f");
	g = guard_expected();
	as_strophe(p);
	assert_true(feed(p, HEAD));
	/* Behind the one that ends and before the next, which came with it. */
	assert_true(feed(p, "<a/><b/>"));
	is(&given, "<urn:s\x1fs><jabber:client\x1f" "a>/<urn:s\x1fput x=1>"
	    "[text]/<jabber:client\x1f" "b>/<urn:s\x1fput x=1>[text]/");
	/* It is not heard. */
	is(&heard, "0{urn:s}s() 1{jabber:client}a() 1{jabber:client}b() ");
	assert_false(feed(p, "<!-- -->"));
	put(&g);
	is(&given, "");
	XML_ParserFree(p);
}

static int
finish(void **state)
{
	(void)state;
	buf_free(&heard);
	buf_free(&given);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define ALONE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		ALONE(test_limits),
		ALONE(test_depth),
		ALONE(test_attributes),
		ALONE(test_bombs),
		ALONE(test_text_is_linear),
		ALONE(test_prefixes),
		ALONE(test_foreign_attribute),
		ALONE(test_contexts),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_deaf_until_reset),
		cmocka_unit_test(test_stream_refuses),
		cmocka_unit_test(test_stream_cuts),
		cmocka_unit_test(test_stream_cuts_root),
		cmocka_unit_test(test_stream_is_bounded),
		cmocka_unit_test(test_white_space),
		cmocka_unit_test(test_put_between),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
