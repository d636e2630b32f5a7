/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <malloc.h>

#include <cmocka.h>

#include "manager/xmpp/parser.h"
#include "util/xalloc.h"

#define HEAD "<stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' to='x'>"
#define MAX 20000

/* What came out of the parser, as one line of text. */
struct seen {
	struct parser	*p;
	struct buf	 log;
	unsigned	 stanzas;
	enum { GO_ON, STOP, RESTART, HOLD, DESTROY } then;
};

static void
act(struct seen *s)
{
	switch (s->then) {
	case GO_ON:
		break;
	case STOP:
		parser_stop(s->p);
		break;
	case RESTART:
		parser_restart(s->p);
		break;
	case HOLD:
		parser_hold(s->p, true);
		break;
	case DESTROY:
		parser_destroy(s->p);
		s->p = NULL;
	}
	s->then = GO_ON;
}

static void
opened(void *ctx, struct arena *a, const struct stanza *st)
{
	struct seen *s = ctx;
	const char *to = stanza_attr(st, "to");

	(void)a;
	assert_null(st->children);
	buf_addf(&s->log, "(%s", to ? to : "-");
}

static void
stanza(void *ctx, struct arena *a, const struct stanza *st)
{
	struct seen *s = ctx;

	(void)a;
	assert_null(st->parent);
	assert_null(st->next);
	s->stanzas++;
	if (buf_len(&s->log) < 4000)
		stanza_write(&s->log, st, "jabber:client");
	act(s);
}

static void
ended(void *ctx)
{
	struct seen *s = ctx;

	buf_addc(&s->log, ')');
}

static const struct parser_events events = { opened, stanza, ended };

static struct parser *
another(struct seen *s)
{
	return parser_create("jabber:client", MAX, &events, s);
}

static const struct {
	const char	*name, *in, *out, *condition;
} rows[] = {
	{ "header", HEAD, "(x", NULL },
	{ "xml declaration", "<?xml version='1.0'?>" HEAD, "(x", NULL },
	{ "white space first", " \r\n<?xml version='1.0'?>" HEAD, "(x", NULL },
	{ "utf-8 declaration", "<?xml version='1.0' encoding='utf-8'?>" HEAD,
	    "(x", NULL },
	{ "no to", "<stream:stream xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>", "(-", NULL },
	{ "closed", HEAD "</stream:stream>", "(x)", NULL },
	{ "after the end", HEAD "</stream:stream><a/>", "(x)", NULL },
	{ "empty stream", "<stream:stream xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'/>", "(-)", NULL },
	{ "stanzas and keep-alives", HEAD " \n<presence/> <iq id='1'/>\n\t",
	    "(x<presence/><iq id='1'/>", NULL },
	{ "message", HEAD "<message to='a@b/c' xml:lang='de'><body>h&lt;i "
	    "&#252;</body><x xmlns='urn:x'><y/></x></message>",
	    "(x<message to='a@b/c' xml:lang='de'><body>h&lt;i \xc3\xbc</body>"
	    "<x xmlns='urn:x'><y/></x></message>", NULL },
	{ "mixed content", HEAD "<m>a<b/>c<d>e</d>f</m>",
	    "(x<m>a<b/>c<d>e</d>f</m>", NULL },
	{ "cdata", HEAD "<m><![CDATA[<b>&amp;]]>!</m>",
	    "(x<m>&lt;b&gt;&amp;amp;!</m>", NULL },
	{ "prefixed stanza", "<s:stream xmlns:s='http://etherx.jabber.org/"
	    "streams' xmlns:c='jabber:client'><c:m><c:b/></c:m>",
	    "(-<m><b/></m>", NULL },
	{ "prefixed attribute", HEAD "<m xmlns:p='urn:p' p:a='1' a='2'/>",
	    "(x<m xmlns:a1='urn:p' a1:a='1' a='2'/>", NULL },
	{ "no namespace", HEAD "<m><n xmlns=''/></m>",
	    "(x<m><n xmlns=''/></m>", NULL },
	{ "other namespace", HEAD "<r xmlns='urn:xmpp:sm:3'/>",
	    "(x<r xmlns='urn:xmpp:sm:3'/>", NULL },
	{ "value with line ends", HEAD "<m a='x\ny&#10;z'/>",
	    "(x<m a='x y&#10;z'/>", NULL },

	{ "http", "GET / HTTP/1.1\r\n\r\n", "", "not-well-formed" },
	{ "tls hello", "\x16\x03\x01\x02", "", "not-well-formed" },
	{ "wrong tag", HEAD "<a></b>", "(x", "not-well-formed" },
	{ "stanza then rubbish", HEAD "<a/><b c=d/>", "(x<a/>",
	    "not-well-formed" },
	{ "twice the same attribute", HEAD "<a b='1' b='2'/>", "(x",
	    "not-well-formed" },
	{ "unbound prefix", HEAD "<p:a/>", "(x", "not-well-formed" },
	{ "bad utf-8", HEAD "<a>\xff</a>", "(x", "not-well-formed" },
	{ "surrogate", HEAD "<a>\xed\xa0\x80</a>", "(x", "not-well-formed" },
	{ "control character", HEAD "<a>\x01</a>", "(x", "not-well-formed" },
	{ "control reference", HEAD "<a>&#1;</a>", "(x", "not-well-formed" },
	{ "nul", HEAD "<a>&#0;</a>", "(x", "not-well-formed" },
	{ "second header", HEAD HEAD, "(x", NULL },
	{ "declaration inside", HEAD "<a/><?xml version='1.0'?>", "(x<a/>",
	    "not-well-formed" },
	{ "wrong default namespace", "<stream:stream xmlns='jabber:server' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>", "",
	    "invalid-namespace" },
	{ "wrong stream namespace", "<stream:stream xmlns='jabber:client' "
	    "xmlns:stream='urn:x'>", "", "invalid-namespace" },
	{ "two prefixes", "<s:stream xmlns:s='http://etherx.jabber.org/streams'"
	    " xmlns:t='http://etherx.jabber.org/streams'>", "",
	    "bad-namespace-prefix" },
	{ "no stream namespace", "<stream>", "", "invalid-namespace" },
	{ "not a stream", "<stream:a "
	    "xmlns:stream='http://etherx.jabber.org/streams'>", "",
	    "bad-format" },
	{ "text between stanzas", HEAD "<a/>x", "(x<a/>", "bad-format" },
	{ "comment", HEAD "<a><!-- x --></a>", "(x", "restricted-xml" },
	{ "comment before", "<!-- x -->" HEAD, "", "restricted-xml" },
	{ "instruction", HEAD "<a/><?php x?>", "(x<a/>", "restricted-xml" },
	{ "doctype", "<!DOCTYPE x><x/>", "", "restricted-xml" },
	{ "entity bomb", "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'>"
	    "<!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>"
	    "<x>&c;</x>", "", "restricted-xml" },
	{ "external entity", "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
	    "", "restricted-xml" },
	{ "unknown entity", HEAD "<a>&nbsp;</a>", "(x", "restricted-xml" },
	{ "latin-1", "<?xml version='1.0' encoding='ISO-8859-1'?>" HEAD, "",
	    "unsupported-encoding" },
	{ "utf-16", "\xff\xfe<", "", "unsupported-encoding" },
	{ "utf-16, big end first", "\xfe\xff", "", "unsupported-encoding" },
	{ "utf-8 with its mark", "\xef\xbb\xbf" HEAD "<a/>", "(x<a/>", NULL },
};

static const char *
feed_pieces(struct seen *s, const char *in, size_t len, size_t piece)
{
	const char *condition = NULL;

	for (size_t i = 0; i < len; i += piece)
		if (parser_feed(s->p, in + i, len - i < piece ? len - i : piece,
		    &condition) != 0)
			break;
	return condition;
}

static void
check(const char *name, size_t piece, struct seen *s, const char *condition,
    const char *out, const char *want)
{
	buf_addc(&s->log, '\0');
	if (strcmp(buf_data(&s->log), out) != 0)
		fail_msg("%s by %zu: got %s, not %s", name, piece,
		    buf_data(&s->log), out);
	if (want == NULL ? condition != NULL :
	    condition == NULL || strcmp(condition, want) != 0)
		fail_msg("%s by %zu: condition %s, not %s", name, piece,
		    condition ? condition : "-", want ? want : "-");
	buf_free(&s->log);
}

/* Cut anywhere, the result is the same, and nothing waits for more bytes. */
static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		size_t len = strlen(rows[i].in);

		for (size_t piece = 1; piece <= len; piece++) {
			struct seen s = { 0 };
			const char *c;

			s.p = another(&s);
			c = feed_pieces(&s, rows[i].in, len, piece);
			check(rows[i].name, piece, &s, c, rows[i].out,
			    rows[i].condition);
			parser_destroy(s.p);
		}
	}
}

/* Another parser goes on wherever the first one is between two stanzas. */
static void
moves(void **state)
{
	unsigned moved = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		size_t len = strlen(rows[i].in);

		for (size_t at = 0; at < len; at++) {
			struct seen s = { 0 };
			const char *c;
			struct parser *old;

			s.p = old = another(&s);
			c = feed_pieces(&s, rows[i].in, at, len);
			if (parser_is_idle(old)) {
				s.p = another(&s);
				assert_int_equal(parser_enter(s.p,
				    parser_header(old)), 0);
				assert_true(parser_is_idle(s.p));
				parser_destroy(old);
				moved++;
			}
			if (c == NULL)
				c = feed_pieces(&s, rows[i].in + at, len - at,
				    len);
			check(rows[i].name, at, &s, c, rows[i].out,
			    rows[i].condition);
			parser_destroy(s.p);
		}
	}
	assert_true(moved > LENGTH(rows) / 2);
}

/* It halts behind the stanza that has begun, wherever it is held; another
 * parser goes on with what was fed beyond. */
static void
holds(void **state)
{
	unsigned moved = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		size_t len = strlen(rows[i].in);

		for (size_t at = 0; at < len; at++) {
			struct seen s = { 0 };
			const struct buf *rest;
			const char *c;
			struct parser *old;

			s.p = old = another(&s);
			c = feed_pieces(&s, rows[i].in, at, len);
			parser_hold(old, true);
			if (c == NULL)
				c = feed_pieces(&s, rows[i].in + at, len - at,
				    len);
			if (c == NULL && parser_is_idle(old)) {
				rest = parser_rest(old);
				s.p = another(&s);
				assert_int_equal(parser_enter(s.p,
				    parser_header(old)), 0);
				c = feed_pieces(&s, buf_data(rest),
				    buf_len(rest), len);
				moved += buf_len(rest) > 0;
				parser_destroy(old);
			}
			check(rows[i].name, at, &s, c, rows[i].out,
			    rows[i].condition);
			parser_destroy(s.p);
		}
	}
	assert_true(moved > LENGTH(rows));
}

/* From inside a stanza's callback as well, and again while it goes on. */
static void
held_from_inside(void **state)
{
	static const char in[] = HEAD "<a/><b/>";
	struct seen s = { 0 };
	const char *c;

	(void)state;
	s.p = another(&s);
	s.then = HOLD;
	c = feed_pieces(&s, in, strlen(in), 1000);
	assert_true(parser_is_idle(s.p));
	assert_int_equal(buf_len(parser_rest(s.p)), 4);
	check("held", 1000, &s, c, "(x<a/>", NULL);
	c = feed_pieces(&s, "<c/><d/>", 8, 1000);
	assert_int_equal(buf_len(parser_rest(s.p)), 12);
	check("still held", 1000, &s, c, "", NULL);
	parser_hold(s.p, false);
	s.then = HOLD;
	assert_int_equal(parser_feed(s.p, "<e", 2, &c), 0);
	check("held again", 1000, &s, c, "<b/>", NULL);
	parser_hold(s.p, false);
	c = feed_pieces(&s, "/>", 2, 1000);
	check("on", 1000, &s, c, "<c/><d/><e/>", NULL);
	parser_destroy(s.p);
}

/* What is no header is refused. */
static void
enters_nothing_else(void **state)
{
	static const char *const texts[] = { "", "x", "<a", "<a></a>",
	    "<!--" };

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct seen s = { 0 };

		s.p = another(&s);
		assert_false(parser_is_idle(s.p));
		assert_null(parser_header(s.p));
		if (parser_enter(s.p, texts[i]) == 0)
			fail_msg("%s", texts[i]);
		parser_destroy(s.p);
		buf_free(&s.log);
	}
}

/* Feed text made by repeating, in pieces; expect the stream to end so, and
 * never more memory than that. */
static void
hostile(const char *name, const char *before, const char *repeat, size_t times,
    const char *after, size_t piece, const char *want)
{
	struct seen s = { 0 };
	struct buf in = { 0 };
	const char *condition;
	size_t base, top;

	buf_adds(&in, before);
	for (size_t i = 0; i < times; i++)
		buf_addf(&in, repeat, (unsigned)i);
	buf_adds(&in, after);
	base = mallinfo2().uordblks;
	s.p = another(&s);
	condition = feed_pieces(&s, buf_data(&in), buf_len(&in), piece);
	top = mallinfo2().uordblks;
	if (want == NULL ? condition != NULL :
	    condition == NULL || strcmp(condition, want) != 0)
		fail_msg("%s: condition %s", name, condition ? condition : "-");
	if (top > base + 2000000)
		fail_msg("%s: %zu bytes", name, top - base);
	buf_free(&in);
	buf_free(&s.log);
	parser_destroy(s.p);
}

static void
limits(void **state)
{
	static const size_t pieces[] = { 1, 1000, 1 << 16, 1 << 24 };

	(void)state;
	for (size_t i = 0; i < LENGTH(pieces); i++) {
		size_t n = pieces[i];
		const char *policy = "policy-violation";
		size_t many = n == 1 ? 20000 : 100000;

		hostile("depth", HEAD, "<a>", many, "", n, policy);
		hostile("depth is fine", HEAD, "<a>", 64, "", n, NULL);
		hostile("depth 65", HEAD, "<a>", 66, "", n, policy);
		hostile("long text", HEAD "<a>", "0123456789", many,
		    "</a>", n, policy);
		hostile("long line ends", HEAD "<a>", "\n", many,
		    "</a>", n, policy);
		hostile("children", HEAD "<a>", "<b/>", many, "</a>", n,
		    policy);
		hostile("attributes", HEAD "<a", " b%u=''", many, "/>", n,
		    policy);
		hostile("64 attributes", HEAD "<a", " b%u=''", 64, "/>", n,
		    NULL);
		hostile("65 attributes", HEAD "<a", " b%u=''", 65, "/>", n,
		    policy);
		hostile("long name", HEAD "<", "a", 300, "/>", n, policy);
		hostile("endless name", HEAD "<", "a", many, "", n, policy);
		hostile("endless value", HEAD "<a b='", "a", many, "", n,
		    policy);
		hostile("endless header", "<stream:stream a='", "a", many, "",
		    n, policy);
		hostile("endless prologue", "<?xml version='1.0'?>", " ", many,
		    "", n, policy);
		hostile("endless instruction", HEAD "<?", "a", many, "", n,
		    policy);
		hostile("endless comment", HEAD "<!--", "a", many, "", n,
		    policy);
		hostile("header prefixes", "<stream:stream xmlns:stream='"
		    NS_STREAM "'", " xmlns:p%u='urn:p'", 60, ">", n, policy);
		hostile("empty cdata", HEAD, "<![CDATA[]]>", many, "", n,
		    policy);
		hostile("new names for ever", HEAD, "<a%u/>", many, "", n,
		    NULL);
		hostile("new attributes for ever", HEAD, "<a b%u=''/>", many,
		    "", n, NULL);
		hostile("new prefixes for ever", HEAD, "<a xmlns:p%u='urn:x'/>",
		    many, "", n, NULL);
	}
}

/* A fresh expat between stanzas must not lose a byte or a prefix. */
static void
names_are_forgotten(void **state)
{
	static const size_t pieces[] = { 1, 7, 4096, 1 << 20 };
	struct buf in = { 0 };

	(void)state;
	buf_adds(&in, "<s:stream xmlns:s='" NS_STREAM "' xmlns='jabber:client'"
	    " xmlns:q='urn:&lt;q&apos;&#10;'>");
	for (int i = 0; i < 20000; i++)
		buf_addf(&in, "<q:name-%d attr-%d='v'>text</q:name-%d>\n",
		    i, i, i);
	buf_adds(&in, "<q:last/></s:stream>");
	for (size_t i = 0; i < LENGTH(pieces); i++) {
		struct seen s = { 0 };
		const char *c;

		s.p = another(&s);
		c = feed_pieces(&s, buf_data(&in), buf_len(&in), pieces[i]);
		if (c != NULL)
			fail_msg("by %zu, after %u: %s", pieces[i], s.stanzas,
			    c);
		assert_int_equal(s.stanzas, 20001);
		buf_addc(&s.log, '\0');
		assert_non_null(strstr(buf_data(&s.log), "<name-7 "
		    "xmlns='urn:&lt;q&apos;&#10;' attr-7='v'>text</name-7>"));
		assert_non_null(strchr(buf_data(&s.log), ')'));
		buf_free(&s.log);
		parser_destroy(s.p);
	}
	buf_free(&in);
}

static void
from_inside(void **state)
{
	static const char in[] = HEAD "<a/><b/>";
	struct seen s = { 0 };
	const char *c;

	(void)state;
	s.p = another(&s);
	s.then = RESTART;
	c = feed_pieces(&s, in, strlen(in), 1000);
	check("restart", 1000, &s, c, "(x<a/>", NULL);
	c = feed_pieces(&s, in, strlen(in), 1000);
	check("restarted", 1000, &s, c, "(x<a/><b/>", NULL);
	parser_restart(s.p);
	s.then = STOP;
	c = feed_pieces(&s, in, strlen(in), 1000);
	check("stop", 1000, &s, c, "(x<a/>", NULL);
	c = feed_pieces(&s, "<!--", 4, 1000);
	check("stopped", 1000, &s, c, "", NULL);
	parser_destroy(s.p);

	s.p = another(&s);
	s.then = DESTROY;
	assert_int_equal(parser_feed(s.p, in, strlen(in), &c), 0);
	check("destroy", 1000, &s, c, "(x<a/>", NULL);
	assert_null(s.p);
}

/* After an error the same error, and no callback. */
static void
errors_stay(void **state)
{
	struct seen s = { 0 };
	const char *c;

	(void)state;
	s.p = another(&s);
	assert_int_equal(parser_feed(s.p, "<!--", 4, &c), 0);
	assert_int_equal(parser_feed(s.p, "-->", 3, &c), -1);
	assert_string_equal(c, "restricted-xml");
	assert_int_equal(parser_feed(s.p, HEAD, strlen(HEAD), &c), -1);
	assert_string_equal(c, "restricted-xml");
	check("error", 0, &s, c, "", "restricted-xml");
	parser_destroy(s.p);
}

/* Ten thousand idle clients must not cost much more than expat itself. */
static void
idle_memory(void **state)
{
	struct seen s = { 0 };
	size_t base = mallinfo2().uordblks, used;
	const char *c;

	(void)state;
	s.p = another(&s);
	c = feed_pieces(&s, HEAD "<m><body>hi</body></m>",
	    strlen(HEAD "<m><body>hi</body></m>"), 5);
	assert_null(c);
	buf_free(&s.log);
	used = mallinfo2().uordblks - base;
	if (used > 16 * 1024)
		fail_msg("%zu bytes", used);
	parser_destroy(s.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(moves),
		cmocka_unit_test(holds),
		cmocka_unit_test(held_from_inside),
		cmocka_unit_test(enters_nothing_else),
		cmocka_unit_test(limits),
		cmocka_unit_test(names_are_forgotten),
		cmocka_unit_test(from_inside),
		cmocka_unit_test(errors_stay),
		cmocka_unit_test(idle_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
