/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote net protocol util */
/* Into rooms, out of them and back, where the room does not do its part, and
 * names in them that are meant to deceive.  The session is that of the
 * fuzzers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/fuzz/remote_session.h"

#include "backends/xmpp/down.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"

#define TEA	"tea@rooms.test"
#define HERE(nick, more) \
	"<presence from='" TEA "/" nick "'><x xmlns='" NS_MUC_USER "'>" \
	"<item affiliation='none' role='participant'/>" more "</x></presence>"
#define SELF	HERE("me", "<status code='110'/>")
#define GONE(codes) \
	"<presence type='unavailable' from='" TEA "/me'><x xmlns='" \
	NS_MUC_USER "'><item affiliation='none' role='none'/>" codes \
	"<status code='110'/></x></presence>"
#define SAID(nick, id, net, more) \
	"<message type='groupchat' from='" TEA "/" nick "' id='" id "'>" more \
	"<stanza-id xmlns='urn:xmpp:sid:0' by='" TEA "' id='" net "'/>" \
	"</message>"
#define INFO INFO_WITH("")
#define INFO_WITH(more) \
	"<iq type='result' id='0' from='" TEA "'><query xmlns='" \
	NS_DISCO_INFO "'><feature var='urn:xmpp:sid:0'/><feature var='" \
	NS_MODERATE "'/>" more "</query></iq>"

static struct session *s;
static struct room *r;
static struct {
	enum method	 method;	/* of the last answer */
	char		 code[40];	/* of it; "": done */
	unsigned	 closed;
	bool		 retry;		/* when closed last */
	char		 how[40];	/* somebody has gone */
	char		 replaces[40];	/* of the last message; "": nothing */
	char		 kind[40];	/* and its kind */
	char		 extra[80];	/* what is beside it; likewise */
	char		 identity[40];	/* of the last occupant; likewise */
} seen;

static void
told(enum method method, const void *params)
{
	const struct msg_room_closed *closed = params;
	const struct msg_room_occupant_gone *gone = params;
	const struct msg_message *message = params;
	const struct msg_room_occupant *occupant = params;
	const struct msg_stanza_up *passed = params;

	if (method == METHOD_room_closed) {
		seen.closed++;
		seen.retry = closed->retry;
	} else if (method == METHOD_room_occupant_gone) {
		snprintf(seen.how, sizeof(seen.how), "%s", gone->how);
	} else if (method == METHOD_message) {
		snprintf(seen.replaces, sizeof(seen.replaces), "%s",
		    message->replaces ? message->replaces : "");
		snprintf(seen.kind, sizeof(seen.kind), "%s", message->kind);
		snprintf(seen.extra, sizeof(seen.extra), "%s",
		    message->extra ? message->extra : "");
	} else if (method == METHOD_stanza_up) {
		snprintf(seen.extra, sizeof(seen.extra), "%s", passed->xml);
		snprintf(seen.kind, sizeof(seen.kind), "%s",
		    passed->room ? passed->room : "");
	} else if (method == METHOD_room_occupant) {
		snprintf(seen.identity, sizeof(seen.identity), "%s",
		    occupant->identity ? occupant->identity : "");
	}
}

static void
settled(enum method method, const char *code)
{
	seen.method = method;
	snprintf(seen.code, sizeof(seen.code), "%s", code ? code : "");
}

/* How many of what was sent have this in it. */
static unsigned
sent(const char *text)
{
	const struct entry *e;
	unsigned n = 0;

	STAILQ_FOREACH(e, &login_link(s)->ledger.entries, next)
		n += strstr(e->xml, text) != NULL;
	return n;
}

static int
begin(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	on_told = told;
	on_settled = settled;
	s = session_begin();
	down_room_join(call_of(METHOD_room_join), &(struct msg_room_join){
	    .user = USER, .room = TEA, .nick = "me", .history = -1 });
	r = room_find(s, TEA);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	session_finish(s);
	return 0;
}

static void
enter(void)
{
	hear_all(s, INFO);
	hear_all(s, SELF);
	assert_int_equal(r->state, ROOM_IN);
	assert_true(r->again);
}

/* The last presence of a room is our own. */
static void
test_crowd(void **state)
{
	struct buf b = { 0 };

	(void)state;
	hear_all(s, INFO);
	for (int i = 0; i <= ROOM_OCCUPANTS; i++) {
		buf_addf(&b, HERE("%d", ""), i);
		if (i % 100 == 0) {
			hear_all(s, buf_data(&b));
			buf_clear(&b);
		}
	}
	buf_free(&b);
	assert_int_equal(map_count(&r->occupants), ROOM_OCCUPANTS);
	hear_all(s, SELF);
	assert_int_equal(seen.method, METHOD_room_join);
	assert_string_equal(seen.code, "");
	assert_int_equal(r->state, ROOM_IN);
}

/* Nobody is left standing in a room that did not answer in time. */
static void
test_no_answer(void **state)
{
	(void)state;
	room_on_timer(r);
	assert_string_equal(seen.code, ERR_TIMEOUT);
	assert_null(room_find(s, TEA));
	assert_int_equal(sent("type=\"unavailable\""), 1);
}

/* Refused several times, it still asks for what was said since it was in. */
static void
test_missed(void **state)
{
	(void)state;
	enter();
	hear_all(s, SAID("ann", "a", "1", "<body>x</body>"));
	assert_true(r->heard > 0);
	r->heard = 86400;
	hear_all(s, "<message type='error' from='" TEA "' id='x'><error "
	    "type='cancel'><not-acceptable xmlns='" XMPP_NS_STANZAS_IETF
	    "'/></error></message>");
	assert_true(r->heard == 86400);
	room_put_out(r, "why", true);
	for (int i = 0; i < 2; i++) {
		room_on_timer(r);
		assert_int_equal(r->state, ROOM_ENTERING);
		hear_all(s, "<presence type='error' from='" TEA "/me'>"
		    "<error type='cancel'><conflict xmlns='"
		    XMPP_NS_STANZAS_IETF "'/></error></presence>");
		assert_int_equal(r->state, ROOM_OUTSIDE);
	}
	room_on_timer(r);
	assert_int_equal(sent("since=\"1970-01-02T00:00:00Z\""), 3);
}

/* It is asked at once whether it still knows us. */
static void
test_doubt(void **state)
{
	unsigned before = 0;

	(void)state;
	enter();
	before = sent("urn:xmpp:ping");
	r->heard = ev_now(EV_DEFAULT);
	room_on_timer(r);
	assert_int_equal(sent("urn:xmpp:ping"), before);
	for (int i = 0; i < 3; i++)
		hear_all(s, "<message type='error' from='" TEA "' id='x'>"
		    "<error type='cancel'><not-acceptable xmlns='"
		    XMPP_NS_STANZAS_IETF "'/></error></message>");
	assert_true(ev_timer_remaining(EV_DEFAULT_ &r->timer) <= 0.1);
	r->failures = 1;
	room_on_timer(r);
	assert_int_equal(sent("urn:xmpp:ping"), before + 1);
	assert_true(r->doubted);
	assert_int_equal(r->failures, 1);
	hear_all(s, "<iq type='error' id='0' from='" TEA "/me'><error "
	    "type='cancel'><not-acceptable xmlns='" XMPP_NS_STANZAS_IETF
	    "'/></error></iq>");
	assert_int_equal(r->state, ROOM_ENTERING);
	assert_false(r->doubted);
}

/* A room that always lets us in, and always puts us out. */
static void
test_revolving_door(void **state)
{
	(void)state;
	enter();
	/* It has kept us for long, once. */
	for (int i = 0; i < 3; i++) {
		hear_all(s, GONE("<status code='332'/>"));
		room_on_timer(r);
		hear_all(s, SELF);
	}
	assert_int_equal(r->failures, 3);
	room_on_timer(r);
	assert_int_equal(r->failures, 0);
	for (int i = 0; i < 20 && room_find(s, TEA) != NULL; i++) {
		hear_all(s, GONE("<status code='332'/>"));
		if (!seen.retry)
			break;
		room_on_timer(r);
		hear_all(s, SELF);
	}
	assert_false(seen.retry);
	assert_null(room_find(s, TEA));
	assert_int_equal(seen.closed, 3 + 9);
}

/* XEP-0045 9.1.4: that is not for what anybody has done. */
static void
test_broken(void **state)
{
	(void)state;
	enter();
	hear_all(s, HERE("ann", ""));
	hear_all(s, "<presence type='unavailable' from='" TEA "/ann'><x xmlns='"
	    NS_MUC_USER "'><status code='307'/><status code='333'/></x>"
	    "</presence>");
	assert_string_equal(seen.how, "disconnected");
	hear_all(s, GONE("<status code='307'/><status code='333'/>"));
	assert_int_equal(seen.closed, 1);
	assert_true(seen.retry);
	hear_all(s, GONE("<status code='307'/>"));
	assert_int_equal(seen.closed, 2);
	assert_false(seen.retry);
}

/* However often it says that it is another one, it is asked once at a time. */
static void
test_changed(void **state)
{
	static const char *const change = "<message type='groupchat' from='" TEA
	    "'><x xmlns='" NS_MUC_USER "'><status code='104'/></x></message>";
	unsigned before;

	(void)state;
	enter();
	before = sent("disco#info");
	for (int i = 0; i < 5; i++)
		hear_all(s, change);
	assert_int_equal(sent("disco#info"), before + 1);
	hear_all(s, INFO);
	assert_int_equal(sent("disco#info"), before + 2);
	hear_all(s, INFO);
	assert_int_equal(sent("disco#info"), before + 2);
}

/* Somebody calls messages as others are called. */
static void
test_names(void **state)
{
	(void)state;
	enter();
	hear_all(s, SAID("ann", "a1", "n1", "<body>1</body>"));
	hear_all(s, SAID("eve", "a1", "n2", "<body>2</body>"));
	hear_all(s, SAID("eve", "n1", "n3", "<body>3</body>"));
	hear_all(s, SAID("ann", "a4", "n4", "<body>4</body><replace xmlns="
	    "'urn:xmpp:message-correct:0' id='a1'/>"));
	assert_string_equal(seen.replaces, "n1");
	hear_all(s, SAID("eve", "e5", "n5", "<body>5</body><replace xmlns="
	    "'urn:xmpp:message-correct:0' id='a4'/>"));
	assert_string_equal(seen.replaces, "");
	down_retract(call_of(METHOD_retract), &(struct msg_retract){
	    .user = USER, .peer = TEA, .room = TEA, .id = "n1" });
	assert_int_equal(sent("id=\"n3\""), 0);
	assert_int_equal(sent("<moderate id=\"n1\""), 1);
}

static void
go_away(void)
{
	session_show(s, &(struct msg_presence){ .user = USER,
	    .show = "away" });
}

/* Only what holds behind a break is told to rooms then, and not before those
 * that have forgotten the user are entered again. */
static void
test_shown_later(void **state)
{
	unsigned before;

	(void)state;
	enter();
	before = sent("to=\"" TEA "/me\"");
	for (int i = 0; i < 5; i++)
		go_away();
	assert_int_equal(sent("to=\"" TEA "/me\""), before);
	assert_true(r->unshown);
	session_online(s, "bob@xmpp.test/there", false);
	assert_int_equal(sent("to=\"" TEA "/me\""), before + 1);
	assert_false(r->unshown);
	/* While it lets us in. */
	go_away();
	assert_int_equal(sent("to=\"" TEA "/me\""), before + 1);
	assert_true(r->unshown);
}

/* A room that is told of to those only who are in it. */
static void
test_hidden(void **state)
{
	(void)state;
	hear_all(s, "<iq type='error' id='0' from='" TEA "'><error "
	    "type='cancel'><item-not-found xmlns='" XMPP_NS_STANZAS_IETF
	    "'/></error></iq>");
	hear_all(s, SELF);
	assert_int_equal(seen.method, METHOD_login);
	hear_all(s, INFO);
	assert_int_equal(seen.method, METHOD_room_join);
	assert_true(r->names_messages);
}

/* A room speaks to the user alone. */
static void
test_notice(void **state)
{
	static const char *const notice = "<message from='" TEA "' id='x'>"
	    "<body>Are you human?</body></message>";

	(void)state;
	hear_all(s, notice);
	assert_string_equal(seen.kind, "chat");
	enter();
	hear_all(s, notice);
	assert_string_equal(seen.kind, "groupchat");
}

static void
hear_past(const char *inside)
{
	char *xml = xasprintf("<message xmlns='jabber:client' from='" TEA
	    "/ann' type='chat'><x xmlns='" NS_MUC_USER "'/>%s</message>",
	    inside);
	xmpp_stanza_t *st = xmpp_stanza_new_from_string(session_strophe(s),
	    xml);

	memset(&seen, 0, sizeof(seen));
	assert_true(room_hear_past(s, st, false, 1));
	xmpp_stanza_release(st);
	free(xml);
}

/* Out of an archive comes all that was said. */
static void
test_past_extra(void **state)
{
	(void)state;
	enter();
	hear_past("<body>x</body><encrypted xmlns='o'/>");
	assert_string_equal(seen.kind, "private");
	assert_string_equal(seen.extra, "<encrypted xmlns='o'/>");
	hear_past("<encrypted xmlns='o'/>");
	assert_string_equal(seen.kind, TEA);
	assert_string_equal(seen.extra, "<encrypted xmlns='o'/>");
}

/* Anybody can add such an element where the room does not know of it. */
static void
test_identity(void **state)
{
	static const char *const ann = "<presence from='" TEA "/ann'><x "
	    "xmlns='" NS_MUC_USER "'><item affiliation='none' "
	    "role='participant'/></x><occupant-id xmlns='" NS_OCCUPANT_ID
	    "' id='o1'/></presence>";

	(void)state;
	enter();
	hear_all(s, ann);
	assert_string_equal(seen.identity, "");
	room_changed(r);
	hear_all(s, INFO_WITH("<feature var='" NS_OCCUPANT_ID "'/>"));
	hear_all(s, ann);
	assert_string_equal(seen.identity, "o1");
}

static void
say_something(void)
{
	down_send(call_of(METHOD_send), &(struct msg_send){ .user = USER,
	    .to = TEA, .kind = "groupchat", .body = "x", .id = "m1" });
	assert_int_equal(r->nwaits, 1);
}

/* The room gives all that it passes on an id of its own. */
static void
test_other_id(void **state)
{
	(void)state;
	enter();
	say_something();
	hear_all(s, SAID("eve", "n1", "n1", "<body>x</body><origin-id "
	    "xmlns='urn:xmpp:sid:0' id='m1'/>"));
	assert_int_equal(r->nwaits, 1);
	hear_all(s, SAID("me", "n2", "n2", "<body>x</body><origin-id "
	    "xmlns='urn:xmpp:sid:0' id='m1'/>"));
	assert_int_equal(r->nwaits, 0);
	assert_int_equal(seen.method, METHOD_send);
	assert_string_equal(seen.code, "");
}

/* What is not taken is not in doubt. */
static void
test_too_much(void **state)
{
	char *text = xmalloc(60001);
	xmpp_stanza_t *st;
	int n;

	(void)state;
	enter();
	say_something();
	memset(text, 'x', 60000);
	text[60000] = '\0';
	do {
		st = xmpp_message_new(session_strophe(s), "chat", "a@b.c",
		    text);
		n = session_send_as(s, st, NULL);
		xmpp_stanza_release(st);
	} while (n == 0);
	do {
		st = xmpp_message_new(session_strophe(s), "chat", "a@b.c",
		    "x");
		n = session_send_as(s, st, NULL);
		xmpp_stanza_release(st);
	} while (n == 0);
	room_waits_go(r);
	assert_int_equal(r->nwaits, 0);
	assert_string_equal(seen.code, ERR_RATE_LIMITED);
	free(text);
}

static void
moderate(const char *target, const char *affiliation)
{
	down_room_moderate(call_of(METHOD_room_moderate),
	    &(struct msg_room_moderate){ .user = USER, .room = TEA,
	    .target = target, .affiliation = affiliation });
}

/* Somebody calls himself as others are called. */
static void
test_nick_as_address(void **state)
{
	(void)state;
	enter();
	hear_all(s, "<presence from='" TEA "/ann@x.test'><x xmlns='" NS_MUC_USER
	    "'><item affiliation='none' role='participant' "
	    "jid='eve@x.test/a'/></x></presence>");
	moderate("ann@x.test", "admin");
	assert_string_equal(seen.code, ERR_CONFLICT);
	assert_int_equal(sent("affiliation="), 0);
	moderate("ann@x.test", "outcast");
	assert_int_equal(sent("jid=\"eve@x.test\""), 1);
	moderate("bob@x.test", "admin");
	assert_int_equal(sent("jid=\"bob@x.test\""), 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_crowd),
		TEST(test_no_answer),
		TEST(test_missed),
		TEST(test_doubt),
		TEST(test_revolving_door),
		TEST(test_broken),
		TEST(test_changed),
		TEST(test_names),
		TEST(test_shown_later),
		TEST(test_hidden),
		TEST(test_notice),
		TEST(test_past_extra),
		TEST(test_identity),
		TEST(test_other_id),
		TEST(test_too_much),
		TEST(test_nick_as_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
