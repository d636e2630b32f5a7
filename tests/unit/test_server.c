/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* The server against clients that are played by hand. */
#include "tests/unit/server_kit.h"

static void
logs_in(void **state)
{
	struct peer p;

	(void)state;
	start((struct server_config){ 0 });
	assert_true(link_is_server(t.link));
	assert_true(link_is_up(t.link));
	assert_string_equal(link_domain(t.link), "irc.example");
	assert_int_equal(server_tls_port(t.link), 0);
	wait_for(t.ups == 1);
	open_stream(&p);
	peer_expect(&p, "' from='irc.example' version='1.0' xml:lang='en'>"
	    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:"
	    "xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
	    "</stream:features>");
	t.answer = NULL;
	peer_send(&p, AUTH(ANA_PW) " \n");
	wait_for(count(&t.seen, "{ana@irc.example:pw}") == 1);
	assert_null(strstr(peer_text(&p), "success"));
	link_login_result(t.link, t.id + 1, NULL, NULL);
	link_login_result(t.link, t.id, NULL, NULL);
	link_login_result(t.link, t.id, NULL, NULL);
	peer_expect(&p, "<success ");
	peer_forget(&p);
	peer_send(&p, "\n" HEADER);
	peer_expect(&p, "<stream:features><bind "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
	    "<sm xmlns='urn:xmpp:sm:3'/></stream:features>");
	assert_int_equal(link_clients(t.link, "ana@irc.example"), 0);
	peer_send(&p, BIND("Home"));
	peer_expect(&p, "<iq type='result' id='b'><bind "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>"
	    "ana@irc.example/Home</jid></bind></iq>");
	assert_int_equal(link_clients(t.link, "ana@irc.example"), 1);
	peer_send(&p, "<iq type='set' id='s' to='irc.example'><session "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
	peer_expect(&p, "<iq type='result' from='irc.example' id='s'/>");
	peer_send(&p, "<presence/></stream:stream>");
	peer_expect(&p, "</stream:stream>");
	peer_expect_end(&p);
	wait_for(count(&t.seen, "(gone ana@irc.example/Home)") == 1);
	assert_int_equal(link_clients(t.link, "ana@irc.example"), 0);
	assert_string_equal(text_of(&t.seen), "{ana@irc.example:pw}"
	    "[ana@irc.example/Home>irc.example <presence/>]"
	    "(gone ana@irc.example/Home)");
	peer_close(&p);
}

static void
drips(void **state)
{
	struct peer p;

	(void)state;
	start((struct server_config){ 0 });
	peer_connect(&p, server_port(t.link));
	peer_drip(&p, HEADER);
	peer_drip(&p, AUTH(ANA_PW));
	peer_expect(&p, "<success ");
	peer_drip(&p, HEADER);
	peer_expect(&p, "<bind ");
	peer_drip(&p, BIND("a&amp;b"));
	peer_expect(&p, "/a&amp;b</jid>");
	peer_drip(&p, "<message to='x@irc.example'><body>a&lt;</body>"
	    "</message>");
	wait_for(count(&t.seen, "[ana@irc.example/a&b>x@irc.example "
	    "<message to='x@irc.example'><body>a&lt;</body></message>]") == 1);
	peer_close(&p);
}

/* Everything that is no stream for us ends with the right error, one line in
 * the log and nothing else. */
static void
bad_headers(void **state)
{
	static const struct { const char *in, *condition; } rows[] = {
		{ "<stream:stream xmlns='jabber:client' to='other.example' "
		    "version='1.0' xmlns:stream='http://etherx.jabber.org/"
		    "streams'>", ERROR("host-unknown") },
		{ "<stream:stream xmlns='jabber:client' to='a@irc.example' "
		    "version='1.0' xmlns:stream='http://etherx.jabber.org/"
		    "streams'>", ERROR("host-unknown") },
		{ "<stream:stream xmlns='jabber:client' "
		    "version='1.0' xmlns:stream='http://etherx.jabber.org/"
		    "streams'>", ERROR("improper-addressing") },
		{ "<stream:stream xmlns='jabber:client' to='irc.example' "
		    "xmlns:stream='http://etherx.jabber.org/streams'>",
		    ERROR("unsupported-version") },
		{ "<stream:stream xmlns='jabber:server' to='irc.example' "
		    "version='1.0' xmlns:stream='http://etherx.jabber.org/"
		    "streams'>", ERROR("invalid-namespace") },
		{ "GET / HTTP/1.1\r\n\r\n", ERROR("not-well-formed") },
		{ "\x16\x03\x01\x02", ERROR("not-well-formed") },
		{ "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
		    ERROR("restricted-xml") },
		{ "\xff\xfe<", ERROR("unsupported-encoding") },
		{ HEADER "<iq type='get' id='1'><query xmlns='jabber:iq:auth'/>"
		    "</iq>", ERROR("not-authorized") },
		{ HEADER "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
		    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
		    "</stream:stream>" },
		{ HEADER "<message><!-- -->", ERROR("restricted-xml") },
		{ HEADER "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
		    ERROR("not-authorized") },
	};
	struct peer p;

	(void)state;
	start((struct server_config){ 0 });
	for (size_t i = 0; i < LENGTH(rows); i++) {
		buf_clear(&logged);
		peer_connect(&p, server_port(t.link));
		peer_send(&p, rows[i].in);
		peer_expect(&p, "<?xml version='1.0'?><stream:stream xmlns="
		    "'jabber:client'");
		peer_expect(&p, rows[i].condition);
		peer_expect(&p, "</stream:stream>");
		peer_expect_end(&p);
		if (count(&logged, "\n") != 1)
			fail_msg("%zu: %s", i, text_of(&logged));
		peer_close(&p);
	}
	assert_string_equal(text_of(&t.seen), "");
}

static void
sasl(void **state)
{
	static const struct {
		const char *name, *in, *want, *seen;
	} rows[] = {
		{ "not base64", AUTH("!!!!"), "<incorrect-encoding/>", "" },
		{ "cut", AUTH("AGFuYQBwdw="), "<incorrect-encoding/>", "" },
		{ "bits left over", AUTH("AGFuYQBwdx=="),
		    "<incorrect-encoding/>", "" },
		{ "line end inside", AUTH("AGFuY\nBwdw=="),
		    "<incorrect-encoding/>", "" },
		{ "nothing", AUTH("="), "<malformed-request/>", "" },
		{ "no nul", AUTH("YW5h"), "<malformed-request/>", "" },
		{ "one nul", AUTH("AGFuYQ=="), "<malformed-request/>", "" },
		{ "three nuls", AUTH("AGFuYQBwdwA="), "<malformed-request/>",
		    "" },
		{ "no name", AUTH("AABwdw=="), "<malformed-request/>", "" },
		{ "bad utf-8", AUTH("AP8AcHc="), "<malformed-request/>", "" },
		{ "bad name", AUTH("AGEgYgBwdw=="), "<not-authorized/>", "" },
		{ "other domain", AUTH("AGFuYUB4AHB3"), "<not-authorized/>",
		    "" },
		{ "other authzid", AUTH("Ym9iAGFuYQBwdw=="),
		    "<invalid-authzid/>", "" },
		{ "other mechanism", "<auth xmlns='urn:ietf:params:xml:ns:"
		    "xmpp-sasl' mechanism='DIGEST-MD5'/>",
		    "<invalid-mechanism/>", "" },
		{ "no mechanism", "<auth xmlns='urn:ietf:params:xml:ns:"
		    "xmpp-sasl'/>", "<invalid-mechanism/>", "" },
		{ "refused", AUTH(ANA_PW), "<not-authorized/><text "
		    "xml:lang='en'>sorry</text></failure>",
		    "{ana@irc.example:pw}" },
		{ "full name", AUTH("AEFuYUBJUkMuZXhhbXBsZQBwdw=="),
		    "<not-authorized/>", "{ana@irc.example:pw}" },
		{ "with authzid", AUTH("YW5hQGlyYy5leGFtcGxlAEFuYQBwdw=="),
		    "<not-authorized/>", "{ana@irc.example:pw}" },
		{ "no password", AUTH("AGFuYQA="), "<not-authorized/>",
		    "{ana@irc.example:}" },
		{ "prepared", AUTH("AMOETk5FAMOE"), "<not-authorized/>",
		    "{\xc3\xa4nne@irc.example:\xc3\x84}" },
		{ "in two steps", "<auth xmlns='urn:ietf:params:xml:ns:"
		    "xmpp-sasl' mechanism='PLAIN'/><response xmlns='urn:ietf:"
		    "params:xml:ns:xmpp-sasl'>" ANA_PW "</response>",
		    "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
		    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		    "<not-authorized/>", "{ana@irc.example:pw}" },
		{ "aborted", "<auth xmlns='urn:ietf:params:xml:ns:"
		    "xmpp-sasl' mechanism='PLAIN'/><abort xmlns='urn:ietf:"
		    "params:xml:ns:xmpp-sasl'/>", "<aborted/>", "" },
	};
	struct peer p;

	(void)state;
	start((struct server_config){ 0 });
	t.answer = "not-authorized";
	for (size_t i = 0; i < LENGTH(rows); i++) {
		open_stream(&p);
		buf_clear(&t.seen);
		peer_send(&p, rows[i].in);
		peer_expect(&p, "</failure>");
		if (strstr(peer_text(&p), rows[i].want) == NULL ||
		    strcmp(text_of(&t.seen), rows[i].seen) != 0)
			fail_msg("%s: %s %s", rows[i].name, peer_text(&p),
			    text_of(&t.seen));
		/* Still good for another try. */
		t.answer = "";
		peer_send(&p, AUTH(ANA_PW));
		peer_expect(&p, "<success ");
		t.answer = "not-authorized";
		peer_close(&p);
	}
}

static void
three_tries(void **state)
{
	struct peer p;

	(void)state;
	start((struct server_config){ 0 });
	t.answer = "temporary-auth-failure";
	open_stream(&p);
	peer_send(&p, AUTH(ANA_PW) AUTH("!") AUTH(ANA_PW) AUTH(ANA_PW));
	peer_expect(&p, "<temporary-auth-failure/>");
	peer_expect(&p, ERROR("policy-violation"));
	peer_expect_end(&p);
	assert_int_equal(count(&t.seen, "{"), 2);
	peer_close(&p);
}

/* The answer comes after the client has lost interest. */
static void
abandoned_logins(void **state)
{
	struct peer p;
	uint64_t id;

	(void)state;
	start((struct server_config){ 0 });
	t.answer = NULL;
	open_stream(&p);
	peer_send(&p, AUTH(ANA_PW));
	wait_for(count(&t.seen, "{") == 1);
	id = t.id;
	peer_send(&p, "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	peer_expect(&p, "<aborted/>");
	link_login_result(t.link, id, NULL, NULL);
	peer_send(&p, AUTH(ANA_PW));
	wait_for(count(&t.seen, "{") == 2);
	link_login_result(t.link, id, NULL, NULL);
	turns(0.02);
	peer_read(&p);
	assert_null(strstr(peer_text(&p), "success"));
	peer_send(&p, "<message/>");
	peer_expect(&p, ERROR("not-authorized"));
	peer_expect_end(&p);
	link_login_result(t.link, t.id, NULL, NULL);
	peer_close(&p);

	open_stream(&p);
	peer_send(&p, AUTH(ANA_PW));
	wait_for(count(&t.seen, "{") == 3);
	peer_close(&p);
	turns(0.02);
	link_login_result(t.link, t.id, NULL, NULL);
	assert_int_equal(count(&t.seen, "gone"), 0);
}

static void
binds(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ .many_resources = true });
	authenticate(&p, AUTH(ANA_PW));
	peer_send(&p, BIND("a&#10;b"));
	peer_expect(&p, "<iq type='error' id='b'><error type='modify'>"
	    "<bad-request ");
	peer_forget(&p);
	peer_send(&p, "<iq type='set' id='c'><bind "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
	peer_expect(&p, "<jid>ana@irc.example/");
	peer_expect(&p, "</jid>");
	assert_int_equal(strlen(strstr(peer_text(&p), "<jid>")),
	    strlen("<jid>ana@irc.example/123456789012</jid></bind></iq>"));
	peer_send(&p, BIND("again"));
	peer_expect(&p, "<not-allowed ");

	enter(&q, BIND("desk"));
	assert_int_equal(link_clients(t.link, "ana@irc.example"), 2);
	peer_close(&p);
	enter(&p, BIND("desk"));
	peer_expect(&q, ERROR("conflict"));
	peer_expect_end(&q);
	peer_close(&q);
	wait_for(link_clients(t.link, "ana@irc.example") == 1);
	buf_clear(&t.seen);
	assert_int_equal(say("message", "ana@irc.example/desk"), 0);
	peer_expect(&p, "<message ");
	peer_close(&p);
	wait_for(count(&t.seen, "(gone ana@irc.example/desk)") == 1);

	authenticate(&p, AUTH(ANA_PW));
	peer_send(&p, "<message to='x@irc.example'/>");
	peer_expect(&p, ERROR("not-authorized"));
	peer_expect_end(&p);
	peer_close(&p);
}

/* Without many_resources the newest wins, and the old one's end is told before
 * the new one is there. */
static void
one_resource(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ 0 });
	enter(&p, BIND("a"));
	authenticate(&q, AUTH(ANA_PW));
	assert_int_equal(link_clients(t.link, "ana@irc.example"), 1);
	peer_send(&q, BIND("a") "<presence/>");
	peer_expect(&q, "</jid>");
	peer_expect(&p, ERROR("conflict"));
	peer_expect_end(&p);
	wait_for(count(&t.seen, "<presence/>") == 1);
	assert_string_equal(text_of(&t.seen), "{ana@irc.example:pw}"
	    "(gone ana@irc.example/a)"
	    "[ana@irc.example/a>irc.example <presence/>]");
	peer_close(&p);
	enter(&p, BIND("b"));
	peer_expect(&q, ERROR("conflict"));
	assert_int_equal(link_clients(t.link, "ana@irc.example"), 1);
	peer_close(&q);
	peer_close(&p);
}

static void
routes_in(void **state)
{
	struct peer p;

	(void)state;
	start((struct server_config){ 0 });
	enter(&p, BIND("r"));
	peer_send(&p,
	    "<message from='bob@irc.example/x' to='C@Irc.Example'/>"
	    "<message/><presence type='subscribe' to='c@other.example'/>"
	    "<iq type='get' id='1'/><iq type='get' id='2' to='irc.example'/>"
	    "<iq type='result' id='alive' to='irc.example'/>"
	    "<iq type='get' id='3' to='a b@c'/><message type='error' to='@'/>"
	    "<presence type='unavailable'/>");
	wait_for(count(&t.seen, "unavailable") == 1);
	assert_string_equal(text_of(&t.seen),
	    "[ana@irc.example/r>c@irc.example "
	    "<message from='bob@irc.example/x' to='C@Irc.Example'/>]"
	    "[ana@irc.example/r>irc.example <message/>]"
	    "[ana@irc.example/r>c@other.example "
	    "<presence type='subscribe' to='c@other.example'/>]"
	    "[ana@irc.example/r>ana@irc.example <iq type='get' id='1'/>]"
	    "[ana@irc.example/r>irc.example "
	    "<iq type='get' id='2' to='irc.example'/>]"
	    "[ana@irc.example/r>irc.example <presence type='unavailable'/>]");
	peer_expect(&p, "<iq type='error' to='ana@irc.example/r' id='3'>"
	    "<error type='modify'><jid-malformed ");
	peer_forget(&p);
	peer_send(&p, "<r xmlns='urn:xmpp:sm:2'/>");
	peer_expect(&p, ERROR("unsupported-stanza-type"));
	peer_expect_end(&p);
	wait_for(count(&t.seen, "gone") == 1);
	peer_close(&p);
}

static void
routes_out(void **state)
{
	struct peer p, q, r;

	(void)state;
	start((struct server_config){ .many_resources = true });
	assert_int_equal(say("message", "ana@irc.example"), -1);
	assert_int_equal(say("message", "ana@irc.example/p"), -1);
	enter(&p, BIND("p"));
	enter(&q, BIND("q"));
	enter(&r, BIND("r"));
	assert_int_equal(say("message", "ana@irc.example"), -1);
	assert_int_equal(say("message", "ana@irc.example/r"), 0);
	peer_send(&p, "<presence><priority>5</priority></presence>");
	peer_send(&q, "<presence><priority>-1</priority></presence>");
	wait_for(count(&t.seen, "</presence>") == 2);
	assert_int_equal(say("message", "ana@irc.example"), 0);
	assert_int_equal(say("presence", "ana@irc.example"), 0);
	assert_int_equal(say("iq", "ana@irc.example"), -1);
	assert_int_equal(say("iq", "ana@irc.example/q"), 0);
	peer_expect(&p, "<message to='ana@irc.example'/>"
	    "<presence to='ana@irc.example'/>");
	peer_expect(&q, "<presence to='ana@irc.example'/>"
	    "<iq to='ana@irc.example/q'/>");
	peer_expect(&r, "<message to='ana@irc.example/r'/>");
	assert_null(strstr(peer_text(&q), "<message"));
	assert_null(strstr(peer_text(&r), "<presence"));
	peer_send(&p, "<presence type='unavailable'/>");
	wait_for(count(&t.seen, "unavailable") == 1);
	assert_int_equal(say("message", "ana@irc.example"), -1);
	link_begin(t.link);
	link_abort(t.link);
	assert_int_equal(say("iq", "ana@irc.example/p"), 0);
	peer_expect(&p, "<iq to='ana@irc.example/p'/>");
	peer_close(&p);
	peer_close(&q);
	peer_close(&r);
}

static int
say_kept(const char *to, const char *id)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, "message");
	xml_attr(x, "to", to);
	xml_attr(x, "id", id);
	xml_close(x);
	return link_end(t.link, to, LINK_KEEP);
}

/* What comes before the user's client can take it is not lost, and comes once,
 * in order, to whoever is there first. */
static void
keeps_messages(void **state)
{
	struct peer p, q;
	char big[2000];

	(void)state;
	start((struct server_config){ .many_resources = true,
	    .queue_max = 262144 });
	assert_int_equal(say_kept("ana@irc.example", "a"), 0);
	enter(&p, BIND("p"));
	enter(&q, BIND("q"));
	assert_int_equal(say_kept("ana@irc.example", "b"), 0);
	assert_int_equal(say_kept("ana@irc.example/gone", "c"), -1);
	peer_send(&q, "<presence><priority>-1</priority></presence>");
	wait_for(count(&t.seen, "</presence>") == 1);
	peer_send(&p, "<presence/>");
	peer_expect(&p, "<message to='ana@irc.example' id='a'/>"
	    "<message to='ana@irc.example' id='b'/>");
	assert_int_equal(say_kept("ana@irc.example", "d"), 0);
	peer_expect(&p, "<message to='ana@irc.example' id='d'/>");
	assert_null(strstr(peer_text(&q), "<message"));
	peer_close(&p);
	peer_close(&q);
	/* Bounded, and the one who sends is told. */
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		assert_int_equal(say_kept("bob@irc.example", big), 0);
	for (int i = 0; i < 100; i++)
		(void)say_kept("bob@irc.example", big);
	assert_int_equal(say_kept("bob@irc.example", big), -1);
}

static void
closes(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ .many_resources = true });
	enter(&p, BIND("p"));
	enter(&q, BIND("q"));
	link_close(t.link, "ana@irc.example/p", "conflict", "You < me");
	assert_int_equal(buf_len(&t.seen), 0);	/* not from inside */
	link_close(t.link, "ana@irc.example/p", NULL, NULL);
	link_close(t.link, "nobody@irc.example", NULL, NULL);
	peer_expect(&p, ERROR("conflict") "<text xmlns='urn:ietf:params:xml:"
	    "ns:xmpp-streams' xml:lang='en'>You &lt; me</text>"
	    "</stream:error></stream:stream>");
	peer_expect_end(&p);
	peer_close(&p);
	enter(&p, BIND("p"));
	link_close(t.link, "ana@irc.example", NULL, NULL);
	assert_int_equal(link_clients(t.link, "ana@irc.example"), 0);
	peer_expect(&p, "</stream:stream>");
	peer_expect(&q, "</stream:stream>");
	assert_null(strstr(peer_text(&p), "error"));
	peer_expect_end(&p);
	peer_expect_end(&q);
	wait_for(count(&t.seen, "gone") == 2);
	turns(0.05);
	assert_int_equal(count(&t.seen, "gone"), 2);
	peer_close(&p);
	peer_close(&q);
}

/* One client does not read.  It goes, with one line; others do not notice. */
static void
deaf_client(void **state)
{
	struct peer p, q;
	unsigned sent = 0;
	char *text = xmalloc(10001);
	struct xml *x;

	(void)state;
	memset(text, 'z', 10000);
	text[10000] = '\0';
	start((struct server_config){ .many_resources = true,
	    .queue_max = 50000 });
	enter(&p, BIND("deaf"));
	enter(&q, BIND("good"));
	p.deaf = true;
	do {
		x = link_begin(t.link);
		xml_open(x, "message");
		xml_text(x, text);
		xml_close(x);
		assert_true(++sent < 100000);
		if (sent % 3 == 0)
			turn();
	} while (link_end(t.link, "ana@irc.example/deaf", 0) == 0);
	assert_int_equal(say("message", "ana@irc.example/deaf"), -1);
	assert_int_equal(count(&t.seen, "gone"), 0);
	wait_for(count(&t.seen, "(gone ana@irc.example/deaf)") == 1);
	assert_int_equal(count(&logged, "\n"), 1);
	assert_int_equal(count(&logged, "does not read"), 1);
	assert_int_equal(say("message", "ana@irc.example/good"), 0);
	peer_expect(&q, "<message ");
	free(text);
	peer_close(&p);
	peer_close(&q);
}

static bool
tell_big(const char *text)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, "presence");
	xml_text(x, text);
	xml_close(x);
	return link_end(t.link, "ana@irc.example/a", 0) == 0;
}

/* One that reads much at once slowly gets all of it; one that stops in the
 * middle goes. */
static void
slow_client(void **state)
{
	struct peer p;
	char text[1001];

	(void)state;
	memset(text, 'z', 1000);
	text[1000] = '\0';
	start((struct server_config){ .queue_max = 300000, .patience = 0.2 });
	enter(&p, BIND("a"));
	p.deaf = true;
	for (int i = 0; i < 4400; i++)
		assert_true(tell_big(text));
	p.deaf = false;
	for (size_t got = 0; got < 4400 * sizeof(text); turn()) {
		peer_read(&p);
		got += buf_len(&p.in);
		buf_clear(&p.in);
	}
	p.deaf = true;
	while (count(&t.seen, "(gone ana@irc.example/a)") == 0) {
		for (int i = 0; i < 32; i++)
			tell_big(text);
		turn();
	}
	assert_int_equal(count(&logged, "does not read"), 1);
	peer_close(&p);
}

/* What a logged-in client may try: it goes, the other one stays. */
static void
hostile_clients(void **state)
{
	static const struct { const char *text; unsigned times; const char
	    *condition; } rows[] = {
		{ "<a>", 100000, ERROR("policy-violation") },
		{ "<message>0123456789", 1000000, ERROR("policy-violation") },
		{ "<message><body>]]>", 1, ERROR("not-well-formed") },
		{ "<!DOCTYPE x>", 1, ERROR("not-well-formed") },
		{ "<?php x?>", 1, ERROR("restricted-xml") },
		{ "<message a='\xff'/>", 1, ERROR("not-well-formed") },
		{ "x", 1, ERROR("bad-format") },
	};
	struct peer good, p;
	struct buf b = { 0 };

	(void)state;
	start((struct server_config){ .many_resources = true });
	enter(&good, BIND("good"));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		enter(&p, BIND("bad"));
		for (unsigned k = 0; k < rows[i].times; k++)
			buf_adds(&b, rows[i].text);
		peer_send_bytes(&p, buf_data(&b), buf_len(&b));
		buf_free(&b);
		peer_expect(&p, rows[i].condition);
		wait_for(count(&t.seen, "(gone ana@irc.example/bad)") == 1);
		if (count(&logged, "\n") != 1)
			fail_msg("%zu: %s", i, text_of(&logged));
		peer_close(&p);
	}
	peer_send(&good, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	peer_close(&good);
}

static void
crowds(void **state)
{
	struct peer p[6];

	(void)state;
	start((struct server_config){ .clients_max = 4,
	    .clients_per_address = 2, .many_resources = true });
	enter(&p[0], BIND("0"));
	open_stream(&p[1]);
	open_stream(&p[2]);
	for (int i = 3; i < 6; i++) {
		peer_connect(&p[i], server_port(t.link));
		peer_expect_end(&p[i]);
		peer_close(&p[i]);
	}
	assert_int_equal(count(&logged, "\n"), 1);
	assert_int_equal(count(&logged, "too many connections"), 1);
	peer_close(&p[1]);
	turns(0.02);
	enter(&p[1], BIND("1"));	/* logging in makes room */
	enter(&p[3], BIND("3"));
	peer_connect(&p[4], server_port(t.link));
	peer_expect_end(&p[4]);
	assert_int_equal(count(&logged, "limit is reached"), 1);
	for (int i = 0; i < 5; i++)
		peer_close(&p[i]);
}

static void
too_slow(void **state)
{
	struct peer p, q, r;

	(void)state;
	start((struct server_config){ .login_timeout = 0.1 });
	t.answer = NULL;
	peer_connect(&p, server_port(t.link));
	open_stream(&q);
	open_stream(&r);
	peer_send(&r, AUTH(ANA_PW));
	for (int i = 0; i < 10; i++) {
		peer_send(&p, " ");	/* activity is no progress */
		turns(0.01);
	}
	peer_expect(&p, ERROR("connection-timeout"));
	peer_expect(&q, ERROR("connection-timeout"));
	peer_expect(&r, "<temporary-auth-failure/>");
	peer_expect(&r, ERROR("connection-timeout"));
	peer_expect_end(&p);
	peer_expect_end(&q);
	peer_expect_end(&r);
	assert_int_equal(count(&logged, "\n"), 3);
	peer_close(&p);
	peer_close(&q);
	peer_close(&r);
}

static void
idle_clients(void **state)
{
	struct peer p;

	(void)state;
	start((struct server_config){ .idle_timeout = 0.1 });
	enter(&p, BIND("r"));
	for (int i = 0; i < 15; i++) {
		peer_send(&p, " ");
		turns(0.02);
	}
	peer_read(&p);
	assert_string_equal(peer_text(&p), "");
	for (int i = 0; i < 3; i++) {
		peer_expect(&p, "<iq type='get' id='alive' from='irc.example' "
		    "to='ana@irc.example/r'><ping xmlns='urn:xmpp:ping'/>"
		    "</iq>");
		peer_forget(&p);
		peer_send(&p, "<iq type='error' id='alive'/>");
	}
	assert_int_equal(buf_len(&t.seen), 0);
	peer_expect(&p, ERROR("connection-timeout"));
	peer_expect_end(&p);
	assert_int_equal(count(&t.seen, "gone"), 1);
	assert_int_equal(count(&logged, "\n"), 1);
	peer_close(&p);
}

static void
pauses(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ .many_resources = true });
	enter(&p, BIND("r"));
	link_pause(t.link);
	peer_send(&p, "<presence/>");
	peer_connect(&q, server_port(t.link));
	peer_send(&q, HEADER);
	turns(0.05);
	assert_int_equal(buf_len(&t.seen), 0);
	link_resume(t.link);
	wait_for(count(&t.seen, "<presence/>") == 1);
	peer_expect(&q, "</stream:features>");
	peer_close(&p);
	peer_close(&q);
}

static void
shuts_down(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ 0 });
	enter(&p, BIND("r"));
	peer_connect(&q, server_port(t.link));
	turns(0.02);
	assert_int_equal(say("message", "ana@irc.example/r"), 0);
	link_shutdown(t.link);
	assert_false(link_is_up(t.link));
	peer_expect(&p, "<message to='ana@irc.example/r'/>"
	    ERROR("system-shutdown") "</stream:error></stream:stream>");
	peer_expect(&q, ERROR("system-shutdown"));
	peer_expect_end(&p);
	peer_expect_end(&q);
	assert_int_equal(count(&t.seen, "gone"), 1);
	peer_close(&p);
	peer_close(&q);
	link_destroy(t.link);
	turns(0.02);
	/* With clients in every state. */
	start((struct server_config){ 0 });
	enter(&p, BIND("r"));
	t.answer = NULL;
	open_stream(&q);
	peer_send(&q, AUTH(ANA_PW));
	wait_for(count(&t.seen, "{") == 1);
	link_destroy(t.link);
	t.link = NULL;
	peer_expect_end(&p);
	peer_expect_end(&q);
	assert_int_equal(count(&t.seen, "gone"), 0);
	peer_close(&p);
	peer_close(&q);
}

static void
cannot_start(void **state)
{
	struct server_config cfg = { .domain = "irc.example",
	    .address = "127.0.0.1", .cert = "/nonexistent.pem" };
	char *why = NULL;

	(void)state;
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	assert_non_null(strstr(why, "/nonexistent.pem"));
	free(why);
	cfg.cert = NULL;
	cfg.tls_port = 1;
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	free(why);
	cfg.tls_port = 0;
	cfg.domain = "a@b";
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	free(why);
	cfg.domain = "b";
	cfg.address = "192.0.2.1";
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	free(why);
	turns(0.01);
	assert_int_equal(t.ups, 0);
}

/* ------------------------------------------------------------------- TLS */

struct tls_client_end {
	struct conn	*conn;
	struct buf	 in;
	bool		 up, closed;
};

static void
tls_up(void *ctx)
{
	((struct tls_client_end *)ctx)->up = true;
}

static void
tls_data(void *ctx, const char *data, size_t len)
{
	buf_add(&((struct tls_client_end *)ctx)->in, data, len);
}

static void
tls_closed(void *ctx, const char *why)
{
	(void)why;
	((struct tls_client_end *)ctx)->closed = true;
}

static const struct conn_events tls_events = {
	.connected = tls_up, .secured = tls_up, .data = tls_data,
	.closed = tls_closed,
};

static void
tls_send(struct tls_client_end *p, const char *text)
{
	buf_adds(conn_out(p->conn), text);
	conn_send(p->conn);
}

static void
tls_connect(struct tls_client_end *p, unsigned port, struct tls *tls)
{
	char text[8];
	struct conn_target target = { .host = "127.0.0.1", .port = text,
	    .tls = tls };

	snprintf(text, sizeof(text), "%u", port);
	*p = (struct tls_client_end){ 0 };
	p->conn = conn_connect(loop, &target, &tls_events, p);
	wait_for(p->up);
	p->up = false;
}

static void
tls_finish(struct tls_client_end *p)
{
	conn_destroy(p->conn);
	buf_free(&p->in);
	turn();
}

/* From the header to a bound resource, over what is there. */
static void
tls_login(struct tls_client_end *p)
{
	buf_clear(&p->in);
	tls_send(p, HEADER);
	wait_for(count(&p->in, "</stream:features>") == 1);
	assert_int_equal(count(&p->in, "starttls"), 0);
	assert_int_equal(count(&p->in, "PLAIN"), 1);
	tls_send(p, AUTH(ANA_PW));
	wait_for(count(&p->in, "<success ") == 1);
	tls_send(p, HEADER);
	wait_for(count(&p->in, "<bind ") == 1);
	tls_send(p, BIND("tls"));
	wait_for(count(&p->in, "ana@irc.example/tls") == 1);
	tls_send(p, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	buf_clear(&t.seen);
}

static unsigned
free_port(void)
{
	unsigned port = 0;

	close(peer_listen(&port));
	return port;
}

static void
over_tls(void **state)
{
	struct server_config cfg = { .cert = t.cert, .tls_port = free_port() };
	struct tls *tls;
	struct tls_client_end p;
	struct peer raw;
	char *why = NULL;

	(void)state;
	tls = tls_client(false, NULL, &why);
	assert_non_null(tls);
	start(cfg);
	assert_int_equal(server_tls_port(t.link), cfg.tls_port);
	tls_connect(&p, server_tls_port(t.link), tls);
	tls_login(&p);
	tls_finish(&p);

	tls_connect(&p, server_port(t.link), NULL);
	tls_send(&p, HEADER);
	wait_for(count(&p.in, "<stream:features><starttls "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms ") == 1);
	tls_send(&p, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wait_for(count(&p.in, "<proceed "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") == 1);
	conn_start_tls(p.conn, tls, "irc.example");
	wait_for(p.up);
	tls_login(&p);
	assert_int_equal(server_reload(t.link, &why), 0);
	assert_int_equal(say("message", "ana@irc.example/tls"), 0);
	wait_for(count(&p.in, "<message ") == 1);
	tls_finish(&p);
	wait_for(count(&t.seen, "gone") == 1);

	/* Bytes that came in the open behind the request are not obeyed. */
	buf_clear(&t.seen);
	buf_clear(&logged);
	open_stream(&raw);
	peer_send(&raw, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
	    HEADER AUTH(ANA_PW));
	peer_expect(&raw, "<proceed ");
	turns(0.05);
	assert_int_equal(buf_len(&t.seen), 0);
	peer_send(&raw, "no handshake at all");
	peer_expect_end(&raw);
	assert_int_equal(count(&logged, "\n"), 1);
	peer_close(&raw);

	buf_clear(&logged);
	peer_connect(&raw, server_tls_port(t.link));
	peer_send(&raw, HEADER);
	peer_expect_end(&raw);
	wait_for(count(&logged, "\n") == 1);
	peer_close(&raw);
	tls_destroy(tls);
}

static int
make_certificate(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	FILE *f;

	(void)state;
	snprintf(t.dir, sizeof(t.dir), "/tmp/test_server.XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	snprintf(t.cert, sizeof(t.cert), "%s/cert.pem", t.dir);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"irc.example", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	f = fopen(t.cert, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL,
	    NULL), 1);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
	return 0;
}

static int
remove_certificate(void **state)
{
	(void)state;
	unlink(t.cert);
	rmdir(t.dir);
	return 0;
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(logs_in),
		TEST(drips),
		TEST(bad_headers),
		TEST(sasl),
		TEST(three_tries),
		TEST(abandoned_logins),
		TEST(binds),
		TEST(one_resource),
		TEST(routes_in),
		TEST(routes_out),
		TEST(keeps_messages),
		TEST(closes),
		TEST(deaf_client), TEST(slow_client),
		TEST(hostile_clients),
		TEST(crowds),
		TEST(too_slow),
		TEST(idle_clients),
		TEST(pauses),
		TEST(shuts_down),
		TEST(cannot_start),
		TEST(over_tls),
	};

	return cmocka_run_group_tests(tests, make_certificate,
	    remove_certificate);
}
