/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* The life of a session: every cell of the table state x event, and what is to
 * happen on the longer ways through it. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/login.h"
#include "manager/gateway/outgoing.h"

/* ---------------------------------------------------------------- the table */

enum event {
	WANT, END, LOADED, TURNED_AWAY, ASSIGNED, CONNECTED, REFUSED, DROPPED,
	LOST, LOGGED_OUT, DUE, MOVE, SETTLED, NEVENTS
};

#define NSTATES (USER_LEAVING + 1)

static const char *const states[NSTATES] = {
	"offline", "loading", "waiting", "logging in", "online", "recovering",
	"moving", "leaving",
};

static const char *const event_names[NEVENTS] = {
	"want", "end", "loaded", "turned away", "assigned", "connected",
	"refused", "dropped", "lost", "logged out", "due", "move", "settled",
};

/* What a late answer to a logout calls, whatever the state is by then. */
static rpc_reply *logged_out;

static void
learn_logged_out(void)
{
	struct kit_open o;

	log_in();
	session_end(ana(), NULL);
	o = kit_take("logout");
	logged_out = o.reply;
	o.reply(o.ctx, NULL, NULL);
	later_run();
}

static void
bring_to(enum user_state state)
{
	/* Offline with a client, after a session. */
	enum user_state way = state == USER_OFFLINE ? USER_LEAVING : state;

	appear();
	if (way >= USER_WAITING)
		answer_load(&kit_record, NULL);
	if (way >= USER_LOGGING_IN)
		session_assigned(ana(), 1);
	if (way >= USER_ONLINE)
		session_connected(ana());
	if (way == USER_RECOVERING) {
		session_lost(ana(), "it died");
		turn();
	}
	if (way == USER_MOVING)
		session_move(ana());
	if (way == USER_LEAVING)
		session_end(ana(), NULL);
	if (state == USER_OFFLINE)
		answer("logout", NULL, NULL);
	assert_non_null(ana());
	assert_int_equal(ana()->state, state);
	forget();
}

static void
fire(enum event event)
{
	struct user *user = ana();

	switch (event) {
	case WANT:
		session_want(user, NULL);
		return;
	case END:
		session_end(user, "bye");
		return;
	case LOADED:
		session_loaded(user);
		return;
	case TURNED_AWAY:
		session_turned_away(user, "settings", "no");
		return;
	case ASSIGNED:
		session_assigned(user, 2);
		return;
	case CONNECTED:
		session_connected(user);
		return;
	case REFUSED:
		session_disconnected(user, "auth", "no", false);
		return;
	case DROPPED:
		session_disconnected(user, "network", "no", true);
		return;
	case LOST:
		session_lost(user, "it died");
		return;
	case LOGGED_OUT:
		logged_out(login_ctx(user), NULL, NULL);
		return;
	case DUE:
		session_due(user);
		return;
	case MOVE:
		session_move(user);
		return;
	case SETTLED:
		session_answered(user);
		return;
	case NEVENTS:
		return;
	}
}

struct cell {
	enum user_state	 next;
	const char	*does;
};

#define STAY(state)	{ USER_##state, "" }
#define OVER		{ USER_OFFLINE, "release; mark offline" }
#define LOG_OUT		{ USER_LEAVING, "mark offline; logout" }
#define LEFT		{ USER_OFFLINE, "release" }
#define MOVED		{ USER_RECOVERING, "release; assign not 1" }
#define LOGIN		"login ana1 secret"

static const struct cell cells[NSTATES][NEVENTS] = {
[USER_OFFLINE] = {
	[WANT]       = { USER_WAITING, "assign" },	/* known already */
	[END]        = STAY(OFFLINE), [LOADED]      = STAY(OFFLINE),
	[TURNED_AWAY] = STAY(OFFLINE), [ASSIGNED]   = LEFT,
	[CONNECTED]  = STAY(OFFLINE), [REFUSED]     = STAY(OFFLINE),
	[DROPPED]    = STAY(OFFLINE), [LOST]        = STAY(OFFLINE),
	[LOGGED_OUT] = STAY(OFFLINE), [DUE]         = STAY(OFFLINE),
	[MOVE]       = LEFT,          [SETTLED]     = STAY(OFFLINE),
},
[USER_LOADING] = {
	[WANT]       = STAY(LOADING), [END]         = OVER,
	[LOADED]     = { USER_WAITING, "assign" },
	[TURNED_AWAY] = OVER,         [ASSIGNED]    = STAY(LOADING),
	[CONNECTED]  = STAY(LOADING), [REFUSED]     = STAY(LOADING),
	[DROPPED]    = STAY(LOADING), [LOST]        = STAY(LOADING),
	[LOGGED_OUT] = STAY(LOADING), [DUE]         = OVER,
	[MOVE]       = { USER_LOADING, "release" }, [SETTLED] = STAY(LOADING),
},
[USER_WAITING] = {
	[WANT]       = STAY(WAITING), [END]         = OVER,
	[LOADED]     = STAY(WAITING), [TURNED_AWAY] = OVER,
	[ASSIGNED]   = { USER_LOGGING_IN, LOGIN },
	[CONNECTED]  = STAY(WAITING), [REFUSED]     = STAY(WAITING),
	[DROPPED]    = STAY(WAITING),
	[LOST]       = { USER_WAITING, "assign" },
	[LOGGED_OUT] = STAY(WAITING),
	[DUE]        = { USER_WAITING, "assign" },
	[MOVE]       = { USER_WAITING, "release; assign" },
	[SETTLED]    = STAY(WAITING),
},
[USER_LOGGING_IN] = {
	[WANT]       = STAY(LOGGING_IN), [END]      = LOG_OUT,
	[LOADED]     = STAY(LOGGING_IN), [TURNED_AWAY] = STAY(LOGGING_IN),
	[ASSIGNED]   = STAY(LOGGING_IN),
	[CONNECTED]  = { USER_ONLINE, "mark online" },
	[REFUSED]    = OVER,             [DROPPED]  = STAY(WAITING),
	[LOST]       = STAY(WAITING),    [LOGGED_OUT] = STAY(LOGGING_IN),
	[DUE]        = { USER_WAITING, "logout" },
	[MOVE]       = STAY(LOGGING_IN), [SETTLED]  = STAY(LOGGING_IN),
},
[USER_ONLINE] = {
	[WANT]       = STAY(ONLINE),  [END]         = LOG_OUT,
	[LOADED]     = STAY(ONLINE),  [TURNED_AWAY] = STAY(ONLINE),
	[ASSIGNED]   = STAY(ONLINE),  [CONNECTED]   = STAY(ONLINE),
	[REFUSED]    = OVER,          [DROPPED]     = STAY(RECOVERING),
	[LOST]       = { USER_RECOVERING, "assign" },
	[LOGGED_OUT] = STAY(ONLINE),  [DUE]         = STAY(ONLINE),
	[MOVE]       = { USER_MOVING, "logout" }, [SETTLED] = STAY(ONLINE),
},
[USER_RECOVERING] = {
	[WANT]       = STAY(RECOVERING), [END]      = LOG_OUT,
	[LOADED]     = STAY(RECOVERING), [TURNED_AWAY] = STAY(RECOVERING),
	[ASSIGNED]   = { USER_RECOVERING, LOGIN },
	[CONNECTED]  = { USER_ONLINE, "presence online" },
	[REFUSED]    = OVER,             [DROPPED]  = STAY(RECOVERING),
	[LOST]       = { USER_RECOVERING, "assign" },	/* not begun */
	[LOGGED_OUT] = STAY(RECOVERING), [DUE]      = STAY(RECOVERING),
	[MOVE]       = { USER_RECOVERING, "release; assign" },
	[SETTLED]    = STAY(RECOVERING),
},
[USER_MOVING] = {	/* the logout has been sent */
	[WANT]       = STAY(MOVING),  [END]         = { USER_LEAVING,
	    "mark offline" },
	[LOADED]     = STAY(MOVING),  [TURNED_AWAY] = STAY(MOVING),
	[ASSIGNED]   = STAY(MOVING),  [CONNECTED]   = STAY(MOVING),
	[REFUSED]    = MOVED,         [DROPPED]     = MOVED,
	[LOST]       = MOVED,         [LOGGED_OUT]  = MOVED,
	[DUE]        = MOVED,
	[MOVE]       = STAY(MOVING),  [SETTLED]     = STAY(MOVING),
},
[USER_LEAVING] = {
	[WANT]       = STAY(LEAVING), [END]         = STAY(LEAVING),
	[LOADED]     = STAY(LEAVING), [TURNED_AWAY] = STAY(LEAVING),
	[ASSIGNED]   = STAY(LEAVING), [CONNECTED]   = STAY(LEAVING),
	[REFUSED]    = LEFT,          [DROPPED]     = LEFT,
	[LOST]       = LEFT,          [LOGGED_OUT]  = LEFT,
	[DUE]        = LEFT,
	[MOVE]       = STAY(LEAVING), [SETTLED]     = STAY(LEAVING),
},
};

static void
check_cell(enum user_state state, enum event event)
{
	const struct cell *cell = &cells[state][event];
	const char *does;
	struct user *user;

	bring_to(state);
	user = ana();
	fire(event);
	turn();
	does = did();
	if (user->state != cell->next || strcmp(does, cell->does) != 0)
		print_error("%s, %s: %s instead of %s; \"%s\" instead of "
		    "\"%s\"\n", states[state], event_names[event],
		    states[user->state], states[cell->next], does,
		    cell->does);
	assert_int_equal(user->state, cell->next);
	assert_string_equal(does, cell->does);
}

static void
every_cell(void **state)
{
	learn_logged_out();
	for (int s = 0; s < NSTATES; s++) {
		for (int e = 0; e < NEVENTS; e++) {
			tear_down(state);
			set_up(state);
			check_cell((enum user_state)s, (enum event)e);
		}
	}
}

/* ----------------------------------------------------------- longer stories */

static void
says(const char *body)
{
	come("<message to='bob@" GW "' type='chat' id='%s'><body>%s</body>"
	    "</message>", body, body);
}

static void
messages_wait_for_login(void **state)
{
	(void)state;
	appear();
	says("one");
	answer_load(&kit_record, NULL);
	says("two");
	session_assigned(ana(), 1);
	says("three");
	says("four");		/* outbox_max is 3 */
	expect("unavailable", "Connecting");
	expect("id='four'", "<resource-constraint ");
	forget();
	session_connected(ana());
	expect_did("mark online; send chat bob one; send chat bob two; "
	    "send chat bob three");
}

static void
messages_fail_with_login(void **state)
{
	size_t mark;

	(void)state;
	appear();
	says("one");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	mark = kit.nsent;
	session_disconnected(ana(), "auth", "Wrong password.", false);
	assert_int_equal(count_sent(mark, "id='one'"), 1);
	assert_int_equal(count_sent(mark, "<recipient-unavailable "), 1);
	assert_int_equal(count_sent(mark, "Wrong password."), 3);
	later_run();
	assert_null(ana());
}

/* Logging out, wanted again, a message, and not wanted after all: nobody is
 * there who would hear of an error, so the message waits. */
static void
message_while_leaving(void **state)
{
	size_t mark;

	(void)state;
	log_in();
	come("<presence type='unavailable'/>");
	assert_int_equal(ana()->state, USER_LEAVING);
	appear();
	says("one");
	mark = kit.nsent;
	come("<presence type='unavailable'/>");
	assert_int_equal(count_sent(mark, "id='one'"), 0);
	answer("logout", NULL, NULL);
	later_run();
	assert_int_equal(ana()->state, USER_OFFLINE);
	forget();
	appear();
	session_assigned(ana(), 1);
	session_connected(ana());
	expect_did("assign; login ana1 secret; mark online; "
	    "send chat bob one");
}

/* But not for ever. */
static void
left_behind_for_too_long(void **state)
{
	(void)state;
	appear();
	says("one");
	come("<presence type='unavailable'/>");
	answer_load(&kit_record, NULL);
	later_run();
	assert_int_equal(ana()->state, USER_OFFLINE);
	assert_true(ana()->due > ev_now(kit.loop) + 900);
	TAILQ_FIRST(&ana()->outbox)->when -= 2000;
	session_due(ana());
	/* The error for the client, and words for the user. */
	assert_int_equal(count_sent(0, "in time"), 2);
	assert_int_equal(count_sent(0, "may not have arrived: "), 1);
	later_run();
	assert_null(ana());
}

static void
back_while_leaving(void **state)
{
	(void)state;
	log_in();
	come("<presence type='unavailable'/>");
	appear();
	forget();
	says("one");
	answer("logout", NULL, NULL);
	expect_did("release; assign");
	session_assigned(ana(), 2);
	session_connected(ana());
	expect_did("login ana1 secret; mark online; send chat bob one");
}

static void
crash_is_not_seen(void **state)
{
	(void)state;
	log_in();
	session_lost(ana(), "it died");
	says("one");
	turn();
	session_assigned(ana(), 2);
	session_connected(ana());
	expect_nothing();
	expect_did("assign; login ana1 secret; presence online; "
	    "send chat bob one");
}

static void
grace_ends(void **state)
{
	(void)state;
	log_in();
	session_lost(ana(), "it died");
	says("one");
	ana()->lost_at -= 100;
	session_due(ana());
	expect("type='unavailable'", "trying again");
	expect("id='one'", "type='error'");
	says("two");
	expect("id='two'", "type='error'");
	session_assigned(ana(), 2);
	session_connected(ana());
	expect("<presence from='" GW "' to='" PC "'");
	expect_no("unavailable");
}

/* A crash in the middle of a login: the question that it put is void. */
static void
question_of_the_dead(void **state)
{
	union params p = { .ask = { .user = ANA, .title = "PIN?" } };

	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	forget();
	tell_as(1, REQUEST, METHOD_ask, &p);
	expect("PIN?");
	session_lost(ana(), "it died");
	assert_null(ana()->ask);
	expect_did("refuse 1 77 not_connected");
}

static void
store_does_not_answer(void **state)
{
	(void)state;
	appear();
	assert_true(ana()->due > 0);
	forget();
	session_due(ana());
	expect("type='unavailable'", "database");
	later_run();
	assert_null(ana());
	/* When it does in the end, nobody is there. */
	answer_load(&kit_record, NULL);
	expect_did("release; mark offline; release");
}

/* Whom the network has not let in is not written down. */
static void
saved_when_let_in(void **state)
{
	(void)state;
	kit.config.auto_register = true;
	appear();
	answer_load(NULL, NULL);
	session_assigned(ana(), 1);
	expect_did("load " ANA "; assign; login ana -");
	session_connected(ana());
	expect_did("register " ANA " ana; mark online");
}

static void
not_registered(void **state)
{
	(void)state;
	appear();
	forget();
	answer_load(NULL, NULL);
	expect("<presence type='error'", "<registration-required ");
	later_run();
	assert_null(ana());
	expect_did("release; mark offline; release");
}

/* A network that needs no registration does not open the gateway to those who
 * may not register with it. */
static void
closed_to_others(void **state)
{
	char *elsewhere[] = { (char *)"elsewhere.example", NULL };
	char *here[] = { (char *)"elsewhere.example", (char *)"example.org",
	    NULL };

	(void)state;
	can("no_registration");
	kit.config.public_registration = false;
	kit.config.allowed_servers = elsewhere;
	appear();
	forget();
	answer_load(NULL, NULL);
	expect("<presence type='error'", "<registration-required ");
	later_run();
	assert_null(ana());
	forget();
	kit.config.allowed_servers = here;
	appear();
	answer_load(NULL, NULL);
	expect_did("load " ANA "; assign");
}

static void
switched_off(void **state)
{
	struct store_setting off = { "enable_transport", "0", STORE_BOOLEAN };
	struct store_user record = kit_record;

	(void)state;
	record.settings = &off;
	record.nsettings = 1;
	appear();
	forget();
	answer_load(&record, NULL);
	expect("unavailable", "switched this gateway off");
	later_run();
	assert_null(ana());
}

/* -------------------------------------------------------------- server mode */

static void
sasl(void **state)
{
	union params p = { .connected = { .user = ANA } };

	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "pw");
	answer_load(NULL, NULL);
	session_assigned(ana(), 1);
	/* Another one, with the same password, and with another. */
	gateway_link_events.login(kit.gw, 6, ANA, "pw");
	gateway_link_events.login(kit.gw, 7, ANA, "guess");
	expect_did("load " ANA "; assign; login ana pw; "
	    "sasl 7 temporary-auth-failure");
	tell(METHOD_connected, &p);
	expect_did("register " ANA " ana; mark online; sasl 6 ok; "
	    "sasl 5 ok");
	gateway_link_events.login(kit.gw, 8, ANA, "pw");
	gateway_link_events.login(kit.gw, 9, ANA, "");
	expect_did("sasl 8 ok; sasl 9 not-authorized");
}

/* Two passwords while the last session is being closed: who has said the wrong
 * one is not let in by the other. */
static void
sasl_while_leaving(void **state)
{
	(void)state;
	kit.link.server = true;
	log_in();
	session_end(ana(), NULL);
	forget();
	gateway_link_events.login(kit.gw, 5, ANA, "guess");
	gateway_link_events.login(kit.gw, 6, ANA, "right");
	expect_did("sasl 6 temporary-auth-failure");
	answer("logout", NULL, NULL);
	session_assigned(ana(), 1);
	expect_did("release; assign; login ana1 guess");
	session_disconnected(ana(), "auth", "no", false);
	expect_did("release; mark offline; sasl 5 not-authorized; close "
	    ANA);
	gateway_link_events.login(kit.gw, 7, ANA, "right");
	assert_string_equal(ana()->password, "right");
}

static void
sasl_refused(void **state)
{
	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "pw");
	answer_load(NULL, NULL);
	session_assigned(ana(), 1);
	forget();
	session_disconnected(ana(), "auth", "no", false);
	expect_did("release; mark offline; sasl 5 not-authorized; close "
	    ANA);
	later_run();
	assert_null(ana());
}

/* Whoever has asked is gone before the network has answered. */
static void
sasl_client_vanishes(void **state)
{
	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "pw");
	answer_load(NULL, NULL);
	session_assigned(ana(), 1);
	session_connected(ana());
	forget();
	session_due(ana());
	expect_did("mark offline; close " ANA "; logout");
	answer("logout", NULL, NULL);
	later_run();
	assert_null(ana());
}

static void
sasl_store_fails(void **state)
{
	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "pw");
	forget();
	answer_load(NULL, "disk full");
	expect_did("release; mark offline; sasl 5 temporary-auth-failure; "
	    "close " ANA);
}

static void
admin_password(void **state)
{
	char *admins[] = { (char *)ANA, NULL };

	(void)state;
	kit.link.server = true;
	kit.config.admin_jids = admins;
	gateway_link_events.login(kit.gw, 1, ANA, "");
	kit.config.admin_password = "top";
	gateway_link_events.login(kit.gw, 2, ANA, "to");
	gateway_link_events.login(kit.gw, 3, ANA, "toptop");
	gateway_link_events.login(kit.gw, 4, ANA, "");
	gateway_link_events.login(kit.gw, 5, ANA, "top");
	expect_did("sasl 1 not-authorized; sasl 2 not-authorized; "
	    "sasl 3 not-authorized; sasl 4 not-authorized; sasl 5 ok");
	/* And is no user of the network. */
	appear();
	assert_null(ana());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(every_cell),
		gateway_test(messages_wait_for_login),
		gateway_test(messages_fail_with_login),
		gateway_test(message_while_leaving),
		gateway_test(left_behind_for_too_long),
		gateway_test(back_while_leaving),
		gateway_test(crash_is_not_seen),
		gateway_test(grace_ends),
		gateway_test(question_of_the_dead),
		gateway_test(store_does_not_answer),
		gateway_test(saved_when_let_in),
		gateway_test(not_registered),
		gateway_test(closed_to_others),
		gateway_test(switched_off),
		gateway_test(sasl),
		gateway_test(sasl_while_leaving),
		gateway_test(sasl_refused),
		gateway_test(sasl_client_vanishes),
		gateway_test(sasl_store_fails),
		gateway_test(admin_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
