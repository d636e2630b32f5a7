/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* What the component link keeps, and what it sends again. */
#include "tests/unit/component_kit.h"

#include "manager/xmpp/kept.h"

static struct buf listed;

static void
list_kept(void *ctx, int64_t ms, const char *to, const char *stanza, size_t len)
{
	(void)ctx;
	assert_true(ms >= 0);
	buf_addf(&listed, "[%s %.*s]", to, (int)len, stanza);
}

/* All that is kept, bodies only. */
static const char *
kept(void)
{
	const char *s;
	struct buf bodies = { 0 };

	buf_free(&listed);
	link_each_kept(t.link, list_kept, NULL);
	*buf_reserve(&listed, 1) = '\0';
	s = buf_len(&listed) ? buf_data(&listed) : "";
	while ((s = strstr(s, "<body>")) != NULL) {
		s += 6;
		buf_add(&bodies, s, strcspn(s, "<"));
		buf_addc(&bodies, ' ');
	}
	buf_free(&listed);
	*buf_reserve(&bodies, 1) = '\0';
	buf_addc(&bodies, '\0');
	buf_add(&listed, buf_data(&bodies), buf_len(&bodies));
	buf_free(&bodies);
	return buf_data(&listed);
}

static unsigned
times(const char *what)
{
	return peer_count(&t.server, what);
}

static int
clean_up(void **state)
{
	buf_free(&listed);
	return tear_down(state);
}

/* A ping follows what was said, and whatever answers it confirms it. */
static void
confirms(void **state)
{
	static const char *const answers[] = { "get", "result", "error" };

	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	for (size_t i = 0; i < LENGTH(answers); i++) {
		assert_int_equal(say("one", LINK_KEEP), 0);
		assert_int_equal(say("gone", 0), 0);
		assert_int_equal(say("two", LINK_KEEP), 0);
		assert_string_equal(kept(), "one two ");
		peer_expect(&t.server, "two</body></message><iq ");
		echo(answers[i]);
		wait_for(*kept() == '\0');
	}
	bounce();
	peer_expect(&t.server, "urn:xmpp:ping");
	assert_null(strstr(peer_text(&t.server), "<message"));
	assert_int_equal(t.dropped, 0);
	assert_int_equal(buf_len(&t.stanzas), 0);
}

/* What was not confirmed comes again, once, in order, before anything newer,
 * and says when it was said. */
static void
sends_again(void **state)
{
	const char *again = "<message to='a@b'><body>two</body><delay "
	    "xmlns='urn:xmpp:delay' from='gw.example' stamp='20";
	struct xml *x;

	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	assert_int_equal(say("one", LINK_KEEP), 0);
	peer_expect(&t.server, "one</body></message><iq ");
	assert_int_equal(say("two", LINK_KEEP), 0);
	x = link_begin(t.link);
	xml_open(x, "message");
	xml_attr(x, "to", "c@d");
	xml_close(x);
	assert_int_equal(link_end(t.link, "c@d", LINK_KEEP), 0);
	x = link_begin(t.link);
	xml_open(x, "message");
	xml_open_ns(x, "delay", "urn:xmpp:delay");
	xml_attr(x, "stamp", "1999-12-31T23:59:59Z");
	xml_close_to(x, 0);
	assert_int_equal(link_end(t.link, "a@b", LINK_KEEP), 0);
	peer_expect(&t.server, "<message to='c@d'/>");
	/* Only what stood before that ping. */
	echo("get");
	wait_for(strcmp(kept(), "two ") == 0);
	peer_close(&t.server);
	wait_for(t.downs == 1);
	assert_int_equal(say("fresh", LINK_KEEP), 0);
	shake();
	assert_int_equal(say("newer", 0), 0);
	peer_expect(&t.server, "newer");
	assert_int_equal(times("one</body>"), 0);
	assert_int_equal(times(again), 1);
	assert_int_equal(times("two</body>"), 1);
	assert_int_equal(times("<message to='c@d'><delay xmlns="
	    "'urn:xmpp:delay' from='gw.example' stamp='20"), 1);
	assert_int_equal(times("Z'/></message>"), 3);
	assert_int_equal(times("<message><delay xmlns='urn:xmpp:delay' "
	    "stamp='1999-12-31T23:59:59Z'/></message>"), 1);
	/* Young, and never written: as it is. */
	assert_int_equal(times("<message to='a@b'><body>fresh</body>"
	    "</message>"), 1);
	assert_true(strstr(peer_text(&t.server), "two") <
	    strstr(peer_text(&t.server), "c@d"));
	assert_true(strstr(peer_text(&t.server), "fresh") <
	    strstr(peer_text(&t.server), "newer"));
	/* And again, until they are confirmed. */
	bounce();
	peer_expect(&t.server, "urn:xmpp:ping");
	assert_int_equal(times("two</body>"), 1);
	assert_int_equal(times("fresh</body><delay "), 1);
	echo("result");
	wait_for(*kept() == '\0');
}

/* Many at once need few pings, and never more than two are on their way. */
static void
batches(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	turns(0.05);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(say("many", LINK_KEEP), 0);
	peer_expect(&t.server, "-64' ");
	peer_expect(&t.server, "-1000' ");
	/* No third one before there is an answer. */
	for (int i = 0; i < 200; i++)
		assert_int_equal(say("more", LINK_KEEP), 0);
	turns(0.5);
	peer_read(&t.server);
	assert_int_equal(times("urn:xmpp:ping"), 2);
	echo("get");
	peer_expect(&t.server, "-1200' ");
	assert_int_equal(times("urn:xmpp:ping"), 1);
	assert_int_equal(strncmp(kept(), "more more ", 10), 0);
	echo("get");
	wait_for(*kept() == '\0');
}

/* Answers to pings that were never ours, or are no answer, confirm nothing. */
static void
false_echoes(void **state)
{
	static const char *const ids[] = {
		"alive", "alive-", "alive-x-99", "alive-%s", "alive-%s-",
		"alive-%s-9", "alive-%s--1", "alive-%s-1x",
		"alive-%s-99999999999999999999999",
	};
	char id[64], line[256], token[9];
	const char *s;

	(void)state;
	start((struct component_config){ 0 });
	shake();
	peer_expect(&t.server, "id='alive-");
	s = strstr(peer_text(&t.server), "alive-") + 6;
	snprintf(token, sizeof(token), "%s", s);
	assert_int_equal(say("one", LINK_KEEP), 0);
	for (size_t i = 0; i < LENGTH(ids); i++) {
		snprintf(id, sizeof(id), ids[i], token);
		snprintf(line, sizeof(line), "<iq type='result' id='%s' "
		    "from='gw.example' to='gw.example'/>", id);
		peer_send(&t.server, line);
	}
	peer_send(&t.server, "<presence from='a@b' to='gw.example'/>");
	wait_for(buf_len(&t.stanzas) != 0);
	assert_int_equal(strncmp(stanzas(), "[a@b>gw.example", 15), 0);
	assert_string_equal(kept(), "one ");
}

/* What nobody came for is counted and told; the rest waits on. */
static void
grows_old(void **state)
{
	char said[64];

	(void)state;
	start((struct component_config){ .held_age = 0.3,
	    .retry_min = 5, .retry_max = 5 });
	assert_int_equal(say("one", LINK_KEEP), 0);
	assert_int_equal(say("two", LINK_KEEP), 0);
	close(t.listener);
	t.listener = -1;
	turns(0.15);
	assert_int_equal(say("three", LINK_KEEP), 0);
	wait_for(t.dropped == 2);
	assert_string_equal(kept(), "three ");
	wait_for(t.dropped == 3);
	snprintf(said, sizeof(said), "2 messages to XMPP were given up");
	assert_non_null(strstr(log_text(), said));
}

/* Where no ping ever comes back nothing is refused for want of an answer, and
 * what has left is not kept for ever. */
static void
no_echoes(void **state)
{
	char text[1001];

	(void)state;
	memset(text, 'y', 1000);
	text[1000] = '\0';
	start((struct component_config){ .held_max = 20000,
	    .queue_max = 40000 });
	shake();
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(say(text, LINK_KEEP), 0);
		turn();
		peer_read(&t.server);
	}
	assert_false(t.jammed);
	assert_int_equal(t.dropped, 0);
	assert_true(strlen(kept()) < 20000);
}

/* Where they do, a server that says nothing any more is not believed: what is
 * kept has a bound, and the gateway is told before. */
static void
bounded(void **state)
{
	char text[1001];
	unsigned sent = 0;

	(void)state;
	memset(text, 'y', 1000);
	text[1000] = '\0';
	start((struct component_config){ .held_max = 20000,
	    .queue_max = 40000 });
	shake();
	echo("get");
	turns(0.05);
	while (say(text, LINK_KEEP) == 0) {
		assert_true(++sent < 1000);
		turn();
		peer_read(&t.server);
	}
	assert_true(t.jammed && sent > 30);
	assert_int_equal(say("iq", 0), 0);
	assert_non_null(strstr(log_text(), "stanzas are refused"));
	/* It was only slow. */
	for (int i = 0; i < 10 && *kept() != '\0'; i++) {
		echo("get");
		turns(0.3);
	}
	assert_string_equal(kept(), "");
	assert_false(t.jammed);
	assert_int_equal(say(text, LINK_KEEP), 0);
}

/* From a spool: before the link is up, and with a note of when it was. */
static void
put(void **state)
{
	static const char stanza[] = "<message to='a@b'><body>old</body>"
	    "</message>";

	(void)state;
	start((struct component_config){ .held_max = 1000 });
	assert_int_equal(say("older", LINK_KEEP), 0);
	link_put_kept(t.link, (int64_t)(ev_time() - 5) * 1000, "a@b", stanza,
	    strlen(stanza));
	link_put_kept(t.link, 1000, "a@b", stanza, strlen(stanza));
	wait_for(t.dropped == 0 && kept()[0] != '\0');
	for (int i = 0; i < 20; i++)
		link_put_kept(t.link, (int64_t)ev_time() * 1000, "a@b",
		    stanza, strlen(stanza));
	assert_true(t.dropped > 5);
	shake();
	peer_expect(&t.server, "older</body></message>");
	peer_expect(&t.server, "<message to='a@b'><body>old</body><delay ");
	echo("get");
	wait_for(*kept() == '\0');
	/* The database was slow: it is up already. */
	link_put_kept(t.link, 0, "a@b", stanza, strlen(stanza));
	peer_expect(&t.server, "old</body><delay xmlns='urn:xmpp:delay' "
	    "from='gw.example' stamp='1970-01-01T00:00:00.000Z'/></message>");
	assert_string_equal(kept(), "old ");
}

/* It closes when the last is confirmed, or soon; what is said then stays. */
static void
last_words(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	turns(0.05);
	assert_int_equal(say("one", LINK_KEEP), 0);
	link_shutdown(t.link);
	assert_false(link_is_up(t.link));
	assert_int_equal(say("late", LINK_KEEP), 0);
	peer_expect(&t.server, "one</body></message><iq ");
	assert_null(strstr(peer_text(&t.server), "</stream:stream>"));
	echo("result");
	peer_expect(&t.server, "</stream:stream>");
	assert_string_equal(kept(), "late ");
	peer_expect_end(&t.server);
	link_destroy(t.link);
	peer_close(&t.server);
	start((struct component_config){ 0 });
	shake();
	echo("get");
	turns(0.05);
	assert_int_equal(say("two", LINK_KEEP), 0);
	link_shutdown(t.link);
	peer_expect(&t.server, "</stream:stream>");
	assert_string_equal(kept(), "two ");
	peer_expect_end(&t.server);
	assert_int_equal(t.downs, 0);
}

/* Who writes while the last confirmation is waited for is told. */
static void
too_late(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	turns(0.05);
	assert_int_equal(say("one", LINK_KEEP), 0);
	link_shutdown(t.link);
	peer_send(&t.server, "<presence from='a@b/c' to='x@gw.example'/>"
	    "<iq type='result' id='r' from='a@b/c' to='x@gw.example'/>"
	    "<message from='a@b/c' to='x@other.example' id='o'/>"
	    "<iq type='get' id='g' from='a@b/c' to='gw.example'><q xmlns='q'/>"
	    "</iq><message from='a@b/c' to='X@gw.example/y' id='m'>"
	    "<body>hello</body></message>");
	peer_expect(&t.server, "one</body></message><iq ");
	peer_expect(&t.server, "</iq><iq type='error' from='gw.example' "
	    "to='a@b/c' id='g'><error type='wait'><recipient-unavailable "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
	    "<message type='error' from='x@gw.example/y' to='a@b/c' id='m'>"
	    "<error type='wait'><recipient-unavailable ");
	echo("result");
	peer_expect(&t.server, "</stream:stream>");
	assert_string_equal(kept(), "");
	assert_string_equal(stanzas(), "");
}

/* Nothing is read, so nothing is confirmed, and nothing is lost or refused. */
static void
while_paused(void **state)
{
	(void)state;
	start((struct component_config){ 0 });
	shake();
	echo("get");
	turns(0.05);
	link_pause(t.link);
	assert_int_equal(say("one", LINK_KEEP), 0);
	echo("get");
	turns(0.1);
	assert_string_equal(kept(), "one ");
	link_resume(t.link);
	wait_for(*kept() == '\0');
}

/* The queue alone: order, numbers, memory. */
static void
ledger(void **state)
{
	struct kept k = { 0 };
	struct kept_item item = { .ms = 1, .to = "a@b", .stanza = "<m/>",
	    .len = 4 };
	size_t at = 0;

	(void)state;
	assert_false(kept_oldest(&k, &item));
	kept_drop_oldest(&k);
	assert_int_equal(kept_confirm(&k, 5), 0);
	for (int64_t i = 0; i < 100000; i++) {
		item = (struct kept_item){ .ms = i, .mark = KEPT_UNSENT,
		    .to = "a@b", .stanza = "<m/>", .len = 4 };
		kept_add(&k, &item);
		if (i >= 10)
			kept_drop_oldest(&k);
		assert_true(k.bytes.cap <= 2048);
	}
	assert_int_equal(kept_count(&k), 10);
	assert_int_equal(k.next, 100000);
	for (int64_t i = 0; i < 10; i++) {
		assert_true(kept_next(&k, &at, &item));
		assert_int_equal(item.ms, 99990 + i);
		assert_string_equal(item.to, "a@b");
		assert_memory_equal(item.stanza, "<m/>", 4);
	}
	assert_false(kept_next(&k, &at, &item));
	assert_int_equal(kept_confirm(&k, 99995), 5);
	assert_int_equal(kept_confirm(&k, 99995), 0);
	assert_int_equal(kept_confirm(&k, UINT64_MAX), 5);
	assert_int_equal(kept_bytes(&k), 0);
	kept_free(&k);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(confirms),
		TEST(sends_again),
		TEST(batches),
		TEST(false_echoes),
		TEST(grows_old),
		TEST(no_echoes),
		TEST(bounded),
		TEST(put),
		TEST(last_words),
		TEST(too_late),
		TEST(while_paused),
		cmocka_unit_test(ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
