/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* What becomes of users and of their messages when backends are lost or
 * replaced: sent again or answered, paced and moved. */
#include "tests/unit/gateway_kit.h"

#include <time.h>

#include "manager/gateway/outgoing.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/watch.h"
#include "protocol/features.h"

static void
says(const char *body)
{
	come("<message to='bob@" GW "' type='chat' id='id-of-%s'><body>%s"
	    "</body></message>", body, body);
}

static void
online_on(unsigned backend)
{
	session_assigned(ana(), backend);
	session_connected(ana());
}

/* --------------------------------------------------------- in flight, lost */

static void
unsent_goes_again(void **state)
{
	(void)state;
	log_in();
	says("one");
	says("two");
	answer("send chat bob one", ERR_UNSENT, NULL);
	answer("send chat bob two", ERR_UNSENT, NULL);
	session_lost(ana(), "it died");
	says("three");
	turn();
	forget();
	online_on(2);
	expect_did("login ana1 secret; presence online; send chat bob one; "
	    "send chat bob two; send chat bob three");
	expect_nothing();
	assert_false(ana()->suspect);
}

static void
lost_is_told(void **state)
{
	(void)state;
	log_in();
	says("one");
	answer("send chat bob one", ERR_LOST, NULL);
	expect("id='id-of-one'", "type='error'", "may have been delivered");
	assert_true(ana()->suspect);
}

/* No server keeps an error for who is away. */
static void
told_in_words_who_has_gone(void **state)
{
	(void)state;
	log_in();
	says("one");
	says("two");
	answer("send chat bob one", ERR_NOT_FOUND, NULL);
	expect("id='id-of-one'", "type='error'");
	expect_nothing();
	come("<presence type='unavailable'/>");
	forget();
	answer("send chat bob two", ERR_NOT_FOUND, NULL);
	expect("id='id-of-two'", "type='error'");
	expect("<message ", "to='" ANA "'", "type='chat'", "to bob may not");
	expect_nothing();
}

/* Where the backend knows repetitions there is nothing to be told. */
static void
lost_goes_again(void **state)
{
	(void)state;
	can(FEATURE_REPEATS);
	log_in();
	says("one");
	answer("send chat bob one", ERR_LOST, NULL);
	session_lost(ana(), "it died");
	turn();
	forget();
	online_on(2);
	expect_did("login ana1 secret; presence online; send chat bob one");
	expect_nothing();
}

/* What the network did not take stays refused. */
static void
other_errors_do_not(void **state)
{
	(void)state;
	can(FEATURE_REPEATS);
	log_in();
	says("one");
	answer("send chat bob one", ERR_NOT_FOUND, NULL);
	expect("id='id-of-one'", "<item-not-found ");
	assert_int_equal(ana()->outbox_count, 0);
}

static void
waiting_survives_death_in_login(void **state)
{
	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	says("one");
	forget();
	session_lost(ana(), "it died");
	assert_int_equal(ana()->state, USER_WAITING);
	expect("unavailable", "trying again");
	expect_nothing();
	ana()->due = 1;
	ana()->retry_at = 1;
	session_due(ana());
	online_on(2);
	expect_did("assign; login ana1 secret; mark online; "
	    "send chat bob one");
}

/* Nothing waits for ever for a place that does not come. */
static void
no_place(void **state)
{
	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	forget();
	assert_true(ana()->due > 0);
	session_due(ana());
	expect("id='id-of-one'", "type='error'", "goes on trying");
	expect("unavailable");
	expect_did("assign");
	assert_int_equal(ana()->state, USER_WAITING);
	assert_true(ana()->due > 0);
}

/* -------------------------------------------------------------- repetitions */

static void
repetition_is_not_sent(void **state)
{
	(void)state;
	log_in();
	says("one");
	forget();
	says("one");
	expect_did("");
	expect_nothing();
	answer("send chat bob one", NULL, NULL);
	says("one");
	expect_did("");
	/* Another text under that id is another message. */
	come("<message to='bob@" GW "' type='chat' id='id-of-one'><body>two"
	    "</body></message>");
	expect_did("send chat bob two");
}

static void
refused_may_come_again(void **state)
{
	(void)state;
	log_in();
	says("one");
	answer("send chat bob one", ERR_NETWORK, NULL);
	forget();
	says("one");
	expect_did("send chat bob one");
}

/* It may have arrived, and the client may not know of the error yet: what it
 * sends again by itself is not sent twice, and not swallowed either. */
static void
uncertain_is_told_again(void **state)
{
	(void)state;
	log_in();
	says("one");
	answer("send chat bob one", ERR_UNCERTAIN, NULL);
	expect("id='id-of-one'", "<remote-server-timeout ");
	forget();
	says("one");
	expect_did("");
	expect("id='id-of-one'", "type='error'", "may have been delivered");
}

/* Some clients count from one for every connection. */
static void
short_ids_prove_nothing(void **state)
{
	(void)state;
	log_in();
	kit.config.inflight_max = 10;
	for (int i = 0; i < 2; i++)
		come("<message to='bob@" GW "' type='chat' id='1'><body>ok"
		    "</body></message>");
	expect_did("send chat bob ok; send chat bob ok");
}

/* -------------------------------------------------------------------- moves */

static void
move_waits_for_answers(void **state)
{
	union params p = { .message = { .user = ANA, .from = "bob",
	    .kind = "chat", .body = "late" } };

	(void)state;
	log_in();
	says("one");
	forget();
	session_move(ana());
	expect_did("");
	says("two");
	answer("send chat bob one", NULL, NULL);
	expect_did("logout");
	/* What the old one has heard still comes. */
	tell(METHOD_message, &p);
	expect("<body>late</body>");
	says("three");
	answer("logout", NULL, NULL);
	turn();
	expect_did("release; assign not 1");
	online_on(2);
	expect_did("login ana1 secret; presence online; send chat bob two; "
	    "send chat bob three");
	expect_nothing();
}

static void
move_does_not_wait_for_ever(void **state)
{
	(void)state;
	log_in();
	says("one");
	forget();
	session_move(ana());
	session_due(ana());
	expect_did("logout");
	session_due(ana());
	turn();
	expect_did("release; assign not 1");
	assert_int_equal(ana()->state, USER_RECOVERING);
}

static void
move_after_login(void **state)
{
	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	forget();
	session_move(ana());
	expect_did("");
	session_connected(ana());
	expect_did("mark online; logout");
	assert_int_equal(ana()->state, USER_MOVING);
}

static void
goodbye_while_moving(void **state)
{
	(void)state;
	log_in();
	session_move(ana());
	forget();
	come("<presence type='unavailable'/>");
	expect_did("mark offline");
	assert_int_equal(ana()->state, USER_LEAVING);
	answer("logout", NULL, NULL);
	expect_did("release");
}

/* What a backend that hung has not read is nobody's fault: the session is not
 * over, its user is no suspect, and nothing is waited for. */
static void
unread_login_goes_elsewhere(void **state)
{
	(void)state;
	log_in();
	for (unsigned i = 0; i < 3; i++) {
		session_lost(ana(), "it hung");
		turn();
		session_assigned(ana(), 2 + i);
		forget();
		answer("login ana1 secret", ERR_UNSENT, NULL);
		expect_nothing();
		assert_int_equal(ana()->state, USER_RECOVERING);
	}
	session_lost(ana(), "it hung");
	turn();
	expect_did("assign");
	assert_false(quarantine_holds(kit.gw, ANA));
	online_on(5);
	assert_int_equal(ana()->state, USER_ONLINE);
}

static void
unread_first_login(void **state)
{
	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	says("one");
	forget();
	answer("login ana1 secret", ERR_UNSENT, NULL);
	session_lost(ana(), "it hung");
	turn();
	expect_nothing();
	expect_did("assign");
	assert_int_equal(ana()->state, USER_WAITING);
	online_on(2);
	expect_did("login ana1 secret; mark online; send chat bob one");
}

static void
unread_goodbye(void **state)
{
	(void)state;
	log_in();
	session_move(ana());
	answer("logout", ERR_UNSENT, NULL);
	assert_int_equal(ana()->state, USER_MOVING);
	forget();
	session_lost(ana(), "it hung");
	turn();
	expect_did("release; assign not 1");
	online_on(2);
	assert_int_equal(ana()->state, USER_ONLINE);
}

/* Wanted again while a backend that hung was being told goodbye: these come
 * back with all the others. */
static void
left_by_death_is_paced(void **state)
{
	(void)state;
	log_in();
	session_end(ana(), NULL);
	session_want(ana(), NULL);
	forget();
	session_lost(ana(), "it hung");
	assert_int_equal(ana()->state, USER_WAITING);
	assert_true(ana()->paced);
	turn();
	expect_did("release; assign");
}

/* ------------------------------------------------------------------- pacing */

static void
another(const char *name, double active)
{
	char *jid = xasprintf("%s@example.org", name);
	struct user *user = user_get(kit.gw, jid);

	user->state = USER_ONLINE;
	user->shown = true;
	user->account = xstrdup(name);
	user->active = active;
	free(jid);
}

static void
many_come_back_in_turn(void **state)
{
	struct user *user;
	unsigned waiting = 0;
	char name[16];
	size_t at = 0;

	(void)state;
	kit.config.login_rate = 20;	/* four at once */
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		another(name, i);
	}
	while ((user = map_next(&kit.gw->users, &at)) != NULL)
		session_lost(user, "it died");
	expect_did("");
	turn();
	expect_did("assign; assign; assign; assign");
	/* Those who talked last are first. */
	for (at = 0; (user = map_next(&kit.gw->users, &at)) != NULL;) {
		waiting += user->paced;
		assert_int_equal(user->paced, user->active < 6);
	}
	assert_int_equal(waiting, 6);
	for (double end = ev_now(kit.loop) + 5; waiting > 0 &&
	    ev_now(kit.loop) < end;) {
		ev_run(kit.loop, EVRUN_ONCE);
		for (at = 0, waiting = 0;
		    (user = map_next(&kit.gw->users, &at)) != NULL;)
			waiting += user->paced;
	}
	assert_int_equal(waiting, 0);
}

/* A queue of a server that holds ten does not overflow, nor after a turn that
 * took long. */
static void
few_at_once(void **state)
{
	struct user *user;
	char name[16];
	size_t at = 0;

	(void)state;
	kit.config.login_rate = 1000;
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		another(name, i);
	}
	while ((user = map_next(&kit.gw->users, &at)) != NULL)
		session_lost(user, "it died");
	turn();
	expect_did("assign; assign; assign; assign; assign; assign; assign; "
	    "assign");
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	ev_run(kit.loop, EVRUN_ONCE);
	expect_did("assign; assign; assign; assign; assign; assign; assign; "
	    "assign");
}

static void
who_leaves_is_not_assigned(void **state)
{
	(void)state;
	log_in();
	session_lost(ana(), "it died");
	session_end(ana(), NULL);
	forget();
	turn();
	expect_did("");
}

/* After a restart nobody is here: those who were are asked first, and no more
 * a second than may log in. */
static void
asked_at_the_pace_of_logins(void **state)
{
	struct store_user users[10] = { 0 };
	char jid[10][32];
	struct kit_open o;

	(void)state;
	kit.config.login_rate = 4;
	for (int i = 0; i < 10; i++) {
		snprintf(jid[i], sizeof(jid[i]), "u%d@example.org", i);
		users[i].jid = jid[i];
		users[i].online = i >= 7;
	}
	watch_link_up(kit.gw);
	o = kit_take("list");
	o.listed(o.ctx, users, 10, NULL);
	for (int i = 7; i < 10; i++)
		expect("type='probe'", jid[i]);
	expect("type='probe'", "u0@");
	expect_nothing();
	/* One has come by itself meanwhile. */
	another("u1", 0);
	watch_tick(kit.gw);
	expect("u2@");
	expect("u3@");
	expect("u4@");
	expect("u5@");
	expect_nothing();
	watch_tick(kit.gw);
	expect("u6@");
	watch_tick(kit.gw);
	expect_nothing();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(unsent_goes_again),
		gateway_test(lost_is_told),
		gateway_test(told_in_words_who_has_gone),
		gateway_test(lost_goes_again),
		gateway_test(other_errors_do_not),
		gateway_test(waiting_survives_death_in_login),
		gateway_test(no_place),
		gateway_test(repetition_is_not_sent),
		gateway_test(refused_may_come_again),
		gateway_test(uncertain_is_told_again),
		gateway_test(short_ids_prove_nothing),
		gateway_test(move_waits_for_answers),
		gateway_test(move_does_not_wait_for_ever),
		gateway_test(move_after_login),
		gateway_test(goodbye_while_moving),
		gateway_test(many_come_back_in_turn),
		gateway_test(few_at_once),
		gateway_test(who_leaves_is_not_assigned),
		gateway_test(unread_login_goes_elsewhere),
		gateway_test(unread_first_login),
		gateway_test(unread_goodbye),
		gateway_test(left_by_death_is_paced),
		gateway_test(asked_at_the_pace_of_logins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
