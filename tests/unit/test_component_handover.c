/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* One component link goes on where another one has been frozen, on the same
 * connection where that can be. */
#include "tests/unit/component_kit.h"
#include "tests/unit/link_kit.h"

static void
go_on(struct component_config cfg)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", t.port);
	cfg.domain = "GW.example";
	cfg.host = "127.0.0.1";
	cfg.port = port;
	cfg.secret = "secret";
	cfg.retry_min = cfg.retry_max = 0.02;
	t.link = component_adopt(loop, &cfg, &events, &t, link_found());
}

static int
clean_up(void **state)
{
	link_kit_finish();
	return tear_down(state);
}

static void
goes_on(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	peer_send(&t.server, "<presence from='a@b' to='gw.example'/>\n");
	wait_for(buf_len(&t.stanzas) != 0);
	assert_true(link_settled(t.link));
	assert_int_equal(say("one", LINK_KEEP), 0);
	assert_false(link_settled(t.link));
	peer_expect(&t.server, "one</body></message><iq ");
	wait_for(link_settled(t.link));
	link_execve(t.link);
	/* What comes meanwhile waits. */
	peer_send(&t.server, "<presence from='c@d' to='gw.example'/>");
	buf_free(&t.stanzas);
	go_on((struct component_config){ 0 });
	assert_true(link_is_up(t.link));
	assert_int_equal(t.ups, 1);
	wait_for(strcmp(stanzas(), "[c@d>gw.example <presence from='c@d' "
	    "to='gw.example'/>]") == 0);
	assert_int_equal(say("two", LINK_KEEP), 0);
	/* The answer to the predecessor's ping. */
	echo("get");
	peer_expect(&t.server, "two</body></message>");
	assert_null(strstr(peer_text(&t.server), "one"));
	assert_int_equal(t.ups, 1);
	assert_int_equal(t.downs, 0);
	/* Only the second is not confirmed. */
	bounce();
	peer_expect(&t.server, "two</body><delay ");
	assert_null(strstr(peer_text(&t.server), "one"));
	assert_int_equal(t.dropped, 0);
}

/* Bytes that the kernel has not taken leave later, all of them and once. */
static void
unsent(void **state)
{
	char text[1001];
	unsigned sent = 0;

	(void)state;
	memset(text, 'y', 1000);
	text[1000] = '\0';
	start((struct component_config){ 0 });
	shake();
	t.server.deaf = true;
	do {
		for (int i = 0; i < 32; i++, sent++)
			assert_int_equal(say(text, 0), 0);
		turn();
	} while (link_settled(t.link) || sent < 8000);
	assert_int_equal(say("last", 0), 0);
	link_execve(t.link);
	go_on((struct component_config){ 0 });
	t.server.deaf = false;
	peer_expect(&t.server, "last</body></message>");
	assert_int_equal(peer_count(&t.server, "<message to='a@b'><body>y"),
	    sent);
	assert_int_equal(t.downs, 0);
}

/* ------------------------------------------------------------ a busy server */

struct flood {
	struct buf	 text;		/* not written yet */
	unsigned	 said, came;
};

static void
flood_say(struct flood *f)
{
	buf_addf(&f->text, "<message from='a@b/c' to='x@gw.example' id='%u' "
	    "type='chat'><body>a message as long as people say them, over and "
	    "over and over again</body></message>", f->said++);
}

/* As much as the socket takes. */
static void
flood_send(struct flood *f)
{
	ssize_t n;

	for (;;) {
		while (buf_len(&f->text) < 200000)
			flood_say(f);
		n = send(t.server.fd, buf_data(&f->text), buf_len(&f->text),
		    MSG_NOSIGNAL);
		if (n <= 0)
			return;
		buf_consume(&f->text, (size_t)n);
	}
}

/* Each once and in order; how many. */
static unsigned
flood_came(struct flood *f)
{
	const char *s, *end;
	char want[32];

	for (; buf_len(&t.stanzas) > 0; f->came++) {
		s = buf_data(&t.stanzas);
		end = memchr(s, ']', buf_len(&t.stanzas));
		assert_non_null(end);
		snprintf(want, sizeof(want), " id='%u'", f->came);
		if (memmem(s, (size_t)(end - s), want, strlen(want)) == NULL)
			fail_msg("not%s but %.*s", want, (int)(end - s), s);
		buf_consume(&t.stanzas, (size_t)(end + 1 - s));
	}
	return f->came;
}

static void
flood_settle(struct flood *f)
{
	unsigned n = 0;

	link_pause(t.link);
	for (; !link_settled(t.link); n++) {
		assert_true(n < 2);
		flood_send(f);
		turn();
	}
}

/* The socket is never empty, and reads end anywhere. */
static void
busy(void **state)
{
	struct flood f = { 0 };
	unsigned came;

	(void)state;
	start((struct component_config){ 0 });
	shake();
	for (int i = 0; i < 5; i++) {
		flood_send(&f);
		turn();
	}
	flood_settle(&f);
	came = flood_came(&f);
	assert_true(came > 1000);
	/* It was not to be: nothing comes before it is resumed. */
	turns(0.02);
	assert_int_equal(flood_came(&f), came);
	link_resume(t.link);
	wait_for(flood_came(&f) > came);
	for (int i = 0; i < 5; i++) {
		flood_send(&f);
		turn();
		flood_settle(&f);
		link_execve(t.link);
		assert_int_equal(packer.nfds, 1);
		came = flood_came(&f);
		go_on((struct component_config){ 0 });
		assert_int_equal(flood_came(&f), came);
		link_kit_finish();
	}
	peer_send_bytes(&t.server, buf_data(&f.text), buf_len(&f.text));
	wait_for(flood_came(&f) == f.said);
	assert_int_equal(t.downs, 0);
	buf_free(&f.text);
}

/* The new configuration names another server, the messages go there. */
static void
moves(void **state)
{
	int old = t.listener;

	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	assert_int_equal(say("one", LINK_KEEP), 0);
	peer_expect(&t.server, "one</body></message>");
	link_execve(t.link);
	assert_int_equal(packer.nfds, 1);
	t.port = 0;
	t.listener = peer_listen(&t.port);
	go_on((struct component_config){ 0 });
	assert_false(link_is_up(t.link));
	peer_expect_end(&t.server);
	peer_close(&t.server);
	shake();
	peer_expect(&t.server, "one</body><delay ");
	assert_int_equal(t.ups, 2);
	close(old);
}

/* In the middle of a stanza there is no going on: it connects again. */
static void
half_read(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	assert_int_equal(say("one", LINK_KEEP), 0);
	peer_expect(&t.server, "one</body></message>");
	peer_send(&t.server, "<presence from='a@b' ");
	wait_for(!link_settled(t.link));
	link_execve(t.link);
	assert_int_equal(packer.nfds, 0);
	peer_expect_end(&t.server);
	go_on((struct component_config){ 0 });
	assert_false(link_is_up(t.link));
	assert_int_equal(say("two", LINK_KEEP), 0);
	peer_close(&t.server);
	shake();
	assert_int_equal(t.ups, 2);
	peer_expect(&t.server, "one</body><delay ");
	peer_expect(&t.server, "<body>two</body></message><iq ");
}

/* A prefix that the server declared once, for all its stanzas. */
static void
prefixes(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	peer_accept(&t.server, t.listener);
	peer_send(&t.server, "<s:stream xmlns:x='urn:x' "
	    "xmlns='jabber:component:accept' xmlns:s="
	    "'http://etherx.jabber.org/streams' id='s&amp;1'>");
	peer_expect(&t.server, PROOF);
	peer_send(&t.server, "<handshake/>");
	wait_for(link_is_up(t.link));
	link_execve(t.link);
	go_on((struct component_config){ 0 });
	peer_send(&t.server, "<presence from='a@b' to='gw.example'><x:y/>"
	    "</presence></s:stream>");
	wait_for(t.downs == 1);
	assert_string_equal(stanzas(), "[a@b>gw.example <presence from='a@b' "
	    "to='gw.example'><y xmlns='urn:x'/></presence>]");
}

/* While it is down, and when the tree says nothing that we understand. */
static void
without_connection(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	assert_true(link_settled(t.link));
	assert_int_equal(say("one", LINK_KEEP), 0);
	link_execve(t.link);
	go_on((struct component_config){ 0 });
	peer_accept(&t.server, t.listener);	/* the first one's */
	peer_close(&t.server);
	shake();
	peer_expect(&t.server, "<body>one</body></message>");
	assert_int_equal(t.ups, 1);
	link_destroy(t.link);
	peer_close(&t.server);
	link_kit_finish();
	pack_map(&packer, NULL);
	pack_int(&packer, "kept", 4);
	pack_str(&packer, "stream", "x");
	pack_end(&packer);
	go_on((struct component_config){ 0 });
	shake();
}

/* It was not to be: execve() failed. */
static void
thaws(void **state)
{
	(void)state;
	start((struct component_config){ .ping_interval = 0.5 });
	shake();
	echo("get");
	assert_int_equal(say("one", LINK_KEEP), 0);
	link_freeze(t.link, true);
	peer_send(&t.server, "<presence from='c@d' to='gw.example'/>");
	peer_forget(&t.server);
	turns(1.2);
	peer_read(&t.server);
	assert_int_equal(buf_len(&t.server.in), 0);
	assert_int_equal(buf_len(&t.stanzas), 0);
	pack_map(&packer, NULL);
	link_handover(t.link, &packer);
	pack_end(&packer);
	link_freeze(t.link, false);
	peer_expect(&t.server, "one</body></message>");
	wait_for(buf_len(&t.stanzas) != 0);
	peer_expect(&t.server, "urn:xmpp:ping");
	assert_int_equal(t.downs, 0);
}

static void
describes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	start((struct component_config){ 0 });
	shake();
	assert_int_equal(say("one", LINK_KEEP), 0);
	link_describe(t.link, &b);
	buf_addc(&b, '\0');
	assert_non_null(strstr(buf_data(&b), "connected, "));
	assert_non_null(strstr(buf_data(&b), " 1 messages ("));
	buf_free(&b);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(goes_on),
		TEST(unsent),
		TEST(busy),
		TEST(moves),
		TEST(half_read),
		TEST(prefixes),
		TEST(without_connection),
		TEST(thaws),
		TEST(describes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
