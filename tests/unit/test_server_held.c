/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* What becomes of messages that a client has not confirmed when it goes, and of
 * those for somebody who is not there. */
#include "tests/unit/server_sm_kit.h"

/* A second one of Ana, available and resumable. */
static void
join(struct peer *p, const char *bind)
{
	arrive(p, bind);
	peer_send(p, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
}

/* Another client of the user gets what the lost one did not, at once. */
static void
passes_on(void **state)
{
	struct server_config cfg = resumable;
	struct peer p, q;

	(void)state;
	cfg.resume_timeout = 0.2;
	start(cfg);
	enter(&q, BIND("b"));
	peer_send(&q, "<presence/>");
	arrive(&p, BIND("a"));
	assert_int_equal(tell(ANA "/a", "1", LINK_KEEP), 0);
	vanish(&p);
	peer_expect(&q, "<message to='" ANA "/a' id='1'><delay ");
	wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
	/* What both got does not come again. */
	arrive(&p, BIND("a"));
	peer_send(&p, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	assert_int_equal(tell(ANA, "2", LINK_KEEP), 0);
	peer_expect(&q, "id='2'/>");
	peer_close(&p);
	peer_close(&q);
}

/* Both have it: when one goes without having said so, it does not come to the
 * other again. */
static void
not_twice(void **state)
{
	struct server_config cfg = resumable;
	struct peer p, q;

	(void)state;
	cfg.resume_timeout = 0.2;
	start(cfg);
	for (int sm = 0; sm < 3; sm++) {
		if (sm) {
			join(&q, BIND("b"));
		} else {
			enter(&q, BIND("b"));
			peer_send(&q, "<presence/>");
			wait_for(count(&t.seen, "<presence/>") == 1);
		}
		join(&p, BIND("a"));
		assert_int_equal(tell(ANA, "1", LINK_KEEP), 0);
		assert_int_equal(tell(ANA "/a", "2", LINK_KEEP), 0);
		peer_expect(&p, "id='2'/>");
		peer_expect(&q, "id='1'/>");
		peer_forget(&q);
		if (sm == 2) {
			peer_send(&q, "<a " SM " h='1'/><message "
			    "to='x@irc.example'/>");
			wait_for(count(&t.seen, "x@irc.example") > 0);
		}
		vanish(&p);
		wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
		peer_expect(&q, "id='2'>");
		assert_null(strstr(peer_text(&q), "id='1'"));
		peer_send(&q, sm ? "<a " SM " h='2'/></stream:stream>" :
		    "</stream:stream>");
		wait_for(link_clients(t.link, ANA) == 0);
		peer_close(&q);
	}
}

/* None of them has said so: it is kept once, for whoever comes. */
static void
for_the_next(void **state)
{
	static const char want[] = "ana@irc.example <message to='" ANA
	    "' id='1'/>;";
	struct server_config cfg = resumable;
	struct buf b = { 0 };
	struct peer p, q;

	(void)state;
	cfg.resume_timeout = 0.2;
	start(cfg);
	join(&q, BIND("b"));
	join(&p, BIND("a"));
	assert_int_equal(tell(ANA, "1", LINK_KEEP), 0);
	peer_expect(&p, "id='1'/>");
	peer_expect(&q, "id='1'/>");
	link_each_kept(t.link, list_kept, &b);
	assert_string_equal(text_of(&b), want);
	buf_clear(&b);
	hand_over(cfg);
	wait_for(link_clients(t.link, ANA) == 0);
	link_each_kept(t.link, list_kept, &b);
	assert_string_equal(text_of(&b), want);
	buf_free(&b);
	peer_close(&p);
	peer_close(&q);
}

static int
tell_room(const char *to, const char *name)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, "message");
	xml_attr(x, "to", to);
	xml_attr(x, "type", "groupchat");
	xml_attr(x, "id", name);
	xml_element(x, "body", NULL, "hi");
	xml_close(x);
	return link_end(t.link, to, LINK_KEEP);
}

/* What a room says is for one resource: it comes again to this one only. */
static void
rooms_are_for_one(void **state)
{
	struct server_config cfg = resumable;
	struct peer p, q;

	(void)state;
	cfg.resume_timeout = 0.2;
	start(cfg);
	enter(&q, BIND("b"));
	peer_send(&q, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	arrive(&p, BIND("a"));
	assert_int_equal(tell_room(ANA "/a", "1"), 0);
	assert_int_equal(tell(ANA "/a", "type=&apos;groupchat&apos;",
	    LINK_KEEP), 0);
	peer_expect(&p, "id='1'");
	vanish(&p);
	ask_to_resume(&p, AUTH(ANA_PW), id, 0);
	peer_expect(&p, "id='1'");
	vanish(&p);
	wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
	peer_expect(&q, "groupchat");
	assert_null(strstr(peer_text(&q), "id='1'"));
	assert_int_equal(tell_room("bob@irc.example", "2"), -1);
	peer_close(&q);
}

/* A message of a thousand bytes and more. */
static int
tell_much(const char *to, unsigned number)
{
	char text[1100];

	snprintf(text, sizeof(text), "%u-%01000d", number, 0);
	return tell(to, text, LINK_KEEP);
}

/* So many of these come, in order. */
static void
expect_much(struct peer *p, unsigned n)
{
	char want[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(want, sizeof(want), " id='%u-0", i);
		peer_expect(p, want);
		buf_consume(&p->in, (size_t)(strstr(peer_text(p), want) -
		    peer_text(p)) + 1000);
		assert_null(strstr(peer_text(p), " id='0-0"));
	}
}

/* Bounded while it is away; a login in its place gets what waits. */
static void
queue_bound(void **state)
{
	struct server_config cfg = resumable;
	struct peer p, q;
	unsigned sent = 0;

	(void)state;
	cfg.queue_max = 65536;
	cfg.many_resources = false;
	start(cfg);
	arrive(&p, BIND("a"));
	vanish(&p);
	/* As much as a session holds, and as much again. */
	for (; tell_much(ANA "/a", sent) == 0; turn())
		assert_true(++sent < 130);
	assert_true(sent > 110);
	assert_int_equal(count(&t.seen, "(gone"), 0);
	enter(&q, BIND("b"));
	peer_send(&q, "<presence/>");
	expect_much(&q, sent);
	peer_close(&q);
	wait_for(link_clients(t.link, ANA) == 0);
	assert_int_equal(count(&logged, "does not read"), 0);
}

/* It comes back, and gets what had no room in its session behind the rest. */
static void
back_in_order(void **state)
{
	struct server_config cfg = resumable;
	struct peer p;
	unsigned sent = 0;

	(void)state;
	cfg.queue_max = 65536;
	start(cfg);
	join(&p, BIND("a"));
	vanish(&p);
	while (tell_much(sent % 2 ? ANA : ANA "/a", sent) == 0)
		assert_true(++sent < 130);
	assert_true(sent > 110);
	ask_to_resume(&p, AUTH(ANA_PW), id, 0);
	peer_expect(&p, "<resumed ");
	while (tell_much(ANA "/a", sent) != 0)
		turn();
	sent++;
	expect_much(&p, sent);
	assert_int_equal(count(&logged, "does not read"), 0);
	peer_close(&p);
}

/* All that a session may hold is kept for the next one. */
static void
much(void **state)
{
	struct server_config cfg = resumable;
	struct peer p, q;
	unsigned sent = 0;

	(void)state;
	cfg.resume_timeout = 0.2;
	start(cfg);
	arrive(&p, BIND("a"));
	for (; tell_much(ANA "/a", sent) == 0 && sent < 1500; turn()) {
		peer_read(&p);
		sent++;
	}
	assert_int_equal(sent, 1500);
	vanish(&p);
	wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
	assert_int_equal(count(&logged, "given up"), 0);
	enter(&q, BIND("b"));
	peer_send(&q, "<presence/>");
	expect_much(&q, sent);
	peer_close(&q);
}

/* The spool was slow: its user is there already. */
static void
put_late(void **state)
{
	static const char stanza[] = "<message to='" ANA "' id='old'/>";
	struct peer p;

	(void)state;
	start(resumable);
	join(&p, BIND("a"));
	link_put_kept(t.link, 0, ANA, stanza, strlen(stanza));
	peer_expect(&p, "id='old'><delay ");
	peer_close(&p);
}

/* Nothing that was taken is lost at the end, whatever a user may have. */
static void
last_words(void **state)
{
	struct server_config cfg = resumable;
	struct buf b = { 0 };
	struct peer p, q, w;
	unsigned sent = 0;

	(void)state;
	cfg.queue_max = 65536;
	start(cfg);
	join(&p, BIND("a"));
	join(&q, BIND("b"));
	join(&w, BIND("c"));
	assert_int_equal(tell(ANA, "all", LINK_KEEP), 0);
	for (unsigned i = 0; i < 100; i++, turn()) {
		sent += tell_much(ANA "/a", i) == 0;
		sent += tell_much(ANA "/b", i) == 0;
		sent += tell_much(ANA "/c", i) == 0;
		peer_read(&p);
		peer_read(&q);
		peer_read(&w);
	}
	assert_int_equal(sent, 300);
	link_shutdown(t.link);
	link_each_kept(t.link, list_kept, &b);
	assert_int_equal(count(&b, "-0000"), sent);
	assert_int_equal(count(&b, "'all'"), 1);
	assert_int_equal(count(&logged, "given up"), 0);
	buf_free(&b);
	peer_close(&p);
	peer_close(&q);
	peer_close(&w);
}

/* For a spool: what waits for a user, and what a client has not confirmed. */
static void
lists_kept(void **state)
{
	static const char stanza[] = "<message to='bob@irc.example/x'/>";
	struct buf b = { 0 };
	struct peer p;

	(void)state;
	start(resumable);
	link_put_kept(t.link, 1000, "bob@irc.example/x", stanza,
	    strlen(stanza));
	arrive(&p, BIND("a"));
	assert_int_equal(tell(ANA "/a", "1", LINK_KEEP), 0);
	assert_int_equal(tell(ANA "/a", "2", 0), 0);
	link_each_kept(t.link, list_kept, &b);
	assert_string_equal(text_of(&b), "bob@irc.example <message "
	    "to='bob@irc.example/x'/>;ana@irc.example <message "
	    "to='ana@irc.example/a' id='1'/>;");
	buf_clear(&b);
	link_describe(t.link, &b);
	assert_non_null(strstr(text_of(&b), "1 clients are logged in, 0 may "
	    "come back, 1 users have messages waiting"));
	buf_free(&b);
	peer_close(&p);
	authenticate(&p, BOB_AUTH);
	bind_as(&p, BIND("y"));
	peer_send(&p, "<presence/>");
	peer_expect(&p, "<message to='bob@irc.example/x'><delay xmlns='urn:"
	    "xmpp:delay' from='irc.example' stamp='1970-01-01T00:00:01.000Z'/>"
	    "</message>");
	peer_close(&p);
}

/* Who may be anybody sees nothing that was meant for the user, until it is
 * known that it is the user. */
static void
nothing_for_guests(void **state)
{
	struct peer p;

	(void)state;
	start(resumable);
	t.answer = "guest";
	assert_int_equal(tell(ANA, "early", LINK_KEEP), 0);
	join(&p, BIND("a"));
	assert_int_equal(tell(ANA, "late", LINK_KEEP), 0);
	assert_int_equal(say("presence", ANA), -1);
	assert_int_equal(tell(ANA "/a", "his", LINK_KEEP), 0);
	peer_expect(&p, "id='his'/>");
	assert_null(strstr(peer_text(&p), "early"));
	assert_null(strstr(peer_text(&p), "late"));
	link_trust(t.link, ANA);
	peer_expect(&p, "id='early'");
	peer_expect(&p, "id='late'");
	peer_close(&p);
}

/* Nor does it get what another session of the user has left. */
static void
guests_inherit_nothing(void **state)
{
	struct peer p, q;

	(void)state;
	start(resumable);
	arrive(&p, BIND("a"));
	vanish(&p);
	t.answer = "guest";
	ask_to_resume(&q, AUTH(ANA_PW), id, 0);
	peer_expect(&q, "<item-not-found");
	bind_as(&q, BIND("b"));
	enable(&q);
	assert_int_equal(tell(ANA "/b", "question", LINK_KEEP), 0);
	peer_expect(&q, "id='question'/>");
	vanish(&q);
	t.answer = "";
	/* What he has not read is of no use to the next. */
	join(&q, BIND("b"));
	assert_int_equal(say("presence", ANA "/b"), 0);
	peer_expect(&q, "<presence to='" ANA "/b'");
	assert_null(strstr(peer_text(&q), "question"));
	peer_close(&q);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(passes_on),
		TEST(not_twice),
		TEST(for_the_next),
		TEST(rooms_are_for_one),
		TEST(queue_bound),
		TEST(back_in_order),
		TEST(much),
		TEST(put_late),
		TEST(last_words),
		TEST(lists_kept),
		TEST(nothing_for_guests),
		TEST(guests_inherit_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
