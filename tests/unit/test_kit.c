/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: kit protocol util */
/* A small backend on the kit: first without a loop, then as a process of its
 * own at the other end of two pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/kit/driver.h"
#include "backends/kit/kit_ev.h"
#include "protocol/codec.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* ------------------------------------------------------- the backend itself */

static struct {
	struct kit_call	 kept;		/* logout, answered later */
	int		 logins, drains, pauses, resumes, stops;
	bool		 slow_stop;
	char		 asked[64];	/* outcome of a kit_request() */
} seen;

static void
on_login(const struct kit_call *call, const struct msg_login *p)
{
	struct msg_connected up = { .user = p->user, .account = p->account };

	seen.logins++;
	kit_reply(call, NULL);
	kit_notify(METHOD_connected, &up);
}

static void
on_logout(const struct kit_call *call, const struct msg_logout *p)
{
	(void)p;
	seen.kept = *call;
}

static void
on_drain(const struct kit_call *call, const struct msg_drain *p)
{
	(void)p;
	seen.drains++;
	kit_reply(call, NULL);		/* nobody asked */
	kit_error(call, ERR_NETWORK, NULL);
}

/* Echo, so many times as the body says if it is a number. */
static void
on_send(const struct kit_call *call, const struct msg_send *p)
{
	struct msg_message up = { .user = p->user, .from = p->to,
	    .kind = p->kind, .body = p->body };
	struct msg_send_result result = { .delivered = true };

	for (int i = atoi(p->body); i > 0; i--) {
		up.time = i;
		kit_notify(METHOD_message, &up);
	}
	kit_reply(call, &result);
}

static void
on_room_list(const struct kit_call *call, const struct msg_room_list *p)
{
	char *novel = xcalloc(1, PROTOCOL_MESSAGE_MAX + 1);
	struct msg_room_info room = { .room = novel };
	struct msg_room_list_result result = { .rooms = { &room, 1 } };

	(void)p;
	memset(novel, 'x', PROTOCOL_MESSAGE_MAX);
	kit_reply(call, &result);
	free(novel);
}

static int
on_start(const struct sections *config, struct msg_initialize_result *say,
    char **why)
{
	static const struct msg_field account[] = { { .var = "server" } };

	assert_int_equal(config->n, 2);
	assert_string_equal(kit_instance(), "irc.example");
	assert_int_equal(kit_number(), 3);
	if (kit_config_bool("service", "broken", false)) {
		*why = xstrdup("service.broken: cannot be");
		return -1;
	}
	printf("a plug-in that prints\n");
	fflush(stdout);
	say->account_fields.v = (struct msg_field *)(uintptr_t)account;
	say->account_fields.n = 1;
	return 0;
}

static void
on_stop(void)
{
	seen.stops++;
	if (!seen.slow_stop)
		kit_stopped();
}

static void
on_pause(void)
{
	seen.pauses++;
}

static void
on_resume(void)
{
	seen.resumes++;
}

static size_t
sessions(void)
{
	return (size_t)seen.logins;
}

static const char *const features[] = { "rooms", "receipts", NULL };

static const struct kit_backend backend = {
	.program = "spectrum2_test_backend",
	.about = "A backend for tests.",
	.name = "Test",
	.features = features,
	.start = on_start,
	.stop = on_stop,
	.pause = on_pause,
	.resume = on_resume,
	.sessions = sessions,
	.handle = {
		.login = on_login,
		.logout = on_logout,
		.drain = on_drain,
		.send = on_send,
		.room_list = on_room_list,
	},
};

/* -------------------------------------------------- the main process's side */

static void
put(struct buf *to, uint32_t id, enum method m, const void *params)
{
	if (method_kind(m) == REQUEST)
		assert_int_equal(encode_request(to, id, m, params), 0);
	else
		assert_int_equal(encode_notification(to, m, params), 0);
}

static void
put_initialize(struct buf *to, const char *broken)
{
	struct pair service[] = { { "broken", broken }, { "n", "42" },
	    { "word", "4x2" }, { "lines", "a\nb" } };
	struct pair logging[] = { { "level", "error" } };
	struct section sections[] = {
		{ "service", { service, 4 } },
		{ "logging", { logging, 1 } },
	};
	struct msg_initialize p = { .version = 1, .instance = "irc.example",
	    .backend_id = 3, .config = { sections, 2 } };

	put(to, 1, METHOD_initialize, &p);
}

static void
put_login(struct buf *to, uint32_t id)
{
	struct msg_login p = { .user = "ana@example", .account = "ana" };

	put(to, id, METHOD_login, &p);
}

static void
put_send(struct buf *to, uint32_t id, const char *body)
{
	struct msg_send p = { .user = "ana@example", .to = "bob",
	    .kind = "chat", .body = body };

	put(to, id, METHOD_send, &p);
}

/* ----------------------------------------------------------- without a loop */

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

static void
begin(void)
{
	put_initialize(kit_in(), "no");
	kit_received();
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
	kit_received();
	next(&msg);
	assert_int_equal(decoder_result(decoder, METHOD_initialize, &result,
	    &why), 0);
	assert_string_equal(result.initialize.name, "Test");
	assert_int_equal(result.initialize.version, PROTOCOL_VERSION);
	assert_int_equal(result.initialize.features.n, 2);
	assert_string_equal(result.initialize.features.v[1], "receipts");
	assert_int_equal(result.initialize.account_fields.n, 1);
	put_initialize(kit_in(), "no");
	kit_received();
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
	kit_received();
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
	kit_received();
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
	kit_received();
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
	kit_received();
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
	kit_received();
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
	kit_received();
	assert_string_equal(seen.asked, "1234");

	kit_request(METHOD_ask, &ask, 60, outcome, &seen);
	next(&msg);
	encode_error(kit_in(), 4711, ERR_BANNED, NULL);	/* was never asked */
	encode_error(kit_in(), msg.id, ERR_FORBIDDEN, NULL);
	kit_received();
	assert_string_equal(seen.asked, ERR_FORBIDDEN);

	kit_request(METHOD_ask, &ask, -1, outcome, &seen);
	kit_tick();
	assert_string_equal(seen.asked, ERR_TIMEOUT);

	kit_request(METHOD_ask, &ask, 60, outcome, &seen);
	next(&msg);
	buf_add(kit_in(), "\x94\x01\x04\xc0\x07", 5);
	kit_received();
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
	kit_received();
	kit_sent();
	assert_int_equal(seen.pauses, 1);
	assert_true(kit_paused());
	assert_false(kit_wants_input());
	put_login(kit_in(), 5);
	kit_received();
	kit_sent();
	assert_int_equal(seen.logins, 0);
	while (decoder_next(decoder, kit_out(), &msg, &why) == 1)
		got++;
	assert_int_equal(got, 80004);
	assert_int_equal(seen.resumes, 0);
	kit_sent();
	assert_int_equal(seen.pauses, 1);
	assert_int_equal(seen.resumes, 1);
	kit_received();
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
	kit_received();
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
	kit_received();
	assert_int_equal(seen.stops, 1);
	assert_true(kit_finished());
	assert_int_equal(kit_status(), EX_PROTOCOL);
}

/* -------------------------------------------------- as a process of its own */

struct child {
	pid_t	 pid;
	int	 to, from;
	struct buf in;
};

static void
spawn(struct child *c)
{
	char name[] = "spectrum2_test_backend", *argv[] = { name, NULL };
	int down[2], up[2], null;

	assert_int_equal(pipe(down), 0);
	assert_int_equal(pipe(up), 0);
	if ((c->pid = fork()) == 0) {
		dup2(down[0], STDIN_FILENO);
		dup2(up[1], STDOUT_FILENO);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		_exit(kit_main(1, argv, &backend));
	}
	close(down[0]);
	close(up[1]);
	c->to = down[1];
	c->from = up[0];
	c->in = (struct buf){ 0 };
	decoder = decoder_create(UP);
}

static int
reap(struct child *c)
{
	int status;

	for (int i = 0; i < 500; i++) {
		if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
			decoder_destroy(decoder);
			buf_free(&c->in);
			close(c->from);
			return status;
		}
		poll(NULL, 0, 10);
	}
	kill(c->pid, SIGKILL);
	fail_msg("it did not exit");
	return -1;
}

static void
tell(struct child *c, struct buf *out)
{
	assert_int_equal(write(c->to, buf_data(out), buf_len(out)),
	    (ssize_t)buf_len(out));
	buf_free(out);
}

static void
hear(struct child *c, struct msg *msg)
{
	struct pollfd p = { .fd = c->from, .events = POLLIN };
	const char *why;
	ssize_t n;
	int got;

	while ((got = decoder_next(decoder, &c->in, msg, &why)) == 0) {
		if (poll(&p, 1, 5000) != 1)
			fail_msg("nothing comes");
		n = read(c->from, buf_reserve(&c->in, 65536), 65536);
		if (n <= 0)
			fail_msg("end of file");
		buf_added(&c->in, (size_t)n);
	}
	if (got < 0)
		fail_msg("%s", why);
}

static void
spawn_ready(struct child *c)
{
	struct buf out = { 0 };
	struct msg msg;

	spawn(c);
	put_initialize(&out, "no");
	tell(c, &out);
	hear(c, &msg);
	assert_null(msg.error);
}

/* What the backend prints must not get into the stream, or hear() fails. */
static void
serves_over_pipes(void **state)
{
	struct buf out = { 0 };
	struct child c;
	struct msg msg;

	(void)state;
	spawn_ready(&c);
	put_login(&out, 2);
	tell(&c, &out);
	hear(&c, &msg);
	assert_int_equal(msg.id, 2);
	hear(&c, &msg);
	assert_int_equal(msg.method, METHOD_connected);
	close(c.to);
	assert_int_equal(reap(&c), 0);
}

static void
ends_by_sigterm(void **state)
{
	struct child c;

	(void)state;
	spawn_ready(&c);
	kill(c.pid, SIGTERM);
	assert_int_equal(reap(&c), 0);
	close(c.to);
}

static void
ends_though_log_outs_hang(void **state)
{
	struct timespec a, b;
	struct child c;

	(void)state;
	seen.slow_stop = true;
	spawn_ready(&c);
	clock_gettime(CLOCK_MONOTONIC, &a);
	close(c.to);
	assert_int_equal(reap(&c), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec <= 2);
	seen.slow_stop = false;
}

/* 6 MB through a pipe of 64 KiB that is read late: all of it, in order. */
static void
loses_nothing_in_a_full_pipe(void **state)
{
	struct buf out = { 0 };
	struct child c;
	struct msg msg;

	(void)state;
	spawn_ready(&c);
	for (uint32_t i = 0; i < 4; i++)
		put_send(&out, 10 + i, "20000");
	put_login(&out, 20);
	tell(&c, &out);
	poll(NULL, 0, 200);
	for (uint32_t i = 0; i < 4; i++) {
		for (int n = 20000; n > 0; n--) {
			hear(&c, &msg);
			assert_int_equal(msg.method, METHOD_message);
			assert_int_equal(msg.params->message.time, n);
		}
		hear(&c, &msg);
		assert_int_equal(msg.id, 10 + i);
	}
	hear(&c, &msg);
	assert_int_equal(msg.id, 20);
	close(c.to);
	assert_int_equal(reap(&c), 0);
}

static void
ends_when_nobody_reads(void **state)
{
	struct buf out = { 0 };
	struct child c;

	(void)state;
	spawn_ready(&c);
	put_send(&out, 1, "20000");
	tell(&c, &out);
	close(c.from);
	c.from = dup(c.to);
	assert_int_equal(reap(&c), 0);
	close(c.to);
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
		cmocka_unit_test(serves_over_pipes),
		cmocka_unit_test(ends_by_sigterm),
		cmocka_unit_test(ends_though_log_outs_hang),
		cmocka_unit_test(loses_nothing_in_a_full_pipe),
		cmocka_unit_test(ends_when_nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
