/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Messages that wait, kept over a restart. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/outgoing.h"

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
		gateway_test(what_waits_is_spooled),
		gateway_test(spool_is_bounded),
		gateway_test(spool_comes_back),
		gateway_test(stop_keeps_what_is_spooled),
		gateway_test(too_old_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
