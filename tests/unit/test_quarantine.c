/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Users whose backends die are kept apart. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/quarantine.h"

static void
online_on(unsigned backend)
{
	session_assigned(ana(), backend);
	session_connected(ana());
}

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(two_deaths_are_enough),
		gateway_test(alone_when_it_is_time),
		gateway_test(bystanders_are_not_suspected),
		gateway_test(long_ago_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
