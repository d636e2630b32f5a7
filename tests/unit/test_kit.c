/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: kit protocol util */
/* The kit without a loop, under a small backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/kit/driver.h"
#include "backends/kit/process.h"
#include "tests/unit/backend_kit.h"
#include "util/later.h"
#include "util/log.h"

static double stop_seconds;

static void
stopping(double seconds)
{
	stop_seconds = seconds;
}

static const struct kit_driver fake = { stopping };
static struct decoder *decoder;

static int
setup(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	stop_seconds = 0;
	log_set_level(LOG_ERROR);
	kit_init(&backend, &fake);
	decoder = decoder_create(UP);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	decoder_destroy(decoder);
	kit_free();
	later_run();
	return 0;
}

static void
next(struct msg *msg)
{
	const char *why;

	if (decoder_next(decoder, kit_out(), msg, &why) != 1)
		fail_msg("nothing was sent");
}

static void
nothing_more(void)
{
	struct msg msg;
	const char *why;

	assert_int_equal(decoder_next(decoder, kit_out(), &msg, &why), 0);
}

static void
refused(uint32_t id, const char *code)
{
	struct msg msg;

	next(&msg);
	assert_int_equal(msg.kind, RESPONSE);
	assert_int_equal(msg.id, id);
	assert_non_null(msg.error);
	assert_string_equal(msg.error->code, code);
}

static void
accepted(uint32_t id)
{
	struct msg msg;

	next(&msg);
	assert_int_equal(msg.kind, RESPONSE);
	assert_int_equal(msg.id, id);
	assert_null(msg.error);
}

/* However slow this machine is. */
static void
receive(void)
{
	do {
		kit_received();
	} while (kit_more());
}

static void
begin(void)
{
	put_initialize(kit_in(), "no");
	receive();
	accepted(1);
	nothing_more();
}

static void
says_what_it_can(void **state)
{
	union result result;
	struct msg msg;
	const char *why;

	(void)state;
	put_initialize(kit_in(), "no");
	receive();
	next(&msg);
	assert_int_equal(decoder_result(decoder, METHOD_initialize, &result,
	    &why), 0);
	assert_string_equal(result.initialize.name, "Test");
	assert_int_equal(result.initialize.version, PROTOCOL_VERSION);
	assert_int_equal(result.initialize.features.n, 2);
	assert_string_equal(result.initialize.features.v[1], "receipts");
	assert_int_equal(result.initialize.account_fields.n, 1);
	put_initialize(kit_in(), "no");
	receive();
	refused(1, ERR_BAD_REQUEST);
}

static void
reads_its_configuration(void **state)
{
	(void)state;
	begin();
	assert_string_equal(kit_config("service", "lines", ""), "a\nb");
	assert_null(kit_config("service", "absent", NULL));
	assert_null(kit_config("absent", "lines", NULL));
	assert_int_equal(kit_config_int("service", "n", 7), 42);
	assert_int_equal(kit_config_int("service", "word", 7), 7);
	assert_int_equal(kit_config_int("service", "absent", 7), 7);
	assert_false(kit_config_bool("service", "broken", true));
	assert_true(kit_config_bool("service", "word", true));
}

static void
bad_configuration_is_told(void **state)
{
	struct msg msg;

	(void)state;
	put_initialize(kit_in(), "yes");
	receive();
	next(&msg);
	assert_string_equal(msg.error->text, "service.broken: cannot be");
	nothing_more();
	assert_true(kit_finished());
	assert_int_equal(kit_status(), EX_CONFIG);
}

static void
nothing_before_initialize(void **state)
{
	(void)state;
	put_login(kit_in(), 5);
	receive();
	refused(5, ERR_BAD_REQUEST);
	assert_int_equal(seen.logins, 0);
}

static void
hands_messages_over(void **state)
{
	struct msg_logout logout = { .user = "ana@example" };
	struct msg_presence presence = { .user = "u", .show = "away" };
	struct msg_profile profile = { .user = "u", .contact = "c" };
	struct msg_drain drain = { 0 };
	struct msg msg;

	(void)state;
	begin();
	put_login(kit_in(), 5);
	put(kit_in(), 6, METHOD_logout, &logout);
	put(kit_in(), 0, METHOD_presence, &presence);	/* no handler */
	put(kit_in(), 7, METHOD_profile, &profile);	/* no handler */
	put(kit_in(), 0, METHOD_drain, &drain);
	buf_add(kit_in(), "\x94\x00\x08\xa4yoga\x91\x80", 10);
	receive();
	accepted(5);
	next(&msg);
	assert_int_equal(msg.method, METHOD_connected);
	assert_string_equal(msg.params->connected.account, "ana");
	refused(7, ERR_NOT_SUPPORTED);
	refused(8, ERR_NOT_SUPPORTED);
	nothing_more();
	kit_error(&seen.kept, ERR_NETWORK, "why not");
	refused(6, ERR_NETWORK);
	assert_int_equal(seen.logins, 1);
	assert_int_equal(seen.drains, 1);
}

static void
answers_ping(void **state)
{
	struct msg_ping ping = { 0 };
	union result result;
	struct msg msg;
	const char *why;

	(void)state;
	seen.logins = 17;
	put(kit_in(), 2, METHOD_ping, &ping);
	receive();
	next(&msg);
	assert_int_equal(decoder_result(decoder, METHOD_ping, &result, &why),
	    0);
	assert_int_equal(result.ping.sessions, 17);
	assert_true(result.ping.rss_kb > 100);
}

static void
too_large_an_answer(void **state)
{
	struct msg_room_list list = { .user = "u" };

	(void)state;
	begin();
	put(kit_in(), 4, METHOD_room_list, &list);
	log_set_level(LOG_ERROR);
	receive();
	refused(4, ERR_TOO_LONG);
	nothing_more();
}

static void
outcome(void *ctx, const struct msg_error *error, const union result *result)
{
	assert_ptr_equal(ctx, &seen);
	snprintf(seen.asked, sizeof(seen.asked), "%s",
	    error != NULL ? error->code : result->ask.values.v[0].value);
}

static void
asks_the_user(void **state)
{
	struct msg_ask ask = { .user = "u", .title = "PIN?" };
	struct pair pin = { "pin", "1234" };
	struct msg_ask_result result = { .values = { &pin, 1 } };
	struct msg msg;

	(void)state;
	begin();
	kit_request(METHOD_ask, &ask, 60, outcome, &seen);
	next(&msg);
	assert_int_equal(msg.method, METHOD_ask);
	assert_string_equal(seen.asked, "");
	assert_int_equal(encode_result(kit_in(), msg.id, METHOD_ask, &result),
	    0);
	receive();
	assert_string_equal(seen.asked, "1234");

	kit_request(METHOD_ask, &ask, 60, outcome, &seen);
	next(&msg);
	encode_error(kit_in(), 4711, ERR_BANNED, NULL);	/* was never asked */
	encode_error(kit_in(), msg.id, ERR_FORBIDDEN, NULL);
	receive();
	assert_string_equal(seen.asked, ERR_FORBIDDEN);

	kit_request(METHOD_ask, &ask, -1, outcome, &seen);
	kit_tick();
	assert_string_equal(seen.asked, ERR_TIMEOUT);

	kit_request(METHOD_ask, &ask, 60, outcome, &seen);
	next(&msg);
	buf_add(kit_in(), "\x94\x01\x04\xc0\x07", 5);
	receive();
	assert_string_equal(seen.asked, ERR_BAD_REQUEST);

	kit_request(METHOD_ask, &ask, 60, outcome, &seen);
	kit_orphaned();
	assert_string_equal(seen.asked, ERR_LOST);
}

/* Nothing is read or lost while the queue is long, and what was read before
 * has its turn later. */
static void
pauses_when_nobody_reads(void **state)
{
	struct msg msg;
	const char *why;
	int got = 0;

	(void)state;
	begin();
	for (uint32_t i = 0; i < 4; i++)
		put_send(kit_in(), 100 + i, "20000");
	receive();
	kit_sent();
	assert_int_equal(seen.pauses, 1);
	assert_true(kit_paused());
	assert_false(kit_wants_input());
	put_login(kit_in(), 5);
	receive();
	kit_sent();
	assert_int_equal(seen.logins, 0);
	while (decoder_next(decoder, kit_out(), &msg, &why) == 1)
		got++;
	assert_int_equal(got, 80004);
	assert_int_equal(seen.resumes, 0);
	kit_sent();
	assert_int_equal(seen.pauses, 1);
	assert_int_equal(seen.resumes, 1);
	receive();
	accepted(5);
	assert_int_equal(seen.logins, 1);
}

static void
stops_in_steps(void **state)
{
	struct msg_exit leave = { 0 };
	struct msg msg;

	(void)state;
	begin();
	seen.slow_stop = true;
	put(kit_in(), 0, METHOD_exit, &leave);
	put_login(kit_in(), 9);
	receive();
	assert_int_equal(seen.stops, 1);
	assert_true(stop_seconds > 1);
	assert_false(kit_finished());
	refused(9, ERR_NOT_CONNECTED);
	kit_notify(METHOD_disconnected, &(struct msg_disconnected){
	    .user = "ana@example", .reason = "other" });
	kit_stopped();
	assert_false(kit_finished());		/* that must leave first */
	next(&msg);
	assert_int_equal(msg.method, METHOD_disconnected);
	nothing_more();
	assert_true(kit_finished());
	kit_quit();
	assert_int_equal(seen.stops, 1);
	assert_int_equal(kit_status(), EXIT_SUCCESS);
}

static void
orphans_hurry(void **state)
{
	double before;

	(void)state;
	begin();
	seen.slow_stop = true;
	kit_quit();
	before = stop_seconds;
	kit_orphaned();
	assert_int_equal(seen.stops, 1);
	assert_true(stop_seconds < before);
	kit_notify(METHOD_connected, &(struct msg_connected){ .user = "u" });
	assert_int_equal(buf_len(kit_out()), 0);
	assert_false(kit_finished());
	kit_stopped();
	assert_true(kit_finished());
}

static void
garbage_is_the_end(void **state)
{
	(void)state;
	begin();
	buf_adds(kit_in(), "GET / HTTP/1.0\r\n");
	log_set_level(LOG_ERROR);
	receive();
	assert_int_equal(seen.stops, 1);
	assert_true(kit_finished());
	assert_int_equal(kit_status(), EX_PROTOCOL);
}

/* Hundreds of slow logins: others get their turn in between. */
static void
takes_rests(void **state)
{
	int turns = 0;

	(void)state;
	begin();
	seen.login_takes = 30000;
	for (uint32_t id = 2; id < 8; id++)
		put_login(kit_in(), id);
	do {
		turns++;
		kit_received();
		assert_true(seen.logins >= turns);
	} while (kit_more());
	assert_int_equal(seen.logins, 6);
	assert_in_range(turns, 3, 6);
}

static void
gives_back_what_a_burst_left(void **state)
{
	struct process p = { .share = 4096 };
	struct buf burst = { 0 };
	int down[2], up[2];
	ssize_t n;

	(void)state;
	begin();
	/* A pipe has room for one page only where its user has very many. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, down), 0);
	assert_int_equal(pipe(up), 0);
	p.in = down[0];
	p.out = up[1];
	for (uint32_t i = 2; i < 600; i++)
		put_login(&burst, i);
	n = write(down[1], buf_data(&burst), buf_len(&burst));
	assert_int_equal(n, (ssize_t)buf_len(&burst));
	/* It may take rests, and then there is nothing more to read. */
	while (seen.logins < 598) {
		if (process_more(&p))
			process_go_on(&p);
		else
			process_read(&p);
	}
	assert_true(p.share > 4096);
	process_turn(&p);
	process_tick(&p);
	assert_true(kit_in()->cap > 0 && kit_out()->cap > 0);
	process_tick(&p);
	assert_int_equal(kit_in()->cap + kit_out()->cap, 0);
	assert_int_equal(p.share, 4096);
	process_close(&p);
	close(down[1]);
	close(up[0]);
	buf_free(&burst);
}

int
main(void)
{
#define ALONE(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		ALONE(says_what_it_can),
		ALONE(reads_its_configuration),
		ALONE(bad_configuration_is_told),
		ALONE(nothing_before_initialize),
		ALONE(hands_messages_over),
		ALONE(answers_ping),
		ALONE(too_large_an_answer),
		ALONE(asks_the_user),
		ALONE(pauses_when_nobody_reads),
		ALONE(stops_in_steps),
		ALONE(orphans_hurry),
		ALONE(garbage_is_the_end),
		ALONE(takes_rests),
		ALONE(gives_back_what_a_burst_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
