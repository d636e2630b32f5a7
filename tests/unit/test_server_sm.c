/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* Stream management (XEP-0198), with clients that lose their connection. */
#include "tests/unit/server_kit.h"

#include "util/pack.h"

#define SM "xmlns='urn:xmpp:sm:3'"
#define BOB_AUTH AUTH("AGJvYgBwdw==")		/* \0bob\0pw */
#define ANA "ana@irc.example"

static char id[64];		/* of the last session that was enabled */

static const struct server_config resumable = {
	.resume_timeout = 60, .many_resources = true,
};

static void
enable(struct peer *p)
{
	const char *s;

	peer_send(p, "<enable " SM " resume='true'/>");
	peer_expect(p, "<enabled " SM " id='");
	peer_expect(p, "/>");
	s = strstr(peer_text(p), "id='") + 4;
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(s, "'"), s);
	peer_forget(p);
}

/* Ana, bound and resumable. */
static void
arrive(struct peer *p, const char *bind)
{
	enter(p, bind);
	enable(p);
}

static int
tell(const char *to, const char *name, unsigned flags)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, "message");
	xml_attr(x, "to", to);
	xml_attr(x, "id", name);
	xml_close(x);
	return link_end(t.link, to, flags);
}

static void
ask_to_resume(struct peer *p, const char *auth, const char *previd, unsigned h)
{
	char text[256];

	authenticate(p, auth);
	snprintf(text, sizeof(text), "<resume " SM " previd='%s' h='%u'/>",
	    previd, h);
	peer_send(p, text);
}

/* The network is gone, without a word. */
static void
vanish(struct peer *p)
{
	peer_close(p);
	wait_for(count(&logged, "it may come back") > 0);
	buf_clear(&logged);
}

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

/* Bounded while it is away; a login in its place gets what waits. */
static void
queue_bound(void **state)
{
	struct server_config cfg = resumable;
	char big[1001];
	struct peer p, q;
	unsigned sent = 0;

	(void)state;
	cfg.queue_max = 65536;
	cfg.many_resources = false;
	memset(big, 'x', 1000);
	big[1000] = '\0';
	start(cfg);
	arrive(&p, BIND("a"));
	vanish(&p);
	while (tell(ANA "/a", big, LINK_KEEP) == 0)
		assert_true(++sent < 100);
	assert_true(sent > 50);
	assert_int_equal(count(&t.seen, "(gone"), 0);
	enter(&q, BIND("b"));
	peer_send(&q, "<presence/>");
	for (unsigned i = 0; i < sent; i++) {
		peer_expect(&q, big);
		buf_consume(&q.in, (size_t)(strstr(peer_text(&q), big) -
		    peer_text(&q)) + 1000);
	}
	peer_close(&q);
	wait_for(link_clients(t.link, ANA) == 0);
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

/* ---------------------------------------------------------------- handover */

static struct packer packer;
static struct unpacker *unpacker;

static void
hand_over(struct server_config cfg)
{
	char *why = NULL;
	int *saved;

	link_freeze(t.link, true);
	pack_map(&packer, NULL);
	link_handover(t.link, &packer);
	pack_end(&packer);
	saved = xreallocarray(NULL, packer.nfds + 1, sizeof(*saved));
	for (size_t i = 0; i < packer.nfds; i++)
		saved[i] = dup(packer.fds[i]);
	link_destroy(t.link);
	later_run();
	for (size_t i = 0; i < packer.nfds; i++) {
		assert_int_equal(dup2(saved[i], packer.fds[i]),
		    packer.fds[i]);
		close(saved[i]);
	}
	free(saved);
	buf_clear(&t.seen);
	unpacker = unpack_open(buf_data(&packer.out), buf_len(&packer.out));
	assert_non_null(unpacker);
	cfg.domain = "IRC.example";
	cfg.address = "127.0.0.1";
	t.link = server_adopt(loop, &cfg, &events, &t, unpack_root(unpacker),
	    &why);
	if (t.link == NULL)
		fail_msg("%s", why);
}

static int
clean_up(void **state)
{
	unpack_close(unpacker);
	unpacker = NULL;
	pack_free(&packer);
	return tear_down(state);
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

static void
list_kept(void *ctx, int64_t ms, const char *to, const char *stanza, size_t len)
{
	assert_true(ms > 0);
	buf_addf(ctx, "%s %.*s;", to, (int)len, stanza);
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
		TEST(passes_on),
		TEST(rooms_are_for_one),
		TEST(queue_bound),
		TEST(does_not_read),
		TEST(hands_over),
		TEST(lists_kept),
		TEST(thaws),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
