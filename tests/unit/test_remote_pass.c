/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
/* What passes as it is: out of stanzas, and into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/guard.h"
#include "backends/xmpp/pass_xml.h"
#include "util/buf.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define BAD	"<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"

#define PUBSUB	"http://jabber.org/protocol/pubsub"

static xmpp_ctx_t *ctx;

static xmpp_stanza_t *
stanza(const char *name, const char *inside)
{
	char *xml = xasprintf("<%s xmlns='jabber:client'>%s</%s>", name,
	    inside, name);
	xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx, xml);

	assert_non_null(st);
	free(xml);
	return st;
}

static const struct {
	enum passing_kind kind;
	const char	*inside, *passes;	/* NULL: nothing */
	bool		 refused;
} taken[] = {
	{ PASSING_IQ, "<a xmlns='x'><b><c xmlns='y'/></b></a>",
	    "<a xmlns='x'><b><c xmlns='y'/></b></a>", false },
	{ PASSING_IQ, "<p:a xmlns:p='x'><b xmlns=''/></p:a>",
	    "<a xmlns='x'><b xmlns=''/></a>", false },
	{ PASSING_IQ, " <a xmlns='x'>&lt;&amp;&gt;\"'</a> ",
	    "<a xmlns='x'>&lt;&amp;&gt;\"'</a>", false },
	{ PASSING_IQ, "<a xmlns='x' q='&apos;&lt;&amp;&#10;&#9;\"'/>",
	    "<a xmlns='x' q='&apos;&lt;&amp;&#10;&#9;\"'/>", false },
	{ PASSING_IQ, "<a xmlns='x' xml:lang='de'>&#13;&#10;</a>",
	    "<a xmlns='x' xml:lang='de'>&#13;\n</a>", false },
	{ PASSING_IQ, "", NULL, false },
	{ PASSING_IQ, "<a xmlns='x'/><b xmlns='x'/>", NULL, true },
	{ PASSING_IQ, "<query xmlns='jabber:iq:roster'/>", NULL, true },
	{ PASSING_IQ, "<a xmlns='x'><xml:b/></a>", NULL, true },
	{ PASSING_IQ, "<query/>", NULL, true },
	{ PASSING_MESSAGE, "<body>b</body><a xmlns='x'/>"
	    "<request xmlns='urn:xmpp:receipts'/><b xmlns='x'/>",
	    "<a xmlns='x'/><b xmlns='x'/>", false },
	{ PASSING_MESSAGE, "<body>b</body>", NULL, false },
	{ PASSING_PRESENCE, "<show>dnd</show><c xmlns='http://jabber.org/"
	    "protocol/caps'/><x xmlns='vcard-temp:x:update'/>",
	    "<c xmlns='http://jabber.org/protocol/caps'/>", false },
	{ PASSING_EVENT, "<event xmlns='" PUBSUB "#event'/><a xmlns='x'/>",
	    "<event xmlns='" PUBSUB "#event'/>", false },
	{ PASSING_ACCOUNT, "<a xmlns='x'/>", NULL, true },
	{ PASSING_ERROR, "<a xmlns='x'/><error type='cancel'>" BAD "</error>",
	    "<error xmlns='jabber:client' type='cancel'>" BAD "</error>",
	    false },
	{ PASSING_ERROR, "<error type='cancel'/>", NULL, false },
	{ PASSING_ERROR, "<error>" BAD "</error>", NULL, false },
	{ PASSING_ERROR, "<a xmlns='x'/>", NULL, false },
};

static void
take(void **state)
{
	xmpp_stanza_t *st;
	const char *why;
	char *text;

	(void)state;
	for (size_t i = 0; i < LENGTH(taken); i++) {
		print_message("%s\n", taken[i].inside);
		st = stanza("iq", taken[i].inside);
		text = pass_take(taken[i].kind, st, &why);
		if (taken[i].passes != NULL)
			assert_string_equal(text, taken[i].passes);
		else
			assert_null(text);
		assert_int_equal(why != NULL, taken[i].refused);
		free(text);
		xmpp_stanza_release(st);
	}
}

static const struct {
	enum passing_kind kind;
	const char	*xml;
	int		 n;
	const char	*becomes;
} given[] = {
	{ PASSING_IQ, "<a xmlns='x'><b xmlns=''/><c xmlns='y'>&lt;</c></a>",
	    1, "<iq><a xmlns=\"x\"><b xmlns=\"\"/>"
	    "<c xmlns=\"y\">&lt;</c></a></iq>" },
	{ PASSING_IQ, "", 0, "<iq/>" },
	{ PASSING_IQ, "<a xmlns='x'/><a xmlns='x'/>", -1, "<iq/>" },
	{ PASSING_IQ, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>", -1,
	    "<iq/>" },
	{ PASSING_IQ, "<a/>", -1, "<iq/>" },
	{ PASSING_IQ, "<xml:a/>", -1, "<iq/>" },
	{ PASSING_IQ, "<a xmlns='x'><xml:b/></a>", -1, "<iq/>" },
	{ PASSING_IQ, "<a xmlns='x'>", -1, "<iq/>" },
	{ PASSING_IQ, "<a xmlns='x'/></x></root><iq/>", -1, "<iq/>" },
	{ PASSING_IQ, "<!DOCTYPE a [<!ENTITY b 'c'>]><a xmlns='x'>&b;</a>",
	    -1, "<iq/>" },
	{ PASSING_MESSAGE, "<body xmlns='jabber:client'>x</body>"
	    "<a xmlns='x'/><result xmlns='urn:xmpp:mam:2'/>", 1,
	    "<iq><a xmlns=\"x\"/></iq>" },
	{ PASSING_MESSAGE, "<sent xmlns='urn:xmpp:carbons:2'/>", 0, "<iq/>" },
	{ PASSING_ERROR, "<error xmlns='jabber:client' type='cancel'>" BAD
	    "</error>", 1, NULL },
	{ PASSING_ERROR, "<error type='cancel'>" BAD "</error>", 1, NULL },
	{ PASSING_ACCOUNT, "<pubsub xmlns='" PUBSUB "#owner'/>", 1, NULL },
	{ PASSING_ACCOUNT, "<a xmlns='x'/>", -1, "<iq/>" },
	{ PASSING_ERROR, "<query xmlns='jabber:iq:roster'/>", -1, "<iq/>" },
	{ PASSING_ERROR, "<error xmlns='jabber:client'/>", -1, "<iq/>" },
};

static void
put(void **state)
{
	xmpp_stanza_t *st;
	const char *why;
	char *text;
	size_t len;

	(void)state;
	for (size_t i = 0; i < LENGTH(given); i++) {
		print_message("%s\n", given[i].xml);
		st = xmpp_stanza_new(ctx);
		xmpp_stanza_set_name(st, "iq");
		assert_int_equal(pass_put(given[i].kind, st, given[i].xml,
		    &why), given[i].n);
		assert_int_equal(why != NULL, given[i].n < 0);
		assert_int_equal(xmpp_stanza_to_text(st, &text, &len), 0);
		if (given[i].becomes != NULL)
			assert_string_equal(text, given[i].becomes);
		xmpp_free(ctx, text);
		xmpp_stanza_release(st);
	}
}

/* What closes what it is put into becomes nothing else. */
static void
escape(void **state)
{
	static const char *const texts[] = {
		"</x><x xmlns='jabber:client'><a xmlns='x'/>",
		"<a xmlns='x'/></x><iq xmlns='jabber:client'><query "
		"xmlns='jabber:iq:roster'/></iq><x>",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		xmpp_stanza_t *st = xmpp_stanza_new(ctx);
		const char *why;
		int n;

		xmpp_stanza_set_name(st, "iq");
		n = pass_put(PASSING_IQ, st, texts[i], &why);
		assert_true(n <= 1);
		assert_null(xmpp_stanza_get_child_by_ns(st,
		    "jabber:iq:roster"));
		xmpp_stanza_release(st);
	}
}

static char *
nested(unsigned depth, size_t text)
{
	struct buf b = { 0 };
	char *all;

	for (unsigned i = 0; i < depth; i++)
		buf_adds(&b, i == 0 ? "<a xmlns='x'>" : "<a>");
	for (size_t i = 0; i < text; i++)
		buf_addc(&b, 't');
	for (unsigned i = 0; i < depth; i++)
		buf_adds(&b, "</a>");
	all = xstrndup(buf_data(&b), buf_len(&b));
	buf_free(&b);
	return all;
}

static const struct {
	enum passing_kind kind;
	unsigned	 depth;
	size_t		 text;
	bool		 passes;
} sizes[] = {
	{ PASSING_IQ, PASSING_DEPTH_MAX, 1, true },
	{ PASSING_IQ, PASSING_DEPTH_MAX + 1, 1, false },
	{ PASSING_IQ, 1, PASSING_MAX - 20, true },
	{ PASSING_IQ, 1, PASSING_MAX, false },
	{ PASSING_MESSAGE, 1, PASSING_MESSAGE_MAX - 20, true },
	{ PASSING_MESSAGE, 1, PASSING_MESSAGE_MAX, false },
	{ PASSING_PRESENCE, 1, PASSING_PRESENCE_MAX - 20, true },
	{ PASSING_PRESENCE, 1, PASSING_PRESENCE_MAX, false },
};

static void
size(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		char *xml = nested(sizes[i].depth, sizes[i].text), *text;
		xmpp_stanza_t *from = stanza("iq", xml);
		xmpp_stanza_t *to = xmpp_stanza_new(ctx);
		const char *why;

		print_message("%zu\n", i);
		text = pass_take(sizes[i].kind, from, &why);
		assert_int_equal(text != NULL, sizes[i].passes);
		assert_int_equal(why != NULL, !sizes[i].passes &&
		    sizes[i].kind != PASSING_PRESENCE);
		assert_int_equal(pass_put(sizes[i].kind, to, xml, &why),
		    sizes[i].passes ? 1 : -1);
		free(text);
		free(xml);
		xmpp_stanza_release(from);
		xmpp_stanza_release(to);
	}
}

/* One large payload does not hide what the client can do. */
static void
presence(void **state)
{
	char *big = nested(1, PASSING_PRESENCE_MAX), *text;
	char *inside = xasprintf("%s<c xmlns='caps'/>", big);
	xmpp_stanza_t *st = stanza("presence", inside);
	const char *why;

	(void)state;
	text = pass_take(PASSING_PRESENCE, st, &why);
	assert_string_equal(text, "<c xmlns='caps'/>");
	free(text);
	free(inside);
	free(big);
	xmpp_stanza_release(st);
}

static void
many(void **state)
{
	struct buf b = { 0 };
	xmpp_stanza_t *st;
	const char *why;
	char *text;

	(void)state;
	for (int i = 0; i <= PASSING_ELEMENTS_MAX; i++)
		buf_adds(&b, "<a xmlns='x'/>");
	buf_addc(&b, '\0');
	st = stanza("message", buf_data(&b));
	assert_null(pass_take(PASSING_MESSAGE, st, &why));
	assert_non_null(why);
	assert_int_equal(pass_put(PASSING_MESSAGE, st, buf_data(&b), &why),
	    -1);
	text = pass_take(PASSING_PRESENCE, st, &why);
	assert_non_null(text);
	free(text);
	xmpp_stanza_release(st);
	buf_free(&b);
}

static const struct {
	const char	*inside;
	bool		 says, rings;
} meanings[] = {
	{ "<store xmlns='urn:xmpp:hints'/>", false, false },
	{ "<encryption xmlns='urn:xmpp:eme:0'/><nick xmlns='http://jabber.org/"
	    "protocol/nick'>a</nick>", false, false },
	{ "<body>b</body><received xmlns='urn:xmpp:receipts' id='a'/>", false,
	    false },
	{ "<encrypted xmlns='eu.siacs.conversations.axolotl'/>", true, false },
	{ "<propose xmlns='urn:xmpp:jingle-message:0'/>", true, true },
};

static void
meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(meanings); i++) {
		xmpp_stanza_t *st = stanza("message", meanings[i].inside);

		print_message("%s\n", meanings[i].inside);
		assert_int_equal(pass_says(st), meanings[i].says);
		assert_int_equal(pass_rings(st), meanings[i].rings);
		xmpp_stanza_release(st);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take),
		cmocka_unit_test(put),
		cmocka_unit_test(escape),
		cmocka_unit_test(size),
		cmocka_unit_test(presence),
		cmocka_unit_test(many),
		cmocka_unit_test(meaning),
	};
	int failed;

	/* Into this program: stanzas are read through it. */
	guard_set_stanza_max(0);
	ctx = xmpp_ctx_new(NULL, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	xmpp_ctx_free(ctx);
	return failed;
}
