/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Reactions, answers, taking back and typing, both ways. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/gesture.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/quote.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_history.h"
#include "manager/store/archive.h"

#define ALL	" chat_states replies reactions retraction "

static void
say_raw(down_handler *handle, const char *to, const char *inside)
{
	send_to(handle, NULL, "<message from='" PC "' to='%s' type='%s' "
	    "id='q1'>%s</message>", to, handle == down_room_message ?
	    "groupchat" : "chat", inside);
}

static void
begin(void)
{
	kit.features = ALL;
	enter();
	join_as(PHONE, "ana", "");
	kit.seen = kit.nsent;
}

/* Bob has said it: the stanza id is m1. */
static void
bob_says(const char *id, const char *body, struct msg_reply *reply)
{
	union params p = { .message = { .user = ANA, .from = "#cats",
		.kind = "groupchat", .nick = "bob", .body = body, .id = id,
		.reply_to = reply } };

	up(up_room_message, &p);
}

static void
reactions_of_a_room(void **state)
{
	const char *emojis[] = { "x", "y" };
	union params p = { .reaction = { .user = ANA, .peer = "bob",
		.room = "#cats", .id = "m1", .emojis = { emojis, 2 } } };
	struct asked *a;

	(void)state;
	begin();
	up(up_reaction, &p);
	expect("from='" CATS "/bob'", "to='" PC "'", "type='groupchat'",
	    "<reactions xmlns='urn:xmpp:reactions:0' id='m1'>",
	    "<reaction>x</reaction><reaction>y</reaction>");
	expect("to='" PHONE "'", "id='m1'");
	expect_nothing();
	/* Hers come back from the network, not from us. */
	say_raw(down_room_message, CATS, "<reactions id='m1' xmlns='"
	    NS_REACTIONS "'><reaction>z</reaction></reactions>"
	    "<body>for old clients</body>");
	a = expect_asked("react #cats #cats m1 1 z");
	answer(a, NULL);
	expect_nothing();
	say_raw(down_room_message, CATS, "<reactions id='m1' xmlns='"
	    NS_REACTIONS "'/>");
	answer_error(expect_asked("react #cats #cats m1 0 -"),
	    ERR_NOT_SUPPORTED, "no");
	expect("type='error'", "id='q1'", "feature-not-implemented", ">no<");
	/* In private it is between the two. */
	p.reaction.private = true;
	up(up_reaction, &p);
	expect("from='" CATS "/bob'", "type='chat'");
	expect("to='" PHONE "'", "type='chat'");
	say_raw(down_room_private, CATS "/bob", "<reactions id='m1' xmlns='"
	    NS_REACTIONS "'><reaction>z</reaction></reactions>");
	expect_asked("react bob #cats m1 1 z");
	/* Of no room. */
	p.reaction.room = "#dogs";
	up(up_reaction, &p);
	expect_nothing();
}

static void
ids_of_clients(void **state)
{
	const char *id = "net7";
	union result r = { .send = { .ids = { &id, 1 } } };

	(void)state;
	begin();
	say_as(PC, "c1", "hi");
	answer(expect_asked("groupchat #cats c1 hi"), &r);
	expect("id='net7'");
	expect("id='net7'");
	/* By the id of the stanza, as old clients do. */
	say_raw(down_room_message, CATS, "<retract id='c1' xmlns='" NS_RETRACT
	    "'/><body>/me took it back</body>");
	answer(expect_asked("retract #cats #cats net7 -"), NULL);
	expect_nothing();
	/* In private both are remembered. */
	say_raw(down_room_private, CATS "/bob", "<body>psst</body>");
	answer(expect_asked("private bob q1 psst"), &r);
	say_raw(down_room_private, CATS "/bob", "<retract id='q1' xmlns='"
	    NS_RETRACT "'/>");
	expect_asked("retract bob #cats net7 -");
	assert_string_equal(ids_origin(kit.user, "net7"), "q1");
	assert_string_equal(ids_origin(kit.user, "net8"), "net8");
	assert_null(ids_network(kit.user, NULL));
}

static void
ids_are_bounded(void **state)
{
	struct user u = { 0 };
	char a[16], b[16];

	(void)state;
	for (int i = 0; i < IDS_MAX + 5; i++) {
		const char *network = b;

		snprintf(a, sizeof(a), "a%d", i);
		snprintf(b, sizeof(b), "b%d", i);
		ids_note(&u, a, &(struct strs){ &network, 1 });
	}
	assert_string_equal(ids_network(&u, "a4"), "a4");
	assert_string_equal(ids_network(&u, "a5"), "b5");
	assert_string_equal(ids_origin(&u, "b204"), "a204");
	ids_free(u.ids);
}

static void
taken_back(void **state)
{
	union params p = { .retracted = { .user = ANA, .peer = "bob",
		.room = "#cats", .id = "m1" } };

	(void)state;
	begin();
	bob_says("m1", "oops", NULL);
	expect("oops");
	expect("oops");
	up(up_retracted, &p);
	expect("from='" CATS "/bob'", "type='groupchat'",
	    "<retract xmlns='urn:xmpp:message-retract:1' id='m1'");
	expect("to='" PHONE "'");
	/* Whoever joins now does not read it. */
	assert_string_equal(room_history_at(cats()->history, 0)->body, "");
	join_as(ANA "/tablet", "ana", "");
	expect("/bob'");
	expect("to='" ANA "/tablet'", "/ana'");
	expect("from='" CATS "/bob'", "<retracted ", "<stanza-id");
	expect_no("oops");
	expect_no("<body");
	expect("<subject");
	p.retracted.moderated_by = "carl";
	p.retracted.reason = "spam";
	up(up_retracted, &p);
	expect("from='" CATS "'", "<moderated xmlns='" NS_MODERATE
	    "' by='" CATS "/carl'/>", "<reason>spam</reason>");
	expect("to='" PHONE "'");
	expect("to='" ANA "/tablet'");
	expect_nothing();
}

/* ------------------------------------------------------------- the archive */

/* All that the archive has, oldest first. */
static void
read_archive(void)
{
	kit.seen = kit.nsent;
	send_to(down_mam_query, NS_MAM, "<iq type='set' id='q' from='" PC
	    "' to='" CATS "'><query xmlns='urn:xmpp:mam:2'/></iq>");
	archive_kit_answer();
}

static void
taken_back_in_the_archive(void **state)
{
	union params p = { .retracted = { .user = ANA, .peer = "bob",
		.room = "#cats", .id = "m1" } };

	(void)state;
	kit.features = ALL;
	enter_new();
	bob_says("m1", "oops", NULL);
	bob_says("m2", "fine", NULL);
	up(up_retracted, &p);
	read_archive();
	expect("id='m1'", "from='" CATS "/bob'", "<retracted ", "stamp='");
	expect_no("oops");
	expect_no("<body");
	expect("id='m2'", "fine");
	/* A client that knows m1 hears of it, too. */
	expect("<retract ", "id='m1'", "from='" CATS "/bob'", "<stanza-id",
	    "<body>/me took a message back.</body>");
	expect("<fin");
	/* Said so long ago that only the archive knows it. */
	archive_kit_put("#cats", &(struct store_said){ "m0", "eve", 1000, "x",
	    1 });
	p.retracted.id = "m0";
	p.retracted.moderated_by = "carl";
	p.retracted.reason = "spam";
	up(up_retracted, &p);
	read_archive();
	kit.seen += 3;
	expect("id='m0'", "from='" CATS "/eve'", "<retracted ",
	    "<moderated xmlns='" NS_MODERATE "' by='" CATS "/carl'/>",
	    "<reason>spam</reason>");
}

/* After a restart history comes from there. */
static void
taken_back_for_good(void **state)
{
	union params p = { .retracted = { .user = ANA, .peer = "bob",
		.room = "#cats", .id = "m1" } };

	(void)state;
	kit.features = ALL;
	enter_new();
	bob_says("m1", "oops", NULL);
	up(up_retracted, &p);
	leave_from(PC);
	answer(expect_asked("leave #cats bye"), NULL);
	kit.seen = kit.nsent;
	enter();
	archive_kit_answer();
	expect("/bob'");
	expect("/ana'");
	expect("id='m1'", "<retracted ");
	expect_no("oops");
	expect("<subject/>");
	expect_nothing();
}

static void
taken_back_without_end(void **state)
{
	union params p = { .retracted = { .user = ANA, .peer = "bob",
		.room = "#cats", .id = "none" } };

	(void)state;
	kit.features = ALL;
	enter_new();
	kit.record = "0";
	rooms_settings_changed(kit.user);
	for (int i = 0; i < 90; i++)
		up(up_retracted, &p);
	archive_kit_put("#cats", &(struct store_said){ "m0", "eve", 1000, "x",
	    1 });
	p.retracted.id = "m0";
	up(up_retracted, &p);
	assert_true(archive_kit.said[0].len > 1);
	archive_kit.said[0].len = 1;
	for (int i = 0; i < 20; i++)
		up(up_retracted, &p);
	archive_kit.said[0].len = 1;
	up(up_retracted, &p);
	assert_int_equal(archive_kit.said[0].len, 1);
}

static void
reactions_in_the_archive(void **state)
{
	const char *emojis[] = { "x", "y" };
	union params p = { .reaction = { .user = ANA, .peer = "bob",
		.room = "#cats", .id = "m1", .emojis = { emojis, 2 } } };

	(void)state;
	kit.features = ALL;
	enter_new();
	up(up_reaction, &p);
	p.reaction.emojis.n = 0;
	up(up_reaction, &p);
	read_archive();
	expect("from='" CATS "/bob'", "<reactions xmlns='" NS_REACTIONS
	    "' id='m1'><reaction>x</reaction><reaction>y</reaction>");
	expect_no("<body");
	expect("from='" CATS "/bob'", "<reactions xmlns='" NS_REACTIONS
	    "' id='m1'/>");
	expect("<fin");
	assert_int_equal(room_history_count(cats()->history), 0);
}

static void
moderated(void **state)
{
	(void)state;
	begin();
	send_to(down_room_moderate, NS_MODERATE, "<iq type='set' id='i1' "
	    "from='" PC "' to='" CATS "'><moderate id='m1' xmlns='"
	    NS_MODERATE "'><retract xmlns='" NS_RETRACT
	    "'/><reason>spam</reason></moderate></iq>");
	answer(expect_asked("retract #cats #cats m1 spam"), NULL);
	expect("<iq", "type='result'", "id='i1'");
	send_to(down_room_moderate, NS_MODERATE, "<iq type='set' id='i2' "
	    "from='" PC "' to='" CATS "'><moderate id='m1' xmlns='"
	    NS_MODERATE "'/></iq>");
	expect("type='error'", "id='i2'", "bad-request");
}

static void
typing(void **state)
{
	union params p = { .chat_state_up = { .user = ANA, .peer = "bob",
		.room = "#cats", .state = "composing" } };

	(void)state;
	begin();
	up(up_chat_state, &p);
	expect("from='" CATS "/bob'", "type='groupchat'", "<composing");
	expect_no("<body");
	expect("to='" PHONE "'");
	p.chat_state_up.state = "odd";
	up(up_chat_state, &p);
	expect_nothing();
	say_raw(down_room_message, CATS, "<composing xmlns='" NS_CHATSTATES
	    "'/>");
	expect_asked("state #cats #cats composing");
	say_raw(down_room_private, CATS "/bob", "<paused xmlns='"
	    NS_CHATSTATES "'/>");
	expect_asked("state bob #cats paused");
}

static void
answers(void **state)
{
	struct msg_reply reply = { .id = "m1", .author = "ana",
		.text = "h\xc3\xb6\nho" };

	(void)state;
	begin();
	bob_says("m2", "yes", &reply);
	expect("<body>&gt; h\xc3\xb6\n&gt; ho\nyes</body>",
	    "<reply xmlns='urn:xmpp:reply:0' to='" CATS "/ana' id='m1'/>",
	    "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
	    "<body start='0' end='10'/></fallback>");
	expect("to='" PHONE "'");
	/* What the client repeats goes beside what it says. */
	say_raw(down_room_message, CATS, "<body>&gt; yes\nno</body>"
	    "<reply xmlns='" NS_REPLY "' id='m2' to='" CATS "/bob'/>"
	    "<fallback xmlns='" NS_FALLBACK "' for='" NS_REPLY
	    "'><body start='0' end='6'/></fallback>");
	answer(expect_asked("groupchat #cats q1 > yes\nno"), NULL);
	expect("<body>&gt; yes\nno</body>", "to='" CATS "/bob' id='m2'",
	    "end='6'");
	expect("to='" PHONE "'");
	/* An absurd range. */
	say_raw(down_room_message, CATS, "<body>no</body>"
	    "<reply xmlns='" NS_REPLY "' id='m2'/><fallback xmlns='"
	    NS_FALLBACK "' for='" NS_REPLY
	    "'><body start='0' end='999999999999'/></fallback>");
	expect_asked("groupchat #cats q1 no");
}

static void
what_a_room_lacks(void **state)
{
	const char *features[] = { "replies" };

	(void)state;
	begin();
	gesture_learn(cats(), &(struct strs){ features, 1 });
	say_raw(down_room_message, CATS, "<reactions id='m1' xmlns='"
	    NS_REACTIONS "'/>");
	expect("type='error'", "feature-not-implemented", "in this room");
	say_raw(down_room_message, CATS, "<retract id='m1' xmlns='" NS_RETRACT
	    "'/>");
	expect("type='error'", "feature-not-implemented");
	say_raw(down_room_message, CATS, "<composing xmlns='" NS_CHATSTATES
	    "'/>");
	expect_nothing();
	assert_true(gesture_can(&kit.gw, cats(), "replies"));
	assert_false(gesture_can(&kit.gw, cats(), "reactions"));
	assert_true(gesture_can(&kit.gw, NULL, "reactions"));
	gesture_learn(cats(), &(struct strs){ NULL, 0 });
	assert_true(gesture_can(&kit.gw, cats(), "reactions"));
	say_raw(down_room_message, CATS, "<reactions xmlns='" NS_REACTIONS
	    "'/>");
	expect("type='error'", "bad-request");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(reactions_of_a_room),
		room_test(ids_of_clients),
		cmocka_unit_test(ids_are_bounded),
		room_test(taken_back),
		archive_test(taken_back_in_the_archive),
		archive_test(taken_back_for_good),
		archive_test(taken_back_without_end),
		archive_test(reactions_in_the_archive),
		room_test(moderated),
		room_test(typing),
		room_test(answers),
		room_test(what_a_room_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
