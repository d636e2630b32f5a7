/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* What passes through the gateway as it is, and what never does. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/caps.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/trace.h"

#define BUNDLE "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" \
	"<items node='omemo'/></pubsub>"
#define JINGLE "<jingle xmlns='urn:xmpp:jingle:1' sid='s'/>"

/* --------------------------------------------------------- namespaces, XML */

static void
namespaces(void **state)
{
	static const struct {
		const char *ns;
		bool iq, message;
	} cases[] = {
		{ "urn:xmpp:jingle:1", true, true },
		{ "eu.siacs.conversations.axolotl", true, true },
		{ "urn:xmpp:jingle-message:0", true, true },
		{ "urn:xmpp:hints", true, true },
		{ NS_PUBSUB, true, true },
		{ NS_PUBSUB_EVENT, true, true },
		{ NS_CHATSTATES, true, false },
		{ NS_RECEIPTS, true, false },
		{ "urn:xmpp:message-retract:0", true, false },
		{ "", false, false }, { "jabber:client", false, false },
		{ "jabber:server", false, false },
		{ "jabber:server:dialback", false, false },
		{ "jabber:component:accept", false, false },
		{ "http://etherx.jabber.org/streams", false, false },
		{ "urn:ietf:params:xml:ns:xmpp-bind", false, false },
		{ "urn:ietf:params:xml:ns:xmpp-session", false, false },
		{ "urn:ietf:params:xml:ns:xmpp-sasl", false, false },
		{ "urn:ietf:params:xml:ns:xmpp-tls", false, false },
		{ "urn:ietf:params:xml:ns:xmpp-streams", false, false },
		{ "urn:xmpp:sasl:2", false, false },
		{ "urn:xmpp:sm:3", false, false },
		{ NS_ROSTER, false, false }, { NS_ROSTERX, false, false },
		{ NS_REGISTER, false, false },
		{ NS_PRIVILEGE1, false, false },
		{ NS_PRIVILEGE2, false, false },
		{ "urn:xmpp:delegation:2", false, false },
		{ NS_CARBONS, false, false }, { NS_MAM, false, false },
		{ NS_BLOCKING, false, false },
		{ "urn:xmpp:blocking:errors", false, false },
		{ NS_PRIVATE, false, false }, { NS_FORWARD, false, false },
		{ NS_MUC_OWNER, false, false }, { NS_MUC_USER, false, false },
		{ "http://jabber.org/protocol/pubsub#owner", false, false },
		{ "http://jabber.org/protocol/address", false, false },
		{ NS_SID, false, false }, { NS_DELAY, false, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		if (passing_may(PASSING_IQ, cases[i].ns) == cases[i].iq &&
		    passing_may(PASSING_MESSAGE, cases[i].ns) ==
		    cases[i].message)
			continue;
		fail_msg("\"%s\"", cases[i].ns);
	}
}

/* NULL: refused. */
static void
cleaned(enum passing_kind kind, const char *in, const char *want)
{
	struct buf out = { 0 };
	const char *why = NULL;
	int n = raw_clean(&out, kind, in, ANA, &why);

	buf_addc(&out, '\0');
	if (want == NULL && n < 0 && why != NULL && buf_len(&out) == 1) {
		buf_free(&out);
		return;
	}
	if (want == NULL || n < 0)
		fail_msg("%s: %d, %s", in, n, why ? why : "-");
	assert_string_equal(buf_data(&out), want);
	buf_free(&out);
}

static void
xml(void **state)
{
	static const char *const refused[] = {
		"<a xmlns='x'/><b xmlns='y'/>", "<a/>",
		"<query xmlns='jabber:iq:roster'/>", "<a xmlns='x'>", "</a>",
		"<a xmlns='x'/></iq>", "</iq>", "</iq><iq>",
		"</iq><message><body>x</body></message><iq>",
		"</iq></stream:stream>", "<?x?><a xmlns='x'/>",
		"<!-- --><a xmlns='x'/>", "<!DOCTYPE a><a xmlns='x'/>",
		"<a xmlns='x'>&bomb;</a>", "<a xmlns='x'>\x01</a>",
		"<a xmlns='x'>\xff</a>", "<xml:a/>",
		"<a xmlns='x'><b/><c><xml:d/></c></a>",
	};
	char *big = xmalloc(PASSING_MAX + 64);

	(void)state;
	cleaned(PASSING_IQ, JINGLE, JINGLE);
	cleaned(PASSING_IQ, "<jingle xmlns='urn:xmpp:jingle:1' initiator='a@b' "
	    "sid='s' responder='c@d'><content initiator='x'/></jingle>",
	    "<jingle xmlns='urn:xmpp:jingle:1' sid='s'>"
	    "<content initiator='x'/></jingle>");
	cleaned(PASSING_IQ, "", "");
	cleaned(PASSING_IQ, " <p:a xmlns:p='x' p:q='1' xml:lang='de'><p:b>&lt;"
	    "</p:b></p:a> words", "<a xmlns='x' xmlns:a1='x' a1:q='1' "
	    "xml:lang='de'><b>&lt;</b></a>");
	cleaned(PASSING_IQ, "<a xmlns='x'><b xmlns=''/></a>",
	    "<a xmlns='x'><b xmlns=''/></a>");
	for (size_t i = 0; i < LENGTH(refused); i++)
		cleaned(PASSING_IQ, refused[i], NULL);
	/* Of a message only what nobody else takes care of. */
	cleaned(PASSING_MESSAGE, "<body>x</body><active xmlns='" NS_CHATSTATES
	    "'/><e xmlns='omemo'/><received xmlns='" NS_CARBONS "'/>"
	    "<f xmlns='g'/>", "<e xmlns='omemo'/><f xmlns='g'/>");
	/* What cannot be written takes the rest with it. */
	cleaned(PASSING_MESSAGE, "<f xmlns='g'/><xml:a/>", NULL);
	cleaned(PASSING_PRESENCE, "<f xmlns='g'><xml:a/></f>", NULL);
	/* An error keeps its own conditions. */
	cleaned(PASSING_ERROR, "<error type='cancel'><conflict xmlns='" NS_STANZAS
	    "'/><own xmlns='x'/></error>", "<error type='cancel'><conflict "
	    "xmlns='" NS_STANZAS "'/><own xmlns='x'/></error>");
	cleaned(PASSING_ERROR, "<error/>", "");
	cleaned(PASSING_ERROR, "<body/>", "");
	snprintf(big, PASSING_MAX + 64, "<a xmlns='x'>%0*d</a>", PASSING_MAX, 0);
	cleaned(PASSING_IQ, big, NULL);
	/* What grows when it is written. */
	memset(big + 13, '"', PASSING_MAX / 2);
	strcpy(big + 13 + PASSING_MAX / 2, "</a>");
	cleaned(PASSING_IQ, big, NULL);
	free(big);
}

static void
too_deep(void **state)
{
	(void)state;
	for (unsigned depth = PASSING_DEPTH_MAX; depth <= 100; depth++) {
		struct buf in = { 0 }, out = { 0 };
		const char *why;
		int n;

		buf_adds(&in, "<a xmlns='x'>");
		for (unsigned i = 1; i < depth; i++)
			buf_adds(&in, "<b>");
		for (unsigned i = 1; i < depth; i++)
			buf_adds(&in, "</b>");
		buf_add(&in, "</a>", 5);
		n = raw_clean(&out, PASSING_IQ, buf_data(&in), ANA, &why);
		assert_int_equal(n, depth == PASSING_DEPTH_MAX ? 1 : -1);
		buf_free(&in);
		buf_free(&out);
	}
}

/* ---------------------------------------------------------------------- down */

static void
jabber(void)
{
	can("raw");
	can("rooms");
	can("room_prefixes=#");
	log_in();
	forget();
}

/* Jingle goes to bob, is asked as that of a resource, and is answered so. */
static void
asks(const char *to, const char *resource, const char *code,
    const union result *result)
{
	char *asked = xasprintf("stanza iq set -|bob %s|" JINGLE, resource);

	come("<iq type='set' id='7' to='bob@" GW "%s'>" JINGLE "</iq>", to);
	expect_nothing();
	answer(asked, code, result);
	free(asked);
}

static void
down(void **state)
{
	union result r = { .stanza = { .xml = JINGLE } };

	(void)state;
	jabber();
	asks("/home", "home", NULL, &r);
	expect("type='result'", "from='bob@" GW "/home'", "to='" PC "'",
	    "id='7'", JINGLE);
	/* The contact itself, and any of its clients. */
	asks("", "-", NULL, NULL);
	expect("type='result'", "from='bob@" GW "'", "id='7'");
	asks("/bot", "", ERR_TIMEOUT, NULL);
	expect("type='error'", "id='7'", "<remote-server-timeout ");
	asks("/x", "x", ERR_LOST, NULL);
	expect("type='error'", "<remote-server-timeout ");
	/* The other side's error, as it is. */
	r.stanza.type = "error";
	r.stanza.xml = "<error type='cancel'><item-not-found xmlns='"
	    NS_STANZAS "'/><unknown-session xmlns='urn:j'/></error>";
	asks("/x", "x", NULL, &r);
	expect("type='error'", "<unknown-session xmlns='urn:j'/>");
	/* Garbage. */
	r.stanza.type = NULL;
	r.stanza.xml = "</iq></stream:stream>";
	asks("/x", "x", NULL, &r);
	expect("type='error'", "<undefined-condition ");
	expect_no("</stream");
	assert_int_equal(ana()->inflight, 0);
	expect_nothing();
}

static void
not_down(void **state)
{
	static const char *const stanzas[] = {
		"<iq type='get' id='1' to='bob@" GW "'><query xmlns='"
		    NS_ROSTER "'/></iq>",
		"<iq type='set' id='1' to='bob@" GW "'><query xmlns='"
		    NS_REGISTER "'/></iq>",
		"<iq type='set' id='1' to='bob@" GW "'>" JINGLE JINGLE "</iq>",
		"<iq type='set' id='1' to='" GW "'>" JINGLE "</iq>",
		"<iq type='set' id='1' to='#cats@" GW "/al'>" JINGLE "</iq>",
		"<iq type='bogus' id='1' to='bob@" GW "'>" JINGLE "</iq>",
		"<iq type='get' id='1' to='bob@" GW "'/>",
	};

	(void)state;
	jabber();
	for (size_t i = 0; i < LENGTH(stanzas); i++) {
		come("%s", stanzas[i]);
		expect("type='error'", "<service-unavailable ");
		expect_did("");
	}
	ana()->inflight = kit.config.inflight_max;
	come("<iq type='set' id='9' to='bob@" GW "/bot'>" JINGLE "</iq>");
	expect("type='error'", "<resource-constraint ");
	ana()->inflight = 0;
	expect_did("");
}

/* As before, where the network has no such feature. */
static void
without(void **state)
{
	union params p = { .stanza_up = { .user = ANA, .peer = "bob",
		.kind = "iq", .type = "get", .xml = BUNDLE } };

	(void)state;
	log_in();
	forget();
	come("<iq type='set' id='9' to='bob@" GW "/bot'>" JINGLE "</iq>");
	expect("<service-unavailable ");
	come("<iq type='get' id='1' to='bob@" GW "'><query xmlns='"
	    NS_DISCO_INFO "'/></iq>");
	expect("category='client'");
	expect_did("");
	come("<message id='3' to='bob@" GW "'><a xmlns='b'/></message>");
	expect_did("");
	come("<message id='3' to='bob@" GW "'><body>x</body><a xmlns='b'/>"
	    "</message>");
	expect_did("send chat bob x");
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("refuse 1 77 not_supported");
}

#define DISCO "<query xmlns='" NS_DISCO_INFO "'/>"

static void
discovery(void **state)
{
	union result r = { .stanza = { .xml = "<query xmlns='" NS_DISCO_INFO
	    "'><feature var='cats'/></query>" } };

	(void)state;
	jabber();
	come("<iq type='get' id='1' to='bob@" GW "/home'>" DISCO "</iq>");
	answer("stanza iq get -|bob home|" DISCO, NULL, &r);
	expect("type='result'", "id='1'", "<feature var='cats'/>");
	/* Nobody answers there: we do. */
	come("<iq type='get' id='2' to='bob@" GW "/home'>" DISCO "</iq>");
	answer("stanza iq get -|bob home|" DISCO, ERR_TIMEOUT, NULL);
	expect("type='result'", "id='2'", "to='" PC "'",
	    "from='bob@" GW "/home'", "category='client'");
	did();
	/* What our own hash in presence stands for. */
	come("<iq type='get' id='3' to='bob@" GW "/bot'><query xmlns='"
	    NS_DISCO_INFO "' node='spectrum#%s'/></iq>",
	    caps_of_contacts(kit.gw));
	expect("type='result'", "id='3'", "category='client'");
	come("<iq type='get' id='4' to='" GW "'>" DISCO "</iq>");
	expect("category='gateway'");
	expect_did("");
}

/* What a room is decides whether clients encrypt in it. */
static void
rooms_kind(void **state)
{
	static const char info[] = "<query xmlns='" NS_DISCO_INFO "'>"
	    "<feature var='muc_membersonly'/><feature var='muc_hidden'/>"
	    "<feature var='urn:xmpp:mam:2'/></query>";
	union params self = { .room_occupant = { .user = ANA,
		.room = "#cats", .nick = "ana1", .self = TRI_TRUE } };
	union result joined = { .room_join = { .nick = "ana1" } };
	union result r = { .stanza = { .xml = info } };

	(void)state;
	jabber();
	come("<presence to='#cats@" GW "/ana1'><x xmlns='" NS_MUC "'/>"
	    "</presence>");
	tell(METHOD_room_occupant, &self);
	answer("room_join", NULL, &joined);
	forget();
	for (int i = 0; i < 3; i++) {
		come("<iq type='get' id='r' to='#cats@" GW "'>" DISCO "</iq>");
		expect_nothing();
		if (i == 2)
			r.stanza.xml = "</iq>";
		answer("stanza iq get -|#cats -|" DISCO, i == 1 ?
		    ERR_NOT_SUPPORTED : NULL, &r);
		expect("type='result'", "id='r'", "to='" PC "'", "conference",
		    i == 0 ? "'muc_membersonly'" : "'muc_open'",
		    i == 0 ? "'muc_hidden'" : "'muc_public'",
		    "'muc_nonanonymous'", "roominfo_occupants");
		if (i == 0)
			expect_no("'muc_open'");
		expect_no(NS_MAM "'");
	}
	assert_int_equal(ana()->inflight, 0);
	did();
	/* From outside it is the network that answers. */
	come("<iq type='get' id='s' from='" PHONE "' to='#cats@" GW "'>" DISCO
	    "</iq>");
	expect("'muc_open'");
	expect_did("");
}

/* ------------------------------------------------------------------------ up */

static void
up(void **state)
{
	union params p = { .stanza_up = { .user = ANA, .peer = "bob",
		.kind = "iq", .type = "set", .resource = "home",
		.xml = JINGLE } };

	(void)state;
	jabber();
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect("<iq type='set'", "from='bob@" GW "/home'", "to='" PC "'",
	    JINGLE);
	come("<iq type='result' id='%s-%lu' to='bob@" GW "/home'>"
	    JINGLE "</iq>", kit.gw->iq_token, kit.gw->iq_serial);
	expect_did("answer 1 77 result " JINGLE);
	p.stanza_up.client = "pc";
	p.stanza_up.resource = NULL;
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect("from='bob@" GW "'", "to='" PC "'");
	come("<iq type='error' id='%s-%lu' to='bob@" GW "'>" JINGLE
	    "<error type='cancel'><conflict xmlns='" NS_STANZAS "'/></error>"
	    "</iq>", kit.gw->iq_token, kit.gw->iq_serial);
	expect_did("answer 1 77 error <error type='cancel'><conflict xmlns='"
	    NS_STANZAS "'/></error>");
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	assert_int_equal(ana()->asking, 1);
	kit.seen = kit.nsent;
	iq_fail_all(kit.gw);
	expect_did("refuse 1 77 timeout");
	assert_int_equal(ana()->asking, 0);
	/* A loud network waits. */
	ana()->asking = 64;
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("refuse 1 77 rate_limited");
	ana()->asking = 0;
	expect_nothing();
}

/* ------------------------------------------------------------------ messages */

#define OMEMO "<encrypted xmlns='omemo'><payload>x</payload></encrypted>"
#define HINT "<store xmlns='" NS_HINTS "'/>"

static void
messages_down(void **state)
{
	char *big = xmalloc(PASSING_MESSAGE_MAX + 1);

	(void)state;
	jabber();
	come("<message type='chat' id='1' to='bob@" GW "/home'><body>hm</body>"
	    "<active xmlns='" NS_CHATSTATES "'/>" OMEMO HINT "</message>");
	answer("send chat bob/home hm + " OMEMO HINT, NULL, NULL);
	come("<message type='chat' id='2' to='bob@" GW "'><body>hm</body>"
	    "<request xmlns='" NS_RECEIPTS "'/></message>");
	answer("send chat bob hm", NULL, NULL);
	/* Without words. */
	come("<message id='3' to='bob@" GW "/home'>" OMEMO HINT "</message>");
	answer("stanza message normal -|bob home|" OMEMO HINT, NULL, NULL);
	expect_nothing();
	come("<message type='chat' id='4' to='bob@" GW "'>" OMEMO
	    "</message>");
	answer("stanza message chat -|bob -|" OMEMO, ERR_NOT_FOUND, NULL);
	expect("<message type='error'", "id='4'", "<item-not-found ");
	did();
	come("<message id='5' to='bob@" GW "'>" HINT "</message>");
	come("<message id='5' to='bob@" GW "'><active xmlns='"
	    NS_CHATSTATES "'/>" HINT "</message>");
	come("<message id='5' type='error' to='bob@" GW "'>" OMEMO
	    "</message>");
	come("<message id='5' to='bob@" GW "'><received xmlns='" NS_CARBONS
	    "'/></message>");
	expect_did("");
	expect_nothing();
	memset(big, 'x', PASSING_MESSAGE_MAX);
	big[PASSING_MESSAGE_MAX] = '\0';
	come("<message id='6' to='bob@" GW "'><body>x</body><a xmlns='y'>%s"
	    "</a></message>", big);
	expect("<message type='error'", "id='6'", "<policy-violation ");
	expect_did("");
	assert_int_equal(ana()->inflight, 0);
	free(big);
}

static void
messages_up(void **state)
{
	union params p = { .stanza_up = { .user = ANA, .peer = "bob",
		.kind = "message", .type = "chat", .resource = "home",
		.id = "m", .xml = "<body>x</body>" OMEMO } };
	union params m = { .message = { .user = ANA, .from = "bob",
		.kind = "chat", .body = "hm", .lang = "de",
		.extra = "<body>2</body>" OMEMO } };

	(void)state;
	jabber();
	tell(METHOD_message, &m);
	expect(" xml:lang='de'>", "<body>hm</body>", OMEMO);
	expect_no("<body>2");
	m.message.extra = "</message><message>";
	tell(METHOD_message, &m);
	expect("<body>hm</body>");
	expect_no("</message><message>");
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect("<message from='bob@" GW "/home' to='" ANA "' type='chat' "
	    "id='m'>" OMEMO "</message>");
	expect_did("answer 1 77 - -");
	p.stanza_up.client = "pc";
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect("to='" PC "'");
	did();
	p.stanza_up.type = "error";
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("refuse 1 77 bad_request");
	p.stanza_up.xml = "<error type='cancel'><gone xmlns='" NS_STANZAS
	    "'/></error>";
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect("to='" PC "' type='error' id='m'><error type='cancel'><gone ");
	did();
	p.stanza_up.client = NULL;
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("refuse 1 77 bad_request");
	p.stanza_up.xml = OMEMO;
	p.stanza_up.type = "chat";
	kit.deaf = true;
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("refuse 1 77 not_found");
	kit.deaf = false;
	expect_nothing();
}

/* Whoever is away hears later what was said, not which tune was played. */
static void
news_up(void **state)
{
	static const struct {
		const char *type;
		bool server, kept;
	} cases[] = {
		{ "headline", false, true }, { "headline", true, false },
		{ "chat", true, true }, { "normal", true, true },
	};
	union params p = { .stanza_up = { .user = ANA, .peer = "bob",
		.kind = "message", .xml = "<event xmlns='" NS_PUBSUB_EVENT
		"'/>" } };

	(void)state;
	jabber();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		p.stanza_up.type = cases[i].type;
		kit.link.server = cases[i].server;
		tell_as(1, REQUEST, METHOD_stanza_up, &p);
		expect("<message from='bob@" GW "' to='" ANA "'", "<event ");
		assert_int_equal(kit.kept, cases[i].kept);
	}
}

static char seen[8192];

static void
see(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s\n",
	    text);
}

/* What passes is no more to be read in traces than what does not. */
static void
traced(void **state)
{
	union params p = { .message = { .user = ANA, .from = "bob",
	    .kind = "chat", .body = "b", .extra = "<note xmlns='n'>diary"
	    "</note>" } };
	struct trace *t;
	const char *why;

	(void)state;
	jabber();
	for (int bodies = 0; bodies < 2; bodies++) {
		t = trace_start(kit.gw, ANA, bodies, see, NULL, &why);
		seen[0] = '\0';
		come("<iq type='set' id='9' to='bob@" GW "/bot'><command "
		    "xmlns='" NS_COMMANDS "' node='x'><x xmlns='jabber:x:data' "
		    "type='submit'><field var='pin'><value>hunter2</value>"
		    "</field></x></command></iq>");
		assert_non_null(strstr(seen, "stanza "));
		assert_non_null(strstr(seen, "xml=<command "));
		assert_null(strstr(seen, "hunter2"));
		tell(METHOD_message, &p);
		assert_non_null(strstr(seen, "extra=<note xmlns='n'>"));
		assert_int_equal(strstr(seen, "diary") != NULL, bodies);
		p.message.extra = "<x type=\"submit\" xmlns=\"jabber:x:data\">"
		    "<value>hunter2</value></x>";
		tell(METHOD_message, &p);
		assert_non_null(strstr(seen, "extra=<x type=\"submit\""));
		assert_null(strstr(seen, "hunter2"));
		p.message.extra = "<note xmlns='n'>diary</note>";
		trace_stop(t);
	}
}

/* What the user has said elsewhere. */
static void
own_up(void **state)
{
	union params p = { .stanza_up = { .user = ANA, .peer = "bob",
		.kind = "message", .type = "chat", .resource = "home",
		.id = "m", .carbon = true, .xml = "<body>x</body>" OMEMO } };

	(void)state;
	jabber();
	/* Nobody could tell it from what bob says. */
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("answer 1 77 - -");
	expect_nothing();
	kit.link.server = true;
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("answer 1 77 - -");
	expect("to='" PC "'", "<sent xmlns='" NS_CARBONS "'><forwarded xmlns='"
	    NS_FORWARD "'><message ", "from='" ANA "' to='bob@" GW "/home' "
	    "type='chat' id='m'>" OMEMO "</message></forwarded></sent>");
	p.stanza_up.xml = "<error type='cancel'><gone xmlns='" NS_STANZAS
	    "'/></error>";
	p.stanza_up.type = "error";
	p.stanza_up.client = "pc";
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("refuse 1 77 bad_request");
}

static void
not_up(void **state)
{
	static const struct {
		const char *kind, *type, *client, *peer, *xml, *code;
	} cases[] = {
		{ "iq", "set", "gone", "bob", JINGLE, "not_found" },
		{ "iq", "result", NULL, "bob", JINGLE, "bad_request" },
		{ "iq", "set", NULL, "", JINGLE, "not_found" },
		{ "iq", "set", NULL, "bob", "<query xmlns='" NS_ROSTER "'/>",
		    "bad_request" },
		{ "iq", "set", NULL, "bob", "</iq></stream:stream>",
		    "bad_request" },
		{ "iq", "set", NULL, "bob", "", "bad_request" },
		{ "message", "chat", "gone", "bob", OMEMO, "not_found" },
		{ "message", "groupchat", NULL, "bob", OMEMO, "bad_request" },
		{ "message", "chat", NULL, "bob", "<body>x</body>",
		    "bad_request" },
		{ "presence", "chat", NULL, "bob", OMEMO, "not_supported" },
	};

	(void)state;
	jabber();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		union params p = { .stanza_up = { .user = ANA,
			.kind = cases[i].kind, .type = cases[i].type,
			.client = cases[i].client, .peer = cases[i].peer,
			.xml = cases[i].xml } };
		const char *said;

		tell_as(1, REQUEST, METHOD_stanza_up, &p);
		said = did();
		if (strncmp(said, "refuse 1 77 ", 12) != 0 ||
		    strcmp(said + 12, cases[i].code) != 0)
			fail_msg("%zu: %s", i, said);
		expect_nothing();
	}
}

/* --------------------------------------------------------- the own account */

#define PUBLISH "<pubsub xmlns='" NS_PUBSUB "'><publish node='omemo'/>" \
	"<publish-options/></pubsub>"
#define OWNER "<pubsub xmlns='" NS_PUBSUB_OWNER "'><delete node='omemo'/>" \
	"</pubsub>"

static void
account(void **state)
{
	static const char *const nodes[] = {
		"publish node='" NS_AVATAR_META "'", "items node='"
		NS_AVATAR_DATA "'", "retract node='" NS_AVATAR_META "'",
		"items node='" NS_VCARD4_NODE "'",
	};
	union result r = { .stanza = { .xml = OWNER } };

	(void)state;
	jabber();
	kit.link.server = true;
	kit.config.jid = "example.org";
	come("<iq type='set' id='1' to='" ANA "'>" PUBLISH "</iq>");
	answer("stanza iq set -| -|" PUBLISH, NULL, NULL);
	expect("type='result'", "from='" ANA "'", "to='" PC "'", "id='1'");
	come("<iq type='get' id='2' to='" ANA "'>" BUNDLE "</iq>");
	answer("stanza iq get -| -|" BUNDLE, ERR_TIMEOUT, NULL);
	expect("type='error'", "<remote-server-timeout ");
	come("<iq type='set' id='3' to='" ANA "'>" OWNER "</iq>");
	answer("stanza iq set -| -|" OWNER, NULL, &r);
	expect("type='result'", "id='3'", OWNER);
	/* Only what is about nodes comes back, either. */
	r.stanza.xml = "<query xmlns='" NS_ROSTER "'/>";
	come("<iq type='set' id='4' to='" ANA "'>" PUBLISH "</iq>");
	answer("stanza iq set -| -|" PUBLISH, NULL, &r);
	expect("type='error'", "<undefined-condition ");
	come("<iq type='get' id='5' to='" ANA "'>" DISCO "</iq>");
	expect("category='pubsub' type='pep'", NS_PUBSUB "#publish-options'");
	did();
	for (size_t i = 0; i < LENGTH(nodes); i++) {
		come("<iq type='set' id='6' to='" ANA "'><pubsub xmlns='"
		    NS_PUBSUB "'><%s/></pubsub></iq>", nodes[i]);
		expect("type='error'");
		expect_did("");
	}
	/* Nothing else about the account, and no node of others. */
	come("<iq type='set' id='7' to='" ANA "'>" JINGLE "</iq>");
	expect("<service-unavailable ");
	come("<iq type='set' id='8' to='bob@example.org'>" OWNER "</iq>");
	expect("<service-unavailable ");
	come("<iq type='set' id='9' to='example.org'>" PUBLISH "</iq>");
	expect("<service-unavailable ");
	expect_did("");
	/* A session that is being brought back is worth waiting for. */
	session_lost(ana(), "it died");
	come("<iq type='set' id='1' to='" ANA "'>" PUBLISH "</iq>");
	expect("type='error'", "type='wait'", "<recipient-unavailable ");
	ana()->guest = true;
	come("<iq type='set' id='1' to='" ANA "'>" PUBLISH "</iq>");
	expect("type='error'");
	ana()->guest = false;
	expect_nothing();
}

#define EVENT "<event xmlns='" NS_PUBSUB_EVENT "'><items node='omemo'/></event>"

static void
account_up(void **state)
{
	union params p = { .stanza_up = { .user = ANA, .peer = "",
		.kind = "message", .type = "headline",
		.xml = EVENT OMEMO } };

	(void)state;
	jabber();
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("answer 1 77 - -");
	expect_nothing();
	kit.link.server = true;
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("answer 1 77 - -");
	expect("<message from='" ANA "' to='" ANA "' type='headline'>" EVENT
	    "</message>");
	/* Nobody else speaks for the account. */
	p.stanza_up.xml = OMEMO;
	tell_as(1, REQUEST, METHOD_stanza_up, &p);
	expect_did("refuse 1 77 bad_request");
	expect_nothing();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(namespaces),
		gateway_test(xml),
		gateway_test(too_deep),
		gateway_test(down),
		gateway_test(not_down),
		gateway_test(without),
		gateway_test(discovery),
		gateway_test(rooms_kind),
		gateway_test(up),
		gateway_test(messages_down),
		gateway_test(messages_up),
		gateway_test(news_up),
		gateway_test(traced),
		gateway_test(own_up),
		gateway_test(not_up),
		gateway_test(account),
		gateway_test(account_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
