/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* Stream management (XEP-0198), with clients that lose their connection. */
#include "tests/unit/server_sm_kit.h"

static void
enables(void **state)
{
	struct peer p, q;

	(void)state;
	start(resumable);
	authenticate(&p, AUTH(ANA_PW));
	peer_send(&p, "<enable " SM "/>");
	peer_expect(&p, "<failed " SM "><unexpected-request ");
	bind_as(&p, BIND("a"));
	peer_send(&p, "<enable " SM " resume='1' max='7'/>");
	peer_expect(&p, "<enabled " SM " id='");
	peer_expect(&p, "' max='7' resume='true'/>");
	peer_forget(&p);
	peer_send(&p, "<enable " SM "/>");
	peer_expect(&p, "<failed " SM "><unexpected-request ");
	enter(&q, BIND("b"));
	peer_send(&q, "<r " SM "/>");
	peer_expect(&q, "<failed " SM "><unexpected-request ");
	peer_send(&q, "<enable " SM "/>");
	peer_expect(&q, "<enabled " SM "/>");
	peer_close(&q);
	wait_for(count(&t.seen, "(gone ana@irc.example/b)") == 1);
	peer_close(&p);
}

static void
not_offered(void **state)
{
	struct peer p;

	(void)state;
	start((struct server_config){ 0 });
	enter(&p, BIND("a"));
	peer_send(&p, "<enable " SM " resume='true'/>");
	peer_expect(&p, "<enabled " SM "/>");
	peer_close(&p);
	wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
}

static void
acknowledges(void **state)
{
	struct peer p;

	(void)state;
	start(resumable);
	arrive(&p, BIND("a"));
	peer_send(&p, "<r " SM "/>");
	peer_expect(&p, "<a " SM " h='0'/>");
	/* All stanzas count, also those that are done with here. */
	peer_send(&p, "<presence/><iq type='set' id='s'><session xmlns="
	    "'urn:ietf:params:xml:ns:xmpp-session'/></iq>"
	    "<message to='@'/><r " SM "/>");
	peer_expect(&p, "<a " SM " h='3'/>");
	/* The two answers count too; we ask once for what one turn says. */
	peer_expect(&p, "jid-malformed");
	peer_expect(&p, "<r " SM "/>");
	peer_forget(&p);
	peer_send(&p, "<a " SM " h='2'/>");
	for (int i = 0; i < 3; i++)
		assert_int_equal(tell(ANA "/a", "m", 0), 0);
	peer_expect(&p, "<message to='" ANA "/a' id='m'/><r " SM "/>");
	assert_int_equal(tell(ANA "/a", "n", 0), 0);
	turns(0.05);
	peer_read(&p);
	assert_null(strstr(peer_text(&p), "id='n'/><r "));
	peer_forget(&p);
	/* There is more to ask for by then. */
	peer_send(&p, "<a " SM " h='5'/>");
	peer_expect(&p, "<r " SM "/>");
	peer_send(&p, "<a " SM " h='6'/>");
	peer_send(&p, "<a " SM " h='6'/>");
	peer_send(&p, "<a " SM " h='7'/>");
	peer_expect(&p, "<stream:error><undefined-condition xmlns='urn:ietf:"
	    "params:xml:ns:xmpp-streams'/><handled-count-too-high " SM " h='7'"
	    " send-count='6'/></stream:error></stream:stream>");
	peer_expect_end(&p);
	wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
	peer_close(&p);
}

static void
bad_numbers(void **state)
{
	static const char *const rows[] = { "", "h=''", "h='x'", "h='-1'",
	    "h='1x'", "h='4294967296'", "h='99999999999999999999999'" };
	char text[128];
	struct peer p;

	(void)state;
	start(resumable);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		arrive(&p, BIND("a"));
		snprintf(text, sizeof(text), "<a " SM " %s/>", rows[i]);
		peer_send(&p, text);
		peer_expect(&p, ERROR("bad-format"));
		peer_expect_end(&p);
		peer_close(&p);
	}
	authenticate(&p, AUTH(ANA_PW));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		snprintf(text, sizeof(text), "<resume " SM " previd='x' %s/>",
		    rows[i]);
		peer_send(&p, text);
		peer_expect(&p, "<failed " SM "><bad-request ");
		peer_forget(&p);
	}
	peer_close(&p);
}

/* What it had confirmed does not come again, all else does, in order, and
 * what was said while it was away comes behind it. */
static void
resumes(void **state)
{
	struct peer p;
	char want[256];

	(void)state;
	start(resumable);
	arrive(&p, BIND("a"));
	peer_send(&p, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	assert_int_equal(tell(ANA "/a", "1", 0), 0);
	assert_int_equal(tell(ANA, "2", LINK_KEEP), 0);
	peer_expect(&p, "id='2'/>");
	vanish(&p);
	assert_int_equal(link_clients(t.link, ANA), 1);
	assert_int_equal(tell(ANA "/a", "3", LINK_KEEP), 0);
	assert_int_equal(say("iq", ANA "/a"), 0);
	assert_int_equal(count(&t.seen, "(gone"), 0);
	ask_to_resume(&p, AUTH(ANA_PW), id, 1);
	snprintf(want, sizeof(want), "<resumed " SM " previd='%s' h='1'/>"
	    "<message to='" ANA "' id='2'/><message to='" ANA
	    "/a' id='3'/><iq to='" ANA "/a'/>", id);
	peer_expect(&p, want);
	peer_expect(&p, "<r " SM "/>");
	assert_null(strstr(peer_text(&p), "id='1'"));
	peer_send(&p, "<a " SM " h='4'/><message to='x@irc.example'/><r " SM
	    "/>");
	peer_expect(&p, "<a " SM " h='2'/>");
	assert_int_equal(count(&t.seen, "(gone"), 0);
	assert_int_equal(count(&t.seen, "[" ANA "/a>x@irc.example"), 1);
	/* Still the same presence. */
	assert_int_equal(tell(ANA, "4", 0), 0);
	peer_expect(&p, "id='4'/>");
	/* And once more. */
	vanish(&p);
	ask_to_resume(&p, AUTH(ANA_PW), id, 5);
	peer_expect(&p, "h='2'/>");
	peer_send(&p, "</stream:stream>");
	wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
	peer_close(&p);
	assert_int_equal(link_clients(t.link, ANA), 0);
}

/* Its old connection only seems to be alive. */
static void
replaces(void **state)
{
	struct peer p, q;

	(void)state;
	start(resumable);
	arrive(&p, BIND("a"));
	assert_int_equal(tell(ANA "/a", "1", LINK_KEEP), 0);
	ask_to_resume(&q, AUTH(ANA_PW), id, 0);
	peer_expect(&q, "<resumed ");
	peer_expect(&q, "id='1'/>");
	peer_expect(&p, ERROR("conflict"));
	peer_expect_end(&p);
	assert_int_equal(link_clients(t.link, ANA), 1);
	assert_int_equal(tell(ANA "/a", "2", LINK_KEEP), 0);
	peer_expect(&q, "id='2'/>");
	peer_close(&p);
	turns(0.05);
	assert_int_equal(count(&t.seen, "(gone"), 0);
	peer_close(&q);
}

static void
refuses(void **state)
{
	struct peer p, q;

	(void)state;
	start(resumable);
	arrive(&p, BIND("a"));
	assert_int_equal(tell(ANA "/a", "1", 0), 0);
	peer_expect(&p, "id='1'/>");
	vanish(&p);
	ask_to_resume(&q, BOB_AUTH, id, 0);
	peer_expect(&q, "<failed " SM "><item-not-found xmlns="
	    "'urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
	bind_as(&q, BIND("b"));
	peer_close(&q);
	ask_to_resume(&q, AUTH(ANA_PW), "nonsense", 0);
	peer_expect(&q, "<failed " SM "><item-not-found ");
	bind_as(&q, BIND("b"));
	peer_send(&q, "<resume " SM " previd='x' h='0'/>");
	peer_expect(&q, "<failed " SM "><unexpected-request ");
	peer_close(&q);
	/* More than it was sent: the stream ends, the session does not. */
	ask_to_resume(&q, AUTH(ANA_PW), id, 2);
	peer_expect(&q, "<handled-count-too-high " SM " h='2' "
	    "send-count='1'/>");
	peer_expect_end(&q);
	peer_close(&q);
	ask_to_resume(&q, AUTH(ANA_PW), id, 1);
	peer_expect(&q, "<resumed ");
	peer_close(&q);
}

/* It does not come back: its messages wait for the user's next client, and
 * how much of its own was handled can still be told. */
static void
expires(void **state)
{
	struct server_config cfg = resumable;
	struct peer p;

	(void)state;
	cfg.resume_timeout = 0.2;
	start(cfg);
	enter(&p, BIND("a"));
	peer_send(&p, "<enable " SM " resume='true'/><presence/>");
	peer_expect(&p, "id='");
	snprintf(id, sizeof(id), "%.24s", strstr(peer_text(&p), "id='") + 4);
	id[strcspn(id, "'")] = '\0';
	wait_for(count(&t.seen, "<presence/>") == 1);
	assert_int_equal(tell(ANA "/a", "1", LINK_KEEP), 0);
	assert_int_equal(tell(ANA "/a", "2", 0), 0);
	assert_int_equal(say("iq", ANA "/a"), 0);
	peer_expect(&p, "<iq ");
	vanish(&p);
	assert_int_equal(tell(ANA, "3", LINK_KEEP), 0);
	wait_for(count(&t.seen, "(gone ana@irc.example/a)") == 1);
	ask_to_resume(&p, AUTH(ANA_PW), id, 0);
	peer_expect(&p, "<failed " SM " h='1'><item-not-found ");
	bind_as(&p, BIND("a"));
	peer_send(&p, "<presence/>");
	peer_expect(&p, "<message to='" ANA "/a' id='1'><delay xmlns="
	    "'urn:xmpp:delay' from='irc.example' stamp='");
	peer_expect(&p, "<message to='" ANA "' id='3'");
	assert_null(strstr(peer_text(&p), "id='2'"));
	assert_null(strstr(peer_text(&p), "<iq"));
	peer_close(&p);
}

/* One that does not read is taken for one whose connection is broken. */
static void
does_not_read(void **state)
{
	struct server_config cfg = resumable;
	char big[1001];
	struct peer p;
	unsigned sent = 0, got = 0;

	(void)state;
	cfg.queue_max = 65536;
	memset(big, 'x', 1000);
	big[1000] = '\0';
	start(cfg);
	arrive(&p, BIND("a"));
	p.deaf = true;
	for (; count(&logged, "it may come back") == 0; turn())
		sent += tell(ANA "/a", big, LINK_KEEP) == 0;
	assert_true(sent < 200);
	peer_close(&p);
	ask_to_resume(&p, AUTH(ANA_PW), id, 0);
	peer_expect(&p, "<resumed ");
	for (ev_tstamp end_ = ev_time() + PATIENCE; got < sent &&
	    ev_time() < end_; turn()) {
		peer_read(&p);
		got = count(&p.in, big);
	}
	assert_int_equal(got, sent);
	peer_close(&p);
}

static void
hands_over(void **state)
{
	struct server_config cfg = resumable;
	struct peer p, q, w;
	unsigned port;

	(void)state;
	start(cfg);
	wait_for(t.ups == 1);
	port = server_port(t.link);
	enter(&q, BIND("b"));
	peer_send(&q, "<presence/>");
	assert_int_equal(tell("bob@irc.example", "held", LINK_KEEP), 0);
	arrive(&p, BIND("a"));
	peer_send(&p, "<presence><priority>5</priority></presence>");
	wait_for(count(&t.seen, "<priority>") == 1);
	assert_int_equal(tell(ANA "/a", "1", LINK_KEEP), 0);
	assert_int_equal(tell(ANA "/a", "2", LINK_KEEP), 0);
	hand_over(cfg);
	assert_true(link_is_up(t.link));
	assert_int_equal(server_port(t.link), port);
	peer_expect(&q, ERROR("reset"));
	peer_expect(&q, "</stream:stream>");
	peer_expect_end(&q);
	peer_expect_end(&p);
	wait_for(count(&t.seen, "(gone ana@irc.example/b)") == 1);
	assert_int_equal(count(&t.seen, "(gone"), 1);
	assert_int_equal(link_clients(t.link, ANA), 1);
	assert_int_equal(tell(ANA, "3", LINK_KEEP), 0);
	ask_to_resume(&w, AUTH(ANA_PW), id, 1);
	peer_expect(&w, "' h='1'/><message to='" ANA "/a' id='2'/>"
	    "<message to='" ANA "' id='3'/>");
	peer_close(&w);
	authenticate(&w, BOB_AUTH);
	bind_as(&w, BIND("b"));
	peer_send(&w, "<presence/>");
	peer_expect(&w, "id='held'/>");
	assert_int_equal(t.ups, 1);
	peer_close(&p);
	peer_close(&q);
	peer_close(&w);
}

/* A frozen server does nothing, a thawed one goes on. */
static void
thaws(void **state)
{
	struct peer p, q;

	(void)state;
	start(resumable);
	arrive(&p, BIND("a"));
	assert_true(link_settled(t.link));
	link_freeze(t.link, true);
	peer_connect(&q, server_port(t.link));
	peer_send(&q, HEADER);
	peer_send(&p, "<presence/>");
	assert_int_equal(tell(ANA "/a", "1", LINK_KEEP), 0);
	turns(0.1);
	peer_read(&p);
	peer_read(&q);
	assert_int_equal(buf_len(&p.in) + buf_len(&q.in), 0);
	assert_int_equal(buf_len(&t.seen), 0);
	link_freeze(t.link, false);
	peer_expect(&p, "id='1'/>");
	peer_expect(&q, "</stream:features>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	peer_close(&p);
	peer_close(&q);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(enables),
		TEST(not_offered),
		TEST(acknowledges),
		TEST(bad_numbers),
		TEST(resumes),
		TEST(replaces),
		TEST(refuses),
		TEST(expires),
		TEST(does_not_read),
		TEST(hands_over),
		TEST(thaws),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
