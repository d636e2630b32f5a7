/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* What becomes of users and of their messages when backends are lost or
 * replaced: sent again or answered, paced, moved, kept apart, and kept over a
 * restart. */
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

/* --------------------------------------------------------------- quarantine */

static void
die_in_login(void)
{
	session_assigned(ana(), 1);
	forget();
	session_lost(ana(), "signal 11");
	ana()->due = ana()->retry_at = 1;
}

static void
two_deaths_are_enough(void **state)
{
	char *admins[] = { (char *)"admin@example.org", NULL };

	(void)state;
	kit.config.admin_jids = admins;
	appear();
	answer_load(&kit_record, NULL);
	die_in_login();
	assert_false(quarantine_holds(kit.gw, ANA));
	session_due(ana());
	expect_did("assign");
	die_in_login();
	assert_true(quarantine_holds(kit.gw, ANA));
	assert_int_equal(count_sent(0, "to='admin@example.org'"), 1);
	assert_int_equal(count_sent(0, "a connection of your own"), 1);
	/* Not at once ... */
	session_due(ana());
	expect_did("");
	assert_true(ana()->retry_at > ev_now(kit.loop) + 3);
	/* ... and alone. */
	ana()->retry_at = 0;
	session_lost(ana(), "");
	expect_did("");
}

static void
alone_when_it_is_time(void **state)
{
	(void)state;
	log_in();
	for (int i = 0; i < 2; i++) {
		ana()->suspect = true;
		session_lost(ana(), "signal 11");
		turn();
		online_on(2);
	}
	assert_true(quarantine_holds(kit.gw, ANA));
	forget();
	session_lost(ana(), "by another's fault");
	turn();
	expect_did("");
	assert_true(ana()->retry_at >= quarantine_until(kit.gw, ANA));
	/* An hour later. */
	ana()->retry_at = ana()->due = 1;
	session_due(ana());
	turn();
	expect_did("assign alone");
	online_on(3);
	forget();
	quarantine_tick(kit.gw, ev_now(kit.loop) + 3500);
	assert_true(quarantine_holds(kit.gw, ANA));
	quarantine_tick(kit.gw, ev_now(kit.loop) + 3700);
	assert_false(quarantine_holds(kit.gw, ANA));
	expect_did("logout");		/* back to the others */
}

static void
bystanders_are_not_suspected(void **state)
{
	(void)state;
	log_in();
	for (int i = 0; i < 3; i++) {
		session_lost(ana(), "signal 11");
		turn();
		online_on(2);
	}
	assert_false(quarantine_holds(kit.gw, ANA));
}

/* Two deaths that have nothing to do with each other. */
static void
long_ago_does_not_count(void **state)
{
	(void)state;
	log_in();
	ana()->suspect = true;
	session_lost(ana(), "signal 11");
	quarantine_tick(kit.gw, ev_now(kit.loop) + 700);
	turn();
	online_on(2);
	ana()->suspect = true;
	session_lost(ana(), "signal 11");
	assert_false(quarantine_holds(kit.gw, ANA));
}

/* --------------------------------------------------------- over a restart */

static void
what_waits_is_spooled(void **state)
{
	(void)state;
	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	forget();
	says("one");
	expect_did("spool " ANA);
	online_on(1);
	expect_did("login ana1 secret; mark online; unspool; "
	    "send chat bob one");
	/* In flight it is not, coming back it is again. */
	answer("send chat bob one", ERR_UNSENT, NULL);
	expect_did("spool " ANA);
}

static void
spool_is_bounded(void **state)
{
	(void)state;
	kit.persistent = true;
	kit.config.spool_max = 100;
	appear();
	answer_load(&kit_record, NULL);
	forget();
	says("one");
	says("two");
	expect_did("spool " ANA);
}

static void
spool_comes_back(void **state)
{
	struct packer p = { 0 };
	struct store_waiting rows[2];

	(void)state;
	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	outgoing_pack(TAILQ_FIRST(&ana()->outbox), &p);
	rows[0] = (struct store_waiting){ .id = 5, .jid = ANA,
	    .data = buf_data(&p.out), .len = buf_len(&p.out) };
	rows[1] = (struct store_waiting){ .id = 6, .jid = ANA, .data = "x",
	    .len = 1 };
	tear_down(state);
	set_up(state);
	kit.persistent = true;
	gateway_start(kit.gw, &kit.link, NULL, NULL);
	kit.spool(kit.spool_ctx, rows, 2, NULL);
	expect_did("load " ANA "; unspool");
	answer_load(&kit_record, NULL);
	turn();
	online_on(1);
	expect_did("assign; login ana1 secret; mark online; unspool; "
	    "send chat bob one");
	pack_free(&p);
}

static void
stop_keeps_what_is_spooled(void **state)
{
	(void)state;
	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	kit.config.spool_max = 0;
	says("two");
	forget();
	gateway_stop(kit.gw);
	expect("id='id-of-two'", "type='error'");
	expect_did("");
	assert_int_equal(ana()->outbox_count, 1);
}

static void
too_old_is_answered(void **state)
{
	(void)state;
	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	forget();
	assert_true(outgoing_expire(ana(), ev_now(kit.loop) + 999) > 0);
	expect_nothing();
	assert_true(outgoing_expire(ana(), ev_now(kit.loop) + 1001) == 0);
	expect("id='id-of-one'", "type='error'", "in time");
	expect_did("unspool");
}

static void
old_is_answered_at_the_start(void **state)
{
	struct packer p = { 0 };
	struct store_waiting row;

	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	TAILQ_FIRST(&ana()->outbox)->when -= 30 * 86400;
	outgoing_pack(TAILQ_FIRST(&ana()->outbox), &p);
	row = (struct store_waiting){ .id = 5, .jid = ANA,
	    .data = buf_data(&p.out), .len = buf_len(&p.out) };
	tear_down(state);
	set_up(state);
	kit.persistent = true;
	gateway_start(kit.gw, &kit.link, NULL, NULL);
	kit.spool(kit.spool_ctx, &row, 1, NULL);
	expect("id='id-of-one'", "type='error'", "in time");
	expect_did("unspool");
	pack_free(&p);
}

static void
guess_destroys_nothing(void **state)
{
	struct packer p = { 0 };
	struct store_waiting row;

	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	outgoing_pack(TAILQ_FIRST(&ana()->outbox), &p);
	row = (struct store_waiting){ .id = 5, .jid = ANA,
	    .data = buf_data(&p.out), .len = buf_len(&p.out) };
	tear_down(state);
	set_up(state);
	kit.persistent = true;
	kit.link.server = true;
	gateway_start(kit.gw, &kit.link, NULL, NULL);
	kit.spool(kit.spool_ctx, &row, 1, NULL);
	assert_int_equal(ana()->outbox_count, 1);
	gateway_link_events.login(kit.gw, 5, ANA, "guess");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	session_disconnected(ana(), "auth", "wrong", false);
	assert_int_equal(ana()->outbox_count, 1);
	pack_free(&p);
}

static void
suspects_messages_do_not_wait(void **state)
{
	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	for (int i = 0; i < 50; i++) {
		session_assigned(ana(), 1);
		session_lost(ana(), "signal 11");
		session_due(ana());
	}
	assert_int_equal(ana()->outbox_count, 0);
}

static void
spool_comes_back_in_turn(void **state)
{
	struct packer p = { 0 };
	struct store_waiting rows[20];
	char jids[20][32];

	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	says("one");
	outgoing_pack(TAILQ_FIRST(&ana()->outbox), &p);
	tear_down(state);
	set_up(state);
	kit.persistent = true;
	kit.config.login_rate = 1;
	gateway_start(kit.gw, &kit.link, NULL, NULL);
	for (int i = 0; i < 20; i++) {
		snprintf(jids[i], 32, "u%d@example.org", i);
		rows[i] = (struct store_waiting){ .id = i + 1, .jid = jids[i],
		    .data = buf_data(&p.out), .len = buf_len(&p.out) };
	}
	kit.spool(kit.spool_ctx, rows, 20, NULL);
	forget();
	for (int i = 0; i < 20; i++)
		answer_load(&kit_record, NULL);
	expect_did("");
	turn();
	expect_did("assign; assign; assign; assign");
	pack_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(spool_comes_back_in_turn),
		gateway_test(old_is_answered_at_the_start),
		gateway_test(guess_destroys_nothing),
		gateway_test(suspects_messages_do_not_wait),
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
		gateway_test(two_deaths_are_enough),
		gateway_test(alone_when_it_is_time),
		gateway_test(bystanders_are_not_suspected),
		gateway_test(long_ago_does_not_count),
		gateway_test(what_waits_is_spooled),
		gateway_test(spool_is_bounded),
		gateway_test(spool_comes_back),
		gateway_test(stop_keeps_what_is_spooled),
		gateway_test(too_old_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
