/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* The server against clients that are played by hand: logging in, binding,
 * what goes to whom, and the end. */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(logs_in),
		server_test(drips),
		server_test(bad_headers),
		server_test(sasl),
		server_test(three_tries),
		server_test(abandoned_logins),
		server_test(binds),
		server_test(one_resource),
		server_test(routes_in),
		server_test(routes_out),
		server_test(keeps_messages),
		server_test(closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
