/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Coming, going and changing nicks in a room. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/room_data.h"

#define SELF "<status code='110'/>"

static void
join_order(void **state)
{
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "<password>s3</password>");
	assert_int_equal(kit.wanted, 1);
	a = expect_asked("join #cats ana s3 -1");
	occupant("bob", "moderator", false);
	occupant("cy", NULL, false);
	occupant("ana", "participant", true);
	expect_nothing();
	assert_false(room_has_client(cats(), PC));
	joined(a, "ana");
	/* Others in any order, then the user. */
	expect("<presence from='" CATS "/", "to='" PC "'", "<item "
	    "affiliation='none' role=", "<occupant-id ");
	expect_no(SELF);
	expect("<presence from='" CATS "/", "to='" PC "'");
	expect("from='" CATS "/ana'", "id='j1'", SELF,
	    "<status code='100'/>", "jid='" PC "'");
	expect_no("210");
	expect_no("201");
	expect_nothing();
	subject("on cats");
	expect("<message from='" CATS "/bob'", "type='groupchat'",
	    "<subject>on cats</subject>");
	expect_nothing();
	assert_true(room_has_client(cats(), PC));
}

static void
join_other_nick_created(void **state)
{
	union result r = { .room_join = { .nick = "ana_", .created = true } };
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	occupant("ana", "participant", false);
	occupant("ana_", "participant", true);
	answer(a, &r);
	expect("from='" CATS "/ana'");
	expect_no(SELF);
	expect("from='" CATS "/ana_'", SELF, "<status code='210'/>",
	    "<status code='201'/>");
	expect_nothing();
}

static void
join_errors(void **state)
{
	static const struct {
		const char *code, *condition;
	} cases[] = {
		{ ERR_CONFLICT, "<conflict " },
		{ ERR_NOT_AUTHORIZED, "<not-authorized " },
		{ ERR_BANNED, "<forbidden " },
		{ ERR_MEMBERS_ONLY, "<registration-required " },
		{ ERR_FULL, "<error type='wait'><service-unavailable " },
		{ ERR_NOT_FOUND, "<item-not-found " },
		{ ERR_NOT_ALLOWED, "<not-allowed " },
		{ ERR_NOT_ACCEPTABLE, "<not-acceptable " },
		{ ERR_TIMEOUT, "<remote-server-timeout " },
		{ "never heard of", "<undefined-condition " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		join_as(PC, "ana", "");
		answer_error(expect_asked("join #cats ana - -1"),
		    cases[i].code, "no & <never>");
		expect("<presence type='error' from='" CATS "/ana' to='" PC
		    "' id='j1'", cases[i].condition, "no &amp; &lt;never");
		expect_nothing();
		assert_null(cats());
	}
}

static void
join_without_nick(void **state)
{
	(void)state;
	send_to(down_room_presence, NULL, "<presence from='" PC "' to='" CATS
	    "'/>");
	expect("type='error'", "<jid-malformed ");
	assert_null(cats());
}

static void
join_waits_for_session(void **state)
{
	(void)state;
	kit.ready = false;
	join_as(PC, "ana", "");
	assert_int_equal(nasked, 0);
	assert_int_equal(rooms_count(kit.user), 1);
	kit.ready = true;
	rooms_session_up(kit.user);
	expect_asked("join #cats ana - -1");
	expect_nothing();
}

/* The session went just before: the wish stays. */
static void
join_meets_no_session(void **state)
{
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	kit.ready = false;
	answer_error(a, ERR_NOT_CONNECTED, NULL);
	expect_nothing();
	kit.ready = true;
	rooms_session_up(kit.user);
	a = expect_asked("join #cats ana - -1");
	/* With a session it is the network's own word. */
	answer_error(a, ERR_NOT_CONNECTED, "which server?");
	expect("type='error'", "<recipient-unavailable ", "which server?");
}

static void
join_never_answered(void **state)
{
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	room_due(cats(), ev_now(kit.gw.loop) + 59);
	expect_nothing();
	room_due(cats(), ev_now(kit.gw.loop) + 61);
	expect("type='error'", "id='j1'", "<remote-server-timeout ");
	expect_asked("leave #cats -");
	/* Too late: it does not make anybody a member of anything. */
	joined(a, "ana");
	expect_nothing();
}

static void
join_refused_with_the_session(void **state)
{
	(void)state;
	kit.ready = false;
	kit.user->registered = false;
	join_as(PC, "ana", "");
	rooms_session_over(kit.user, "You are not registered here.");
	expect("type='error'", "<registration-required ", "not registered");
	expect_nothing();
	assert_null(cats());
}

static void
second_client(void **state)
{
	(void)state;
	enter();
	said("bob", "m1", "hello");
	expect("hello");
	join_as(PHONE, "ana2", "");
	assert_int_equal(asked_at, nasked);
	expect("from='" CATS "/bob' to='" PHONE "'");
	expect("from='" CATS "/ana' to='" PHONE "'", SELF,
	    "<status code='210'/>");
	expect("<message", "to='" PHONE "'", "hello", "<delay ");
	expect("<subject/>", "to='" PHONE "'");
	expect_nothing();
	said("bob", "m2", "both");
	expect("to='" PC "'", "both");
	expect("to='" PHONE "'", "both");
	leave_from(PC);
	expect("type='unavailable'", "to='" PC "'", SELF);
	assert_int_equal(asked_at, nasked);
	leave_from(PHONE);
	expect("type='unavailable'", "to='" PHONE "'", SELF);
	expect_asked("leave #cats bye");
}

static void
rejoin_resends(void **state)
{
	(void)state;
	enter();
	join_as(PC, "ana", "<history maxstanzas='0'/>");
	expect("from='" CATS "/bob'");
	expect("from='" CATS "/ana'", SELF);
	expect("<subject/>");
	expect_nothing();
}

static void
empty_subject_in_time(void **state)
{
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	joined(a, "ana");
	expect(SELF);
	expect_nothing();
	room_due(cats(), ev_now(kit.gw.loop) + 3);
	expect("<message from='" CATS "'", "<subject/>");
	expect_nothing();
}

static void
leave_then_join(void **state)
{
	struct asked *leave, *join;

	(void)state;
	enter();
	leave_from(PC);
	expect("from='" CATS "/ana'", "type='unavailable'", SELF, "bye");
	leave = expect_asked("leave #cats bye");
	assert_int_equal(rooms_count(kit.user), 0);
	join_as(PC, "eve", "");
	join = expect_asked("join #cats eve - -1");
	/* The backend still speaks of the earlier stay. */
	occupant("ghost", NULL, false);
	answer(leave, NULL);
	occupant("eve", NULL, true);
	joined(join, "eve");
	expect("from='" CATS "/eve'", SELF);
	expect_nothing();
}

/* Answers to what is not asked any more mean nothing. */
static void
late_answers(void **state)
{
	struct asked *first, *second;

	(void)state;
	join_as(PC, "ana", "");
	first = expect_asked("join #cats ana - -1");
	leave_from(PC);
	expect("type='unavailable'");
	expect_asked("leave #cats bye");
	join_as(PC, "eve", "");
	second = expect_asked("join #cats eve - -1");
	answer_error(first, ERR_BANNED, "no");
	expect_nothing();
	joined(second, "eve");
	expect("from='" CATS "/eve'", SELF);
	assert_non_null(cats());
}

static void
leave_is_forgotten(void **state)
{
	(void)state;
	enter();
	leave_from(PC);
	answer(expect_asked("leave #cats bye"), NULL);
	assert_null(cats());
	expect(SELF);
	leave_from(PC);
	expect_nothing();
}

static void
stays_connected(void **state)
{
	(void)state;
	enter();
	kit.user->stay_connected = true;
	rooms_client_gone(kit.user, PC);
	assert_int_equal(asked_at, nasked);
	said("bob", "m1", "are you there?");
	expect_nothing();
	join_as(PHONE, "ana", "");
	expect("/bob'");
	expect("/ana'", SELF);
	expect("are you there?", "<delay ");
	expect("<subject/>");
}

static void
client_vanishes(void **state)
{
	(void)state;
	enter();
	rooms_client_gone(kit.user, PHONE);
	assert_int_equal(asked_at, nasked);
	rooms_client_gone(kit.user, PC);
	expect_asked("leave #cats -");
	expect_nothing();
}

static void
own_nick_changes(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	send_to(down_room_presence, NULL, "<presence from='" PC "' to='" CATS
	    "/anna'/>");
	a = expect_asked("nick #cats anna");
	renamed("ana", "anna");
	expect("from='" CATS "/ana'", "type='unavailable'",
	    "<status code='303'/>", SELF, "nick='anna'", "role='participant'");
	expect("from='" CATS "/anna'", SELF, "role='participant'");
	expect_nothing();
	answer(a, NULL);
	expect_nothing();
	assert_string_equal(room_own_resource(cats()), "anna");
	/* Presence to the present nick only says whether one is away. */
	send_to(down_room_presence, NULL, "<presence from='" PC "' to='" CATS
	    "/anna'><show>away</show></presence>");
	expect_nothing();
	assert_int_equal(asked_at, nasked);
}

static void
own_nick_refused(void **state)
{
	(void)state;
	enter();
	send_to(down_room_presence, NULL, "<presence from='" PC "' to='" CATS
	    "/bob' id='n1'/>");
	answer_error(expect_asked("nick #cats bob"), ERR_CONFLICT, "taken");
	expect("type='error'", "from='" CATS "/bob'", "id='n1'", "<conflict ");
	expect_nothing();
	assert_int_equal(kit.user->inflight, 0);
	assert_true(room_has_client(cats(), PC));
}

static void
hats(void **state)
{
	union params p = { .room_occupant = {
		.user = ANA, .room = "#cats", .nick = "bob",
		.account = "rob<", .bot = true,
	} };

	(void)state;
	enter();
	up(up_room_occupant, &p);
	expect("from='" CATS "/bob'", "<hats xmlns='urn:xmpp:hats:0'>",
	    "title='Account: rob&lt;'", "title='Bot'");
	up(up_room_occupant, &p);	/* nothing new */
	expect_nothing();
	p.room_occupant.account = NULL;	/* as before */
	p.room_occupant.bot = false;
	up(up_room_occupant, &p);
	expect_nothing();
	p.room_occupant.account = "";
	up(up_room_occupant, &p);
	expect("from='" CATS "/bob'", "<hats ", "title='Bot'");
	expect_no("Account");
	p.room_occupant.account = "rob";
	up(up_room_occupant, &p);
	expect("from='" CATS "/bob'", "<hats ");
	renamed("bob", "eve");
	expect("from='" CATS "/bob'", "type='unavailable'");
	expect_no("<hats");
	expect("from='" CATS "/eve'", "title='Account: rob'");
	expect_nothing();
}

/* Whoever sits under the nick after a loss wears what he is told to wear. */
static void
hats_are_no_inheritance(void **state)
{
	union params p = { .room_occupant = {
		.user = ANA, .room = "#cats", .nick = "bob",
		.account = "rob", .bot = true,
	} };

	(void)state;
	enter();
	up(up_room_occupant, &p);
	expect("from='" CATS "/bob'", "<hats ");
	closed("ping timeout", true);
	p.room_occupant.account = NULL;
	p.room_occupant.bot = false;
	up(up_room_occupant, &p);
	occupant("ana", "participant", true);
	expect("from='" CATS "/bob'");
	expect_no("<hats");
}

/* The attribute of what has just been said about an occupant. */
static void
expect_identity(const char *from, char id[20])
{
	static const char is[] = "<occupant-id xmlns='urn:xmpp:occupant-id:0' "
	    "id='";
	const char *at;

	expect(from);
	at = strstr(kit.sent[kit.seen - 1], is);
	assert_non_null(at);
	snprintf(id, 20, "%.16s", at + sizeof(is) - 1);
}

/* Nobody is somebody else because he has his nick. */
static void
identities(void **state)
{
	union params p = { .room_occupant = {
		.user = ANA, .room = "#cats", .nick = "bob",
		.identity = "one",
	} };
	char one[20], two[20];

	(void)state;
	enter();
	up(up_room_occupant, &p);
	expect_identity("from='" CATS "/bob'", one);
	up(up_room_occupant, &p);	/* nothing new */
	expect_nothing();
	gone("bob", "left", NULL, NULL);
	expect("from='" CATS "/bob'", "type='unavailable'");
	p.room_occupant.identity = "two";
	up(up_room_occupant, &p);
	expect_identity("from='" CATS "/bob'", two);
	assert_string_not_equal(one, two);
	renamed("bob", "eve");
	expect("from='" CATS "/bob'", "type='unavailable'");
	expect_identity("from='" CATS "/eve'", one);
	assert_string_equal(one, two);
	p.room_occupant.nick = "eve";
	closed("ping timeout", true);
	p.room_occupant.identity = NULL;
	p.room_occupant.real = "eve@x";
	up(up_room_occupant, &p);
	occupant("ana", "participant", true);
	expect_identity("from='" CATS "/eve'", one);
	assert_string_not_equal(one, two);
}

static void
others_change(void **state)
{
	union params p = { .room_occupant = {
		.user = ANA, .room = "#CATS", .nick = "bob", .show = "away",
		.status = "tea", .avatar_hash = "beef",
		.real = "bob!u@host",
	} };

	(void)state;
	enter();
	up(up_room_occupant, &p);
	expect("from='" CATS "/bob'", "<show>away</show>",
	    "<status>tea</status>", "<photo>beef</photo>",
	    "role='moderator'", " jid='bob!u%host@irc.example'");
	up(up_room_occupant, &p);	/* nothing new */
	expect_nothing();
	renamed("bob", "rob");
	expect("from='" CATS "/bob'", "type='unavailable'", "303",
	    "nick='rob'");
	expect_no(SELF);
	expect("from='" CATS "/rob'", "<show>away</show>");
	assert_string_equal(room_occupant_real(cats(), "rob"), "bob!u@host");
	renamed("nobody", "somebody");	/* missed the beginning */
	expect("from='" CATS "/somebody'");
	expect_nothing();
}

static void
others_go(void **state)
{
	static const struct {
		const char *how, *code;
	} cases[] = {
		{ "left", "</x>" }, { "quit", "</x>" },
		{ "kicked", "<status code='307'/>" },
		{ "banned", "<status code='301'/>" },
		{ "removed", "<status code='321'/>" },
		{ "disconnected", "<status code='333'/>" },
		{ "abducted", "</x>" },
	};

	(void)state;
	enter();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		occupant("cy", NULL, false);
		expect("from='" CATS "/cy'");
		gone("cy", cases[i].how, "bob", "why");
		expect("from='" CATS "/cy'", "type='unavailable'",
		    "<status>why</status>", "role='none'", cases[i].code,
		    "<actor nick='bob'/>");
		gone("cy", cases[i].how, "bob", "why");
		expect_nothing();
	}
}

static void
user_is_put_out(void **state)
{
	static const struct {
		const char *how, *code, *affiliation;
	} cases[] = {
		{ "kicked", "<status code='307'/>", "affiliation='none'" },
		{ "banned", "<status code='301'/>", "affiliation='outcast'" },
		{ "left", SELF, "affiliation='none'" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		enter();
		gone("ana", cases[i].how, "bob", "enough");
		expect("from='" CATS "/ana'", "type='unavailable'", SELF,
		    cases[i].code, cases[i].affiliation, "enough");
		expect_nothing();
		assert_null(cats());
		say_as(PC, "m", "but");
		expect("<message type='error'", "<not-acceptable ");
		asked_at = nasked;
	}
}

/* What is a nick there need not be a resource here. */
static void
ugly_nicks(void **state)
{
	static const char *const nicks[] = {
		"with space", "tab\there", "\xf0\x9f\x90\xb1", "\xef\xbd\x82ob",
		"a/b", "<&'\">", "\xe2\x80\x8b", "\xff\xfe",
	};
	struct room *room;

	(void)state;
	enter();
	room = cats();
	for (size_t i = 0; i < LENGTH(nicks); i++) {
		occupant(nicks[i], NULL, false);
		expect("from='" CATS "/");
		expect_nothing();
	}
	/* Full-width bob is not bob. */
	assert_string_not_equal(room_occupant(room, nicks[3])->resource,
	    "bob");
	for (size_t i = 0; i < LENGTH(nicks); i++) {
		struct occupant *o = room_occupant(room, nicks[i]);

		assert_ptr_equal(room_occupant_at(room, o->resource), o);
		gone(nicks[i], "left", NULL, NULL);
		expect("type='unavailable'");
	}
	assert_int_equal(room->odd, 0);
	occupant("", NULL, false);
	expect_nothing();
}

static void
one_room_two_spellings(void **state)
{
	(void)state;
	enter();
	xreplace(&cats()->id, "#Cats%net");
	send_to(down_room_presence, NULL, "<presence from='" PHONE "' "
	    "to='#cats%%net@irc.example/ana' id='j2'/>");
	expect("type='error'", "id='j2'", "<not-allowed ", CATS);
	expect_nothing();
	assert_int_equal(asked_at, nasked);
	assert_int_equal(rooms_count(kit.user), 1);
	/* One that is being left is no hindrance. */
	leave_from(PC);
	expect_asked("leave #Cats%net bye");
	send_to(down_room_presence, NULL, "<presence from='" PHONE "' "
	    "to='#cats%%net@irc.example/ana' id='j3'/>");
	expect_asked("join #cats%net ana - -1");
}

static void
self_ping(void **state)
{
	static const struct {
		const char *from, *nick, *answer;
	} cases[] = {
		{ PC, "/ana", "type='result'" },
		{ PC, "", "type='result'" },
		{ PC, "/bob", "<service-unavailable " },
		{ PC, "/nobody", "<item-not-found " },
		{ PHONE, "/ana", "<not-acceptable " },
	};

	(void)state;
	enter();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		send_to(down_room_ping, NULL, "<iq type='get' from='%s' to='"
		    CATS "%s' id='p'><ping xmlns='urn:xmpp:ping'/></iq>",
		    cases[i].from, cases[i].nick);
		expect("<iq ", cases[i].answer, "id='p'");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(join_order),
		room_test(join_other_nick_created),
		room_test(join_errors),
		room_test(join_without_nick),
		room_test(join_waits_for_session),
		room_test(join_meets_no_session),
		room_test(join_never_answered),
		room_test(join_refused_with_the_session),
		room_test(second_client),
		room_test(rejoin_resends),
		room_test(empty_subject_in_time),
		room_test(leave_then_join),
		room_test(late_answers),
		room_test(leave_is_forgotten),
		room_test(stays_connected),
		room_test(client_vanishes),
		room_test(own_nick_changes),
		room_test(own_nick_refused),
		room_test(hats),
		room_test(hats_are_no_inheritance),
		room_test(identities),
		room_test(others_change),
		room_test(others_go),
		room_test(user_is_put_out),
		room_test(ugly_nicks),
		room_test(one_room_two_spellings),
		room_test(self_ping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
