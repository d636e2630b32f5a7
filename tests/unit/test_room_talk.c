/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* What is said in rooms, both ways: nothing is lost, nothing shown twice. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/room_data.h"
#include "manager/gateway/room_history.h"

static void
accepted(struct asked *a, const char *id, bool echo)
{
	union result r = { .send = { .echo = echo } };

	if (id != NULL)
		r.send.ids = (struct strs){ &id, 1 };
	answer(a, &r);
}

static void
echoed(const char *nick, const char *origin, const char *id, const char *body)
{
	union params p = { .message = {
		.user = ANA, .from = "#cats", .kind = "groupchat",
		.nick = nick, .body = body, .id = id, .origin = origin,
	} };

	up(up_room_message, &p);
}

static void
shown_when_accepted(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	join_as(PHONE, "ana", "");
	kit.seen = kit.nsent;
	say_as(PC, "c1", "hi &amp; ho");
	a = expect_asked("groupchat #cats c1 hi & ho");
	expect_nothing();
	assert_int_equal(kit.user->inflight, 1);
	accepted(a, "net7", false);
	assert_int_equal(kit.user->inflight, 0);
	expect("from='" CATS "/ana'", "to='" PC "'", "type='groupchat'",
	    "id='c1'", "<body>hi &amp; ho</body>",
	    "<stanza-id xmlns='urn:xmpp:sid:0' id='net7' by='" CATS "'/>",
	    "<occupant-id ");
	expect_no("<delay");
	expect("to='" PHONE "'", "id='c1'");
	expect_nothing();
	say_as(PC, "c2", "without an id of the network");
	answer(expect_asked("groupchat #cats c2 without an id of the network"),
	    NULL);
	expect("id='c2'", "<stanza-id xmlns='urn:xmpp:sid:0' id='token-");
	expect("to='" PHONE "'");
	expect_nothing();
}

/* Profanity shows its own message twice when this one is gone. */
static void
origin_id_comes_back(void **state)
{
	(void)state;
	enter();
	send_to(down_room_message, NULL, "<message from='" PC "' to='" CATS
	    "' type='groupchat' id='c1'><body>x</body>"
	    "<origin-id xmlns='urn:xmpp:sid:0' id='o&amp;1'/></message>");
	accepted(expect_asked("groupchat #cats c1 x"), "net7", false);
	expect("id='c1'", "<origin-id xmlns='urn:xmpp:sid:0' id='o&amp;1'/>");
	say_as(PC, "c2", "without");
	accepted(expect_asked("groupchat #cats c2 without"), NULL, false);
	expect("id='c2'");
	expect_no("<origin-id");
	expect_nothing();
}

static void
shown_when_echoed(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	say_as(PC, "c1", "one");
	say_as(PC, "c2", "two");
	a = expect_asked("groupchat #cats c1 one");
	accepted(a, NULL, true);
	expect_nothing();
	echoed("ana", "c1", "net1", "one");
	expect("id='c1'", "one", "id='net1'");
	/* The other way round: echo first, then the answer. */
	a = expect_asked("groupchat #cats c2 two");
	echoed("ana", "c2", "net2", "two");
	expect("id='c2'", "two");
	accepted(a, NULL, true);
	expect_nothing();
	assert_true(TAILQ_EMPTY(&cats()->sends));
}

static void
echo_never_comes(void **state)
{
	(void)state;
	enter();
	say_as(PC, "c1", "one");
	accepted(expect_asked("groupchat #cats c1 one"), NULL, true);
	room_due(cats(), ev_now(kit.gw.loop) + 59);
	expect_nothing();
	room_due(cats(), ev_now(kit.gw.loop) + 61);
	expect("id='c1'", "one");
	echoed("ana", "c1", "net1", "one");
	expect_nothing();
}

static void
refused(void **state)
{
	static const struct {
		const char *code, *condition;
	} cases[] = {
		{ ERR_FORBIDDEN, "<forbidden " },
		{ ERR_TOO_LONG, "<policy-violation " },
		{ ERR_QUEUE_FULL, "<resource-constraint " },
		{ ERR_LOST, "<remote-server-timeout " },
	};

	(void)state;
	enter();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		say_as(PC, "c1", "x");
		answer_error(expect_asked("groupchat #cats c1 x"),
		    cases[i].code, "why");
		expect("<message type='error' from='" CATS "' to='" PC
		    "' id='c1'", cases[i].condition);
		expect_nothing();
	}
	assert_int_equal(kit.user->inflight, 0);
}

static void
not_in(void **state)
{
	(void)state;
	say_as(PC, "c1", "x");
	expect("type='error'", "<not-acceptable ");
	enter();
	say_as(PHONE, "c1", "x");
	expect("type='error'", "to='" PHONE "'", "<not-acceptable ");
	send_to(down_room_message, NULL, "<message from='" PC "' to='" CATS
	    "/bob' type='groupchat'><body>x</body></message>");
	expect("type='error'", "<bad-request ");
	send_to(down_room_message, NULL, "<message from='" PC "' to='" CATS
	    "'><body>x</body></message>");
	expect("type='error'", "<bad-request ");
	assert_int_equal(asked_at, nasked);
}

static void
too_much_under_way(void **state)
{
	(void)state;
	enter();
	for (int i = 0; i < 4; i++) {
		say_as(PC, "c", "x");
		expect_asked("groupchat #cats c x");
	}
	say_as(PC, "c5", "x");
	expect("id='c5'", "<resource-constraint ");
	assert_int_equal(asked_at, nasked);
}

/* Sent together with the request to join, as bots do. */
static void
said_before_being_in(void **state)
{
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	for (int i = 0; i < 4; i++)
		say_as(PC, i == 3 ? "c4" : "c", "early");
	expect("id='c4'", "<resource-constraint ");
	joined(a, "ana");
	expect("<status code='110'/>");
	for (int i = 0; i < 3; i++)
		expect_asked("groupchat #cats c early");
	assert_int_equal(asked_at, nasked);
	assert_int_equal(cats()->nunsent, 0);
}

static void
said_before_being_refused(void **state)
{
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	say_as(PC, "c1", "early");
	answer_error(a, ERR_BANNED, "no");
	expect("<presence type='error'", "<forbidden ");
	expect("<message type='error'", "id='c1'", "<not-acceptable ");
	expect_nothing();
}

static void
last_words(void **state)
{
	struct asked *say, *leave;

	(void)state;
	enter();
	say_as(PC, "c1", "farewell");
	say = expect_asked("groupchat #cats c1 farewell");
	leave_from(PC);
	expect("type='unavailable'");
	leave = expect_asked("leave #cats bye");
	accepted(say, NULL, true);
	answer(leave, NULL);
	expect_nothing();
	assert_null(cats());
	/* ... and when they could not be said, the one who left is told. */
	enter();
	say_as(PC, "c2", "farewell");
	say = expect_asked("groupchat #cats c2 farewell");
	leave_from(PC);
	expect("type='unavailable'");
	expect_asked("leave #cats bye");
	answer_error(say, ERR_FORBIDDEN, NULL);
	expect("id='c2'", "<forbidden ");
}

static void
subject_set(void **state)
{
	(void)state;
	enter();
	send_to(down_room_message, NULL, "<message from='" PC "' to='" CATS
	    "' type='groupchat' id='s1'><subject>mice</subject></message>");
	answer_error(expect_asked("subject #cats mice"), ERR_FORBIDDEN,
	    "ops only");
	expect("type='error'", "id='s1'", "<forbidden ", "ops only");
	send_to(down_room_message, NULL, "<message from='" PC "' to='" CATS
	    "' type='groupchat' id='s2'><subject/></message>");
	answer(expect_asked("subject #cats "), NULL);
	expect_nothing();
	subject("mice");
	expect("from='" CATS "/bob'", "<subject>mice</subject>");
	expect_nothing();
}

static void
from_the_network(void **state)
{
	union params p = { .message = {
		.user = ANA, .from = "#cats", .kind = "groupchat",
		.nick = "not here", .body = "old", .time = 1500000000123,
		.id = "n1", .replaces = "n0",
		.xhtml = "<b>old</b><script>bad()</script>",
	} };

	(void)state;
	enter();
	up(up_room_message, &p);
	expect("from='" CATS "/not here'", "<body>old</body>", "<b",
	    "<delay xmlns='urn:xmpp:delay' stamp='2017-07-14T02:40:00.123Z'",
	    "<replace xmlns='urn:xmpp:message-correct:0' id='n0'/>",
	    "id='n1'");
	expect_no("<script");
	/* The same again is history told twice. */
	up(up_room_message, &p);
	expect_nothing();
	said(NULL, NULL, "the room itself");
	expect("from='" CATS "' ", "the room itself");
	expect_no("<occupant-id");
	said("bob", NULL, "a\x01" "b\xff<c>");
	expect("from='" CATS "/bob'", "&lt;c&gt;", "id='token-");
	expect_no("\x01");
	expect_nothing();
}

static void
of_no_room(void **state)
{
	union params p = { .message = {
		.user = ANA, .from = "#dogs", .kind = "private",
		.nick = "rex", .body = "woof", .id = "n1",
	} };

	(void)state;
	said("bob", "n1", "x");
	occupant("bob", NULL, false);
	gone("bob", "left", NULL, NULL);
	subject("x");
	closed("x", false);
	expect_nothing();
	/* A private message is for the user wherever it comes from. */
	up(up_room_private, &p);
	expect("from='#dogs@irc.example/rex'", "to='" ANA "'", "type='chat'",
	    "woof", "<x xmlns='http://jabber.org/protocol/muc#user'/>");
}

static void
private_messages(void **state)
{
	union params p = { .message = {
		.user = ANA, .from = "#cats", .kind = "private",
		.nick = "bob", .body = "psst", .id = "n1",
	} };
	struct asked *a;

	(void)state;
	enter();
	join_as(PHONE, "ana", "");
	kit.seen = kit.nsent;
	up(up_room_private, &p);
	expect("from='" CATS "/bob'", "to='" PC "'", "type='chat'", "psst",
	    "muc#user");
	expect("to='" PHONE "'", "psst");
	expect_nothing();
	send_to(down_room_private, NULL, "<message from='" PC "' to='" CATS
	    "/bob' type='chat' id='p1'><body>what?</body>"
	    "<request xmlns='urn:xmpp:receipts'/></message>");
	a = expect_asked("private bob p1 what?");
	answer(a, &(union result){ .send = { .delivered = true } });
	expect("from='" CATS "/bob'", "to='" PC "'", "<received ", "id='p1'");
	expect_nothing();
	send_to(down_room_private, NULL, "<message from='" PC "' to='" CATS
	    "/nobody' type='chat' id='p2'><body>x</body></message>");
	expect("from='" CATS "/nobody'", "id='p2'", "<item-not-found ");
	send_to(down_room_private, NULL, "<message from='" ANA "/tv' to='"
	    CATS "/bob' type='chat' id='p3'><body>x</body></message>");
	expect("id='p3'", "<not-acceptable ");
	assert_int_equal(asked_at, nasked);
}

static void
without_words(void **state)
{
	(void)state;
	enter();
	send_to(down_room_message, NULL, "<message from='" PC "' to='" CATS
	    "' type='groupchat'><active xmlns="
	    "'http://jabber.org/protocol/chatstates'/></message>");
	expect_nothing();
	assert_int_equal(asked_at, nasked);
	send_to(down_room_message, NULL, "<message from='" PC "' to='" CATS
	    "' type='groupchat' id='r'><reactions xmlns="
	    "'urn:xmpp:reactions:0' id='n1'/></message>");
	expect("id='r'", "<feature-not-implemented ");
}

/* ----------------------------------------------------------------- history */

static void
history_wishes(void **state)
{
	static const struct {
		const char *wish;
		size_t shown;
	} cases[] = {
		{ "", 5 },
		{ "<history maxstanzas='2'/>", 2 },
		{ "<history maxstanzas='0'/>", 0 },
		{ "<history maxstanzas='-1'/>", 5 },
		{ "<history maxstanzas='99999999999999999999999'/>", 5 },
		{ "<history maxchars='0'/>", 0 },
		{ "<history maxchars='1000'/>", 2 },
		{ "<history seconds='100000'/>", 5 },
		{ "<history since='2000-01-01T00:00:00Z'/>", 5 },
		{ "<history since='2100-01-01T00:00:00.5+01:00'/>", 0 },
		{ "<history since='tomorrow'/>", 5 },
	};

	(void)state;
	enter();
	for (int i = 0; i < 7; i++)
		said("bob", NULL, i < 2 ? "too old" : "kept");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		kit.seen = kit.nsent;
		join_as(PHONE, "ana", cases[i].wish);
		expect("/bob'");
		expect("<status code='110'/>");
		for (size_t n = 0; n < cases[i].shown; n++)
			expect("<message", "kept", "<delay ", "to='" PHONE);
		expect("<subject/>");
		expect_nothing();
	}
}

static void
history_ring(void **state)
{
	struct room_history *h = NULL;
	struct past p = { .body = "b", .time = 1 };
	char id[8];

	(void)state;
	room_history_add(&h, &p, 0);
	assert_null(h);
	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "%d", i);
		p.id = id;
		room_history_add(&h, &p, 3);
	}
	assert_int_equal(room_history_count(h), 3);
	assert_string_equal(room_history_at(h, 0)->id, "7");
	assert_string_equal(room_history_at(h, 2)->id, "9");
	assert_null(room_history_at(h, 3));
	assert_true(room_history_has(h, "8"));
	assert_false(room_history_has(h, "6"));
	room_history_destroy(h);
	room_history_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(shown_when_accepted),
		room_test(origin_id_comes_back),
		room_test(shown_when_echoed),
		room_test(echo_never_comes),
		room_test(refused),
		room_test(not_in),
		room_test(too_much_under_way),
		room_test(said_before_being_in),
		room_test(said_before_being_refused),
		room_test(last_words),
		room_test(subject_set),
		room_test(from_the_network),
		room_test(of_no_room),
		room_test(private_messages),
		room_test(without_words),
		room_test(history_wishes),
		cmocka_unit_test(history_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
