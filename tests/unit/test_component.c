/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* The component link against a server that is played by hand. */
#include "tests/unit/component_kit.h"

static void
talks(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	assert_false(link_is_server(t.link));
	assert_string_equal(link_domain(t.link), "gw.example");
	shake();
	assert_int_equal(t.ups, 1);
	peer_expect(&t.server, "<iq type='get' id='alive-");
	peer_expect(&t.server, "-0' from='gw.example' to='gw.example'>"
	    "<ping xmlns='urn:xmpp:ping'/></iq>");
	peer_send(&t.server, "<message from='A@B/r' to='x@gw.Example'>"
	    "<body>hi</body></message> ");
	wait_for(strcmp(stanzas(), "[a@b/r>x@gw.example <message from='A@B/r' "
	    "to='x@gw.Example'><body>hi</body></message>]") == 0);
	assert_int_equal(say("a<b", 0), 0);
	peer_expect(&t.server,
	    "<message to='a@b'><body>a&lt;b</body></message>");
	link_begin(t.link);
	link_abort(t.link);
	assert_int_equal(say("second", 0), 0);
	peer_expect(&t.server, "second</body></message>");
	assert_null(strstr(peer_text(&t.server), "<message to='a@b'><message"));
	assert_int_equal(link_clients(t.link, "a@b"), 0);
	link_close(t.link, "a@b", NULL, NULL);
	link_login_result(t.link, 1, NULL, NULL);
	assert_int_equal(log_lines(), 1);
}

/* The server's bytes one at a time; also what it may not send. */
static void
drips(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	peer_accept(&t.server, t.listener);
	peer_expect(&t.server, "to='gw.example'>");
	peer_drip(&t.server, HEADER);
	peer_expect(&t.server, PROOF);
	peer_drip(&t.server, "<handshake></handshake><presence from='a@b/c' "
	    "to='gw.example'/>");
	wait_for(strcmp(stanzas(), "[a@b/c>gw.example <presence from='a@b/c' "
	    "to='gw.example'/>]") == 0);
	peer_drip(&t.server, "<presence><!-- x -->");
	peer_expect(&t.server, "<stream:error><restricted-xml xmlns="
	    "'urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
	    "</stream:stream>");
	peer_expect_end(&t.server);
	assert_int_equal(t.downs, 1);
	peer_close(&t.server);
	shake();
}

static void
wrong_secret(void **state)
{
	ev_tstamp begin;

	(void)state;
	start((struct component_config){ .retry_min = 0.01,
	    .retry_max = 3 });
	peer_accept(&t.server, t.listener);
	peer_send(&t.server, HEADER);
	peer_expect(&t.server, PROOF);
	peer_send(&t.server, "<stream:error><not-authorized "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Bad secret</text>"
	    "</stream:error></stream:stream>");
	peer_expect_end(&t.server);
	wait_for(log_lines() == 1);
	assert_non_null(strstr(log_text(), "not-authorized (Bad secret); it "
	    "does not know this name with this secret: jid= and password= in "
	    "[service]"));
	assert_int_equal(t.ups + t.downs, 0);
	peer_close(&t.server);
	shake();		/* it goes on trying */
	assert_int_equal(t.ups, 1);
	/* What went wrong before does not count any more. */
	peer_close(&t.server);
	begin = ev_time();
	shake();
	assert_true(ev_time() - begin < 1.8);
}

static void
other_refusals(void **state)
{
	static const char *const conditions[] = { "conflict", "host-unknown" };
	char text[128];

	(void)state;
	start((struct component_config){ 0 });
	for (size_t i = 0; i < LENGTH(conditions); i++) {
		buf_clear(&logged);
		peer_accept(&t.server, t.listener);
		peer_expect(&t.server, "to='gw.example'>");
		snprintf(text, sizeof(text), "<stream:error><%s xmlns='urn:"
		    "ietf:params:xml:ns:xmpp-streams'/></stream:error>",
		    conditions[i]);
		peer_send(&t.server, HEADER);
		peer_send(&t.server, text);
		peer_expect_end(&t.server);
		wait_for(log_lines() == 1);
		assert_non_null(strstr(log_text(), conditions[i]));
		assert_non_null(strstr(log_text(), "jid="));
		peer_close(&t.server);
	}
}

/* Things that are no XMPP server, or half of one. */
static void
hostile(void **state)
{
	static const char *const rows[] = {
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		"<stream:stream xmlns='jabber:client' xmlns:stream="
		    "'http://etherx.jabber.org/streams' id='x'>",
		"<stream:stream xmlns='jabber:component:accept' xmlns:stream="
		    "'http://etherx.jabber.org/streams'>",
		"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
		"\x16\x03\x03",
		HEADER "</stream:stream>",
		HEADER "<handshake><a>",
	};

	(void)state;
	start((struct component_config){ 0 });
	for (size_t i = 0; i < LENGTH(rows); i++) {
		peer_accept(&t.server, t.listener);
		buf_clear(&logged);
		peer_send(&t.server, rows[i]);
		if (i + 1 == LENGTH(rows)) {
			peer_expect(&t.server, PROOF);
			peer_close(&t.server);
		}
		peer_expect_end(&t.server);
		wait_for(log_lines() >= 1);
		turns(0.01);
		if (log_lines() != 1)
			fail_msg("row %zu: %s", i, log_text());
		peer_close(&t.server);
	}
	assert_int_equal(t.ups + t.downs, 0);
	shake();
}

static void
too_big(void **state)
{
	struct buf big = { 0 };

	(void)state;
	start((struct component_config){ .stanza_max = 10000 });
	shake();
	buf_adds(&big, "<message from='a@b' to='gw.example'><body>");
	for (int i = 0; i < 1000000; i++)
		buf_adds(&big, "0123456789");
	peer_send_bytes(&t.server, buf_data(&big), buf_len(&big));
	peer_expect(&t.server, "<policy-violation ");
	buf_free(&big);
	wait_for(t.downs == 1);
	assert_int_equal(buf_len(&t.stanzas), 0);
	peer_close(&t.server);
	shake();
}

static void
bad_addresses(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	buf_clear(&logged);
	peer_send(&t.server,
	    "<message to='gw.example'/>"
	    "<message from='a@@b' to='gw.example'/>"
	    "<message from='a@b' type='error'/>"
	    "<iq from='a@b' type='result' id='r' to='@'/>"
	    "<iq from='a@b' to='other.example' type='get' id='stray'/>"
	    "<iq from='a@b' to='other.example' type='get' id='stray'/>"
	    "<foo from='a@b' to='gw.example'/>"
	    "<message xmlns='urn:x' from='a@b' to='gw.example'/>"
	    "<iq from='a@b' to='x y@gw.example' type='get' id='q1'/>"
	    "<message from='a@b' id='q2'/>"
	    "<presence from='a@b' to='gw.example'/>");
	wait_for(strcmp(stanzas(), "[a@b>gw.example <presence from='a@b' "
	    "to='gw.example'/>]") == 0);
	peer_expect(&t.server, "<iq type='error' from='gw.example' to='a@b' "
	    "id='q1'><error type='modify'><jid-malformed "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
	    "<message type='error' from='gw.example' to='a@b' id='q2'>");
	assert_null(strstr(peer_text(&t.server), "id='r'"));
	assert_int_equal(log_lines(), 1);
	assert_non_null(strstr(log_text(), "stanzas for other.example"));
}

/* What was said while it was down comes first and once, the rest is refused. */
static void
holds(void **state)
{
	char *big = xmalloc(3001);

	(void)state;
	memset(big, 'x', 3000);
	big[3000] = '\0';
	start((struct component_config){ .held_max = 4000 });
	assert_int_equal(say("dropped", 0), -1);
	assert_int_equal(say("one", LINK_KEEP), 0);
	assert_int_equal(say(big, LINK_KEEP), 0);
	assert_true(t.jammed);
	assert_int_equal(say(big, LINK_KEEP), -1);
	assert_int_equal(say("two", LINK_KEEP), 0);
	link_begin(t.link);
	link_abort(t.link);
	shake();
	assert_int_equal(say("three", 0), 0);
	peer_expect(&t.server, "three");
	wait_for(!t.jammed);
	assert_non_null(strstr(peer_text(&t.server), "one"));
	assert_true(strstr(peer_text(&t.server), "one") <
	    strstr(peer_text(&t.server), "two"));
	assert_true(strstr(peer_text(&t.server), "two") <
	    strstr(peer_text(&t.server), "three"));
	assert_null(strstr(peer_text(&t.server), "dropped"));
	free(big);
	echo("get");
	/* The server dies and comes back. */
	close(t.listener);
	peer_close(&t.server);
	wait_for(t.downs == 1);
	assert_false(link_is_up(t.link));
	assert_int_equal(say("four", LINK_KEEP), 0);
	turns(0.1);
	t.listener = peer_listen(&t.port);
	shake();
	peer_expect(&t.server, "four");
	assert_null(strstr(peer_text(&t.server), "one"));
	assert_int_equal(t.ups, 2);
}

/* A server that does not read costs queue_max and no more, and then is fed
 * again. */
static void
full_queue(void **state)
{
	char text[1001];
	unsigned sent = 0, jammed_at = 0;
	size_t got;

	(void)state;
	memset(text, 'y', 1000);
	text[1000] = '\0';
	start((struct component_config){ .queue_max = 100000 });
	shake();
	buf_clear(&logged);
	t.server.deaf = true;
	while (say(text, LINK_KEEP) == 0) {
		if (++sent % 16 == 0)
			turn();
		assert_true(sent < 100000);
		/* Told while there is room for at least a third more. */
		if (t.jams == 1 && jammed_at == 0)
			jammed_at = sent;
	}
	assert_int_equal(t.jams, 1);
	assert_true(t.jammed && sent - jammed_at > 30);
	for (int i = 0; i < 100; i++)
		assert_int_equal(say(text, LINK_KEEP), -1);
	assert_int_equal(log_lines(), 1);
	assert_true(link_is_up(t.link));
	t.server.deaf = false;
	got = (size_t)sent * (1000 + strlen("<message to='a@b'><body></body>"
	    "</message>"));
	for (ev_tstamp end = ev_time() + PATIENCE;
	    buf_len(&t.server.in) < got && ev_time() < end; turn())
		peer_read(&t.server);
	assert_true(buf_len(&t.server.in) >= got);
	assert_false(t.jammed);
	assert_int_equal(say("last", 0), 0);
	peer_expect(&t.server, "last</body></message>");
	/* No refused one. */
	assert_int_equal(peer_count(&t.server, "<body>"), sent + 1);
}

static void
pings(void **state)
{
	(void)state;
	start((struct component_config){ .ping_interval = 0.5 });
	shake();
	/* No echo has ever come: silence is not held against it. */
	turns(2);
	assert_int_equal(t.downs, 0);
	for (int i = 0; i < 3; i++) {
		echo("get");
	}
	assert_int_equal(t.downs, 0);
	assert_int_equal(buf_len(&t.stanzas), 0);
	/* Now it hangs. */
	wait_for(t.downs == 1);
	assert_non_null(strstr(t.why, "ping"));
	peer_close(&t.server);
	shake();
}

/* Another's ping is the gateway's business. */
static void
foreign_ping(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	peer_send(&t.server, "<iq type='get' id='alive' from='a@b/c' "
	    "to='gw.example'><ping xmlns='urn:xmpp:ping'/></iq>");
	wait_for(buf_len(&t.stanzas) != 0);
}

static void
pauses(void **state)
{
	(void)state;
	start((struct component_config){ .ping_interval = 0.05 });
	shake();
	link_pause(t.link);
	peer_send(&t.server, "<presence from='a@b/c' to='gw.example'/>");
	turns(0.3);
	assert_int_equal(buf_len(&t.stanzas), 0);
	assert_int_equal(t.downs, 0);
	link_resume(t.link);
	wait_for(buf_len(&t.stanzas) != 0);
	/* Not in the middle of a stanza. */
	buf_free(&t.stanzas);
	peer_send(&t.server, "<presence from='a@b/c' ");
	wait_for(!link_settled(t.link));
	link_pause(t.link);
	turns(0.05);
	peer_send(&t.server, "to='gw.example'/>");
	wait_for(buf_len(&t.stanzas) != 0 && link_settled(t.link));
	buf_free(&t.stanzas);
	peer_send(&t.server, "<presence from='a@b/c' to='gw.example'/>");
	turns(0.1);
	assert_int_equal(buf_len(&t.stanzas), 0);
}

static void
silent_server(void **state)
{
	struct link *second;

	(void)state;
	/* Nobody accepts; destroying it then is fine. */
	start((struct component_config){ 0 });
	turns(0.05);
	link_destroy(t.link);
	turns(0.02);
	/* Destroyed in the callback that says it is down. */
	start((struct component_config){ 0 });
	peer_accept(&t.server, t.listener);
	peer_close(&t.server);	/* the first one's */
	shake();
	t.destroy_on_down = true;
	second = t.link;
	peer_send(&t.server, "</stream:stream>");
	wait_for(t.link == NULL);
	(void)second;
	peer_expect_end(&t.server);
}

static void
shuts_down(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	assert_int_equal(say("last words", 0), 0);
	link_shutdown(t.link);
	assert_int_equal(say("too late", LINK_KEEP), 0);
	peer_expect(&t.server, "last words</body></message></stream:stream>");
	peer_expect_end(&t.server);
	turns(0.1);
	assert_int_equal(accept(t.listener, NULL, NULL), -1);
	assert_int_equal(t.downs, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(talks),
		TEST(drips),
		TEST(wrong_secret),
		TEST(other_refusals),
		TEST(hostile),
		TEST(too_big),
		TEST(bad_addresses),
		TEST(holds),
		TEST(full_queue),
		TEST(pings),
		TEST(foreign_ping),
		TEST(pauses),
		TEST(silent_server),
		TEST(shuts_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
