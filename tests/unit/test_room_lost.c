/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Rooms whose session or network goes away and comes back: the clients see
 * the differences and nothing else. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/room_data.h"

#define SELF "<status code='110'/>"

static void
lose(void)
{
	kit.ready = false;
	rooms_session_lost(kit.user);
}

static struct asked *
come_back(const char *join)
{
	kit.ready = true;
	rooms_session_up(kit.user);
	return expect_asked(join);
}

static void
nothing_has_changed(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	subject("mice");
	expect("mice");
	lose();
	assert_true(room_has_client(cats(), PC));
	a = come_back("join #cats ana - 0");
	occupant("bob", "moderator", false);
	occupant("ana", "participant", true);
	joined(a, "ana");
	subject("mice");
	expect_nothing();
	/* A subject that is set anew is news. */
	subject("mice");
	expect("<subject>mice</subject>");
}

static void
much_has_changed(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	occupant("cy", NULL, false);
	occupant("dan", NULL, false);
	kit.seen = kit.nsent;
	lose();
	a = come_back("join #cats ana - 0");
	occupant("bob", "participant", false);	/* no moderator any more */
	occupant("dan", NULL, false);
	occupant("eve", NULL, false);
	gone("dan", "left", NULL, NULL);
	renamed("eve", "eva");
	occupant("ana", "participant", true);
	expect_nothing();
	joined(a, "ana");
	subject("rats");
	/* cy and dan have gone, in any order, then the others. */
	expect("type='unavailable'", "role='none'");
	expect_no(SELF);
	expect("type='unavailable'", "role='none'");
	expect("<presence from='" CATS "/");
	expect_no("unavailable");
	expect("<presence from='" CATS "/");
	expect("<subject>rats</subject>");
	expect_nothing();
	assert_non_null(room_occupant_nick(cats(), "eva"));
	assert_null(room_occupant_nick(cats(), "eve"));
	assert_null(room_occupant_nick(cats(), "cy"));
}

/* The network still knows the connection that died. */
static void
ghost_has_the_nick(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	lose();
	a = come_back("join #cats ana - 0");
	occupant("bob", "moderator", false);
	occupant("ana", "participant", false);
	occupant("ana_", "participant", true);
	joined(a, "ana_");
	expect("from='" CATS "/ana'", "type='unavailable'",
	    "<status code='303'/>", "nick='ana_'", SELF);
	/* The ghost is now somebody else. */
	expect("<presence from='" CATS "/");
	expect("<presence from='" CATS "/");
	expect_nothing();
	assert_string_equal(room_own_resource(cats()), "ana_");
	gone("ana", "quit", NULL, "timeout");
	expect("from='" CATS "/ana'", "type='unavailable'");
	expect_no(SELF);
	assert_non_null(cats());
}

static void
messages_wait(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	say_as(PC, "c0", "in flight");
	a = expect_asked("groupchat #cats c0 in flight");
	answer_error(a, ERR_LOST, NULL);
	expect("id='c0'", "<remote-server-timeout ", "not known");
	say_as(PC, "c1", "taken");
	a = expect_asked("groupchat #cats c1 taken");
	answer(a, &(union result){ .send = { .echo = true } });
	lose();
	expect("id='c1'", "<remote-server-timeout ", "not known");
	say_as(PC, "c2", "two");
	say_as(PC, "c3", "three");
	say_as(PC, "c4", "four");
	say_as(PC, "c5", "five");
	expect("id='c5'", "<resource-constraint ");
	expect_nothing();
	a = come_back("join #cats ana - 0");
	occupant("bob", "moderator", false);
	joined(a, "ana");
	expect_asked("groupchat #cats c2 two");
	expect_asked("groupchat #cats c3 three");
	expect_asked("groupchat #cats c4 four");
	assert_int_equal(asked_at, nasked);
	expect_nothing();
}

static void
messages_do_not_wait_for_ever(void **state)
{
	(void)state;
	enter();
	lose();
	say_as(PC, "c1", "one");
	room_due(cats(), ev_now(kit.gw.loop) + 119);
	expect_nothing();
	room_due(cats(), ev_now(kit.gw.loop) + 121);
	expect("id='c1'", "<remote-server-timeout ", "not sent");
}

static void
it_is_over(void **state)
{
	(void)state;
	enter();
	lose();
	say_as(PC, "c1", "one");
	join_as(PHONE, "ana", "");
	rooms_session_over(kit.user, "shutting down");
	expect("<presence type='error'", "to='" PHONE "'",
	    "<service-unavailable ", "shutting down");
	expect("from='" CATS "/ana'", "to='" PC "'", "type='unavailable'",
	    "<status code='332'/>", SELF, "shutting down");
	expect("<message type='error'", "id='c1'");
	expect_nothing();
	assert_null(cats());
}

static void
rejoin_is_refused(void **state)
{
	(void)state;
	enter();
	lose();
	answer_error(come_back("join #cats ana - 0"), ERR_BANNED, "go away");
	expect("from='" CATS "/ana'", "type='unavailable'",
	    "<status code='332'/>", "go away");
	expect_nothing();
	assert_null(cats());
}

static void
lost_while_joining(void **state)
{
	struct asked *a;

	(void)state;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	occupant("bob", NULL, false);
	answer_error(a, ERR_LOST, NULL);
	lose();
	expect_nothing();
	a = come_back("join #cats ana - -1");
	occupant("cy", NULL, false);
	joined(a, "ana");
	expect("/cy'");
	expect("/ana'", SELF);
	expect_nothing();
}

/* What it had not read it has certainly not refused. */
static void
unread_join_comes_again(void **state)
{
	(void)state;
	join_as(PC, "ana", "");
	answer_error(expect_asked("join #cats ana - -1"), ERR_UNSENT, NULL);
	lose();
	expect_nothing();
	joined(come_back("join #cats ana - -1"), "ana");
	expect("/ana'", SELF);
	lose();
	answer_error(come_back("join #cats ana - 0"), ERR_UNSENT, NULL);
	lose();
	expect_nothing();
	assert_non_null(cats());
	joined(come_back("join #cats ana - 0"), "ana");
	expect_nothing();
}

static void
lost_while_rejoining(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	lose();
	a = come_back("join #cats ana - 0");
	occupant("cy", NULL, false);
	answer_error(a, ERR_LOST, NULL);
	lose();
	a = come_back("join #cats ana - 0");
	occupant("bob", "moderator", false);
	joined(a, "ana");
	expect_nothing();	/* nobody has ever heard of cy */
	assert_null(room_occupant_nick(cats(), "cy"));
}

static void
left_while_lost(void **state)
{
	(void)state;
	enter();
	lose();
	leave_from(PC);
	expect("type='unavailable'", SELF);
	assert_null(cats());
	kit.ready = true;
	rooms_session_up(kit.user);
	assert_int_equal(asked_at, nasked);
}

static void
joined_while_lost(void **state)
{
	struct asked *a;

	(void)state;
	enter();
	lose();
	join_as(PHONE, "ana", "");
	join_as(PC, "ana", "");		/* wants all again */
	expect_nothing();
	a = come_back("join #cats ana - 0");
	occupant("cy", NULL, false);
	joined(a, "ana");
	for (int i = 0; i < 2; i++) {
		expect("/cy'");
		expect("/ana'", SELF);
		expect("<subject/>");
	}
	expect_nothing();
}

static void
closed_by_the_network(void **state)
{
	(void)state;
	enter();
	closed("net split", false);
	expect("from='" CATS "/ana'", "type='unavailable'",
	    "<status code='332'/>", "net split");
	expect_nothing();
	assert_null(cats());
	join_as(PC, "ana", "");
	expect_asked("join #cats ana - -1");
	closed("gone", false);
	expect("<presence type='error'", "id='j1'", "<service-unavailable ");
	assert_null(cats());
}

/* The backend goes on by itself. */
static void
closed_with_retry(void **state)
{
	(void)state;
	enter();
	closed("ping timeout", true);
	expect_nothing();
	say_as(PC, "c1", "still there?");
	occupant("bob", "moderator", false);
	occupant("cy", NULL, false);
	expect_nothing();
	occupant("ana", "participant", true);
	expect("from='" CATS "/cy'");
	expect_nothing();
	assert_int_equal(cats()->state, ROOM_JOINED);
	expect_asked("groupchat #cats c1 still there?");
	closed("ping timeout", true);
	closed("no more", false);
	expect("type='unavailable'", "<status code='332'/>", "no more");
	expect("<message type='error'", "id='c1'");
	assert_null(cats());
}

static void
clients_are_counted_once(void **state)
{
	char **full;
	size_t n;

	(void)state;
	assert_int_equal(rooms_clients(kit.user, &full), 0);
	assert_null(full);
	enter();
	join_as(PHONE, "ana", "");
	send_to(down_room_presence, NULL, "<presence from='" PC
	    "' to='#dogs@irc.example/ana'/>");
	n = rooms_clients(kit.user, &full);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++)
		free(full[i]);
	free(full);
	assert_int_equal(rooms_count(kit.user), 2);
}

/* Every event in every state, for the sanitizers: whatever comes when, the
 * user's counters are right at the end and nothing is leaked. */
static void
anything_at_any_time(void **state)
{
	static const struct room_why why = { ERR_BANNED, "because" };

	(void)state;
	for (unsigned first = 0; first < ROOM_NEVENTS; first++)
		for (unsigned second = 0; second < ROOM_NEVENTS; second++)
			for (int start = 0; start < 2; start++) {
				if (start == 0)
					join_as(PC, "ana", "");
				else
					enter();
				say_as(PC, "c", "x");
				room_event(cats(), first, &why);
				if (cats() != NULL)
					room_event(cats(), second, &why);
				rooms_session_over(kit.user, NULL);
				assert_null(cats());
				assert_int_equal(kit.user->inflight, 0);
				teardown(NULL);
				setup(NULL);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(nothing_has_changed),
		room_test(much_has_changed),
		room_test(ghost_has_the_nick),
		room_test(messages_wait),
		room_test(messages_do_not_wait_for_ever),
		room_test(it_is_over),
		room_test(rejoin_is_refused),
		room_test(lost_while_joining),
		room_test(lost_while_rejoining),
		room_test(unread_join_comes_again),
		room_test(left_while_lost),
		room_test(joined_while_lost),
		room_test(closed_by_the_network),
		room_test(closed_with_retry),
		room_test(clients_are_counted_once),
		room_test(anything_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
