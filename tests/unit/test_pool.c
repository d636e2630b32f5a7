/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* The pool with real processes: starts, assignment, the way of messages. */
#include "tests/unit/pool_kit.h"

static void
becomes_ready(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	world_start(w);
	assert_int_equal(w->features, 0);
	until(w, pool_ready_count(w->pool) == 1);
	assert_int_equal(w->features, 1);
	assert_true(pool_can(w->pool, "rooms"));
	assert_false(pool_can(w->pool, "xhtml"));
	assert_string_equal(pool_features(w->pool)->name, "kit");
	assert_string_equal(world_info(w, 0).state, "ready");
	assert_int_equal(getsid(world_info(w, 0).pid), world_info(w, 0).pid);
	assert_int_equal(getpgid(world_info(w, 0).pid), world_info(w, 0).pid);
	assert_true(world_logged(w, "irc.example: backend 1 (pid "));
	assert_true(world_logged(w, "ready after "));
	world_destroy(w);
}

static void
inherits_nothing(void **state)
{
	struct world *w = world_create("fds");
	int extra = open("/dev/null", O_RDONLY);	/* not close-on-exec */

	(void)state;
	assert_true(extra > 2);
	world_start(w);
	until(w, w->features == 1);
	assert_string_equal(w->last_body, "0 1 2 ");
	close(extra);
	world_destroy(w);
}

static void
starts_clean(void **state)
{
	struct world *w = world_create("ok");
	struct rlimit before;
	sigset_t set, old;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGUSR2, SIG_IGN);
	w->config.command = "sh -c 'grep -E \"^(Sig(Blk|Ign)|NoNewPrivs)\" "
	    "/proc/self/status >&2; grep core /proc/self/limits >&2; "
	    "exit 3'";
	getrlimit(RLIMIT_CORE, &before);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, before.rlim_max });
	world_start(w);
	until(w, world_logged(w, "did not start: exit 3"));
	assert_true(world_logged(w, "SigBlk:?0000000000000000"));
	/* 32 and 33 are the C library's own, and hidden by it. */
	assert_true(world_logged(w, "SigIgn:?0000000000000000") ||
	    world_logged(w, "SigIgn:?0000000180000000"));
	assert_true(world_logged(w, "NoNewPrivs:?1"));
	/* A core may be written though ours may not. */
	assert_false(before.rlim_max == 0);
	assert_true(world_logged(w, "Max core file size        1  "));
	setrlimit(RLIMIT_CORE, &before);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR2, SIG_DFL);
	world_destroy(w);
}

static void
answers_requests(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	world_start(w);
	assert_int_equal(world_send(w, "u0@x", "hello"), -1);
	world_assign(w, 0, 1);
	world_assign(w, 0, 1);
	assert_int_equal(w->assigned, 0);
	until(w, w->assigned == 1);
	assert_int_equal(world_send(w, "u0@x", "hello"), 0);
	assert_int_equal(w->replies, 0);
	until(w, w->replies == 1);
	assert_string_equal(w->last_id, "hello");
	world_run(w, 0.1);
	assert_int_equal(w->assigned, 1);
	/* Asked again, told again. */
	world_assign(w, 0, 1);
	world_assign(w, 0, 1);
	assert_int_equal(w->assigned, 1);
	until(w, w->assigned == 2);
	world_run(w, 0.1);
	assert_int_equal(w->assigned, 2);
	world_assign(w, 0, 1);			/* but not when it has gone */
	pool_release(w->pool, "u0@x");
	assert_int_equal(pool_backend(w->pool, "u0@x"), 0);
	assert_int_equal(world_send(w, "u0@x", "hello"), -1);
	assert_false(pool_is_full(w->pool, "u0@x"));
	world_run(w, 0.1);
	assert_int_equal(w->assigned, 2);
	world_destroy(w);
}

static void
request_times_out(void **state)
{
	struct world *w = world_create("ok");
	struct msg_send m = {
		.user = "u0@x", .to = "p", .kind = "chat", .body = "silent"
	};

	(void)state;
	world_serve(w, 1);
	assert_int_equal(pool_request(w->pool, "u0@x", METHOD_send, &m, 0.2,
	    world_on_reply, w), 0);
	until(w, w->failures == 1);
	assert_string_equal(w->last_error, ERR_TIMEOUT);
	/* And the next one is answered as ever. */
	assert_int_equal(world_send(w, "u0@x", "hello"), 0);
	until(w, w->replies == 2);
	assert_int_equal(w->failures, 1);
	world_destroy(w);
}

static void
too_large_is_answered(void **state)
{
	struct world *w = world_create("ok");
	char *body = xmalloc(PROTOCOL_MESSAGE_MAX + 1);

	(void)state;
	memset(body, 'a', PROTOCOL_MESSAGE_MAX);
	body[PROTOCOL_MESSAGE_MAX] = '\0';
	world_serve(w, 1);
	assert_int_equal(world_send(w, "u0@x", body), 0);
	assert_int_equal(w->replies, 0);
	until(w, w->failures == 1);
	assert_string_equal(w->last_error, ERR_TOO_LONG);
	body[PROTOCOL_MESSAGE_MAX - 1000] = '\0';	/* fits */
	assert_int_equal(world_send(w, "u0@x", body), 0);
	until(w, w->replies == 2);
	assert_int_equal(w->failures, 1);
	free(body);
	world_destroy(w);
}

static void
balances_and_pins(void **state)
{
	struct world *w = world_create("ok");
	unsigned of_first;

	(void)state;
	w->config.backends_min = 3;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 3);
	world_assign(w, 0, 3);
	until(w, w->assigned == 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(world_info(w, i).users, 1);
	of_first = pool_backend(w->pool, "u0@x");
	world_assign(w, 3, 6);
	until(w, w->assigned == 6);
	assert_int_equal(pool_backend(w->pool, "u0@x"), of_first);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(world_info(w, i).users, 2);
	world_destroy(w);
}

/* Full everywhere: the next one waits, in order, until somebody leaves. */
static void
waits_for_a_place(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	world_start(w);
	world_assign(w, 0, 8);
	until(w, w->assigned == 6);
	world_run(w, 0.2);
	assert_int_equal(w->assigned, 6);
	assert_int_equal(world_count(w), 3);
	pool_release(w->pool, "u2@x");
	until(w, w->assigned == 7);
	assert_true(pool_backend(w->pool, "u6@x") != 0);
	assert_int_equal(pool_backend(w->pool, "u7@x"), 0);
	pool_release(w->pool, "u7@x");	/* gives up waiting */
	pool_release(w->pool, "u3@x");
	world_run(w, 0.1);
	assert_int_equal(w->assigned, 7);
	world_destroy(w);
}

static void
spare_before_the_last_slot(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.spare = true;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 1);
	world_run(w, 0.1);
	assert_int_equal(world_count(w), 1);	/* nobody needs it */
	world_assign(w, 0, 1);		/* one slot is left */
	until(w, pool_ready_count(w->pool) == 2);
	world_destroy(w);
}

/* Such as one whose library knows one account per process. */
static void
as_many_as_the_backend_takes(void **state)
{
	struct world *w = world_create("single");

	(void)state;
	w->config.users_max = 10;
	world_serve(w, 3);
	assert_int_equal(world_count(w), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(world_info(w, i).users, 1);
	world_destroy(w);
}

static void
retires_empty_ones(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.retire_after = 0.2;
	w->config.ping_interval = 0.4;
	world_serve(w, 5);
	assert_int_equal(pool_ready_count(w->pool), 3);
	for (int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "u%d@x", i);
		pool_release(w->pool, name);
	}
	until(w, world_count(w) == 1);
	assert_int_equal(w->lost, 0);
	assert_int_equal(pool_crashes(w->pool), 0);
	assert_true(world_logged(w, "draining: not needed for 0.2 s"));
	w->log.end = w->log.start;
	world_run(w, 0.5);
	assert_int_equal(pool_ready_count(w->pool), 1);
	assert_false(world_logged(w, "->"));	/* the last one stays */
	world_destroy(w);
}

static void
asks_and_answers(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	world_serve(w, 1);
	assert_int_equal(world_send(w, "u0@x", "ask"), 0);
	until(w, w->messages == 1 && w->replies == 1);
	/* Not an id that its successor could use as well. */
	assert_int_not_equal(w->ask_id, 7);
	pool_refuse(w->pool, w->ask_backend, w->ask_id + 1, ERR_TIMEOUT, NULL);
	pool_refuse(w->pool, w->ask_backend, w->ask_id, ERR_FORBIDDEN, "no");
	pool_refuse(w->pool, w->ask_backend, w->ask_id, ERR_TIMEOUT, NULL);
	until(w, w->messages == 2);
	assert_string_equal(w->last_body, ERR_FORBIDDEN);
	world_run(w, 0.1);
	assert_int_equal(w->messages, 2);
	world_destroy(w);
}

static void
any_backend(void **state)
{
	struct world *w = world_create("ok");
	struct msg_logout m = { .user = "u@x" };

	(void)state;
	world_start(w);
	assert_int_equal(pool_request_any(w->pool, METHOD_logout, &m, 0, NULL,
	    NULL), -1);
	until(w, pool_ready_count(w->pool) == 1);
	assert_int_equal(pool_request_any(w->pool, METHOD_logout, &m, 0, NULL,
	    NULL), 0);
	until(w, world_info(w, 0).received == 2);
	assert_int_equal(world_info(w, 0).sent, 2);
	world_destroy(w);
}

static void
stops_when_told(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.backends_min = 3;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 3);
	world_assign(w, 0, 4);
	until(w, w->assigned == 4);
	pool_stop(w->pool, world_on_stopped, w);
	assert_int_equal(w->stopped, 0);
	until(w, w->stopped == 1);
	assert_int_equal(world_count(w), 0);
	assert_int_equal(w->lost, 0);
	assert_int_equal(pool_crashes(w->pool), 0);
	world_destroy(w);
}

static void
stops_the_stubborn(void **state)
{
	struct world *w = world_create("stubborn");
	pid_t pid;

	(void)state;
	w->config.stop_timeout = 0.3;
	world_serve(w, 1);
	pid = world_info(w, 0).pid;
	assert_int_equal(world_send(w, "u0@x", "silent"), 0);
	pool_stop(w->pool, world_on_stopped, w);
	until(w, w->stopped == 1);
	assert_false(alive(pid));
	assert_string_equal(w->last_error, ERR_LOST);
	assert_true(world_logged(w, "has not exited within 0.3 s: killed"));
	world_destroy(w);
}

static void
stops_without_backends(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.backends_min = 0;
	world_start(w);
	world_run(w, 0.1);
	pool_stop(w->pool, world_on_stopped, w);
	assert_int_equal(w->stopped, 0);
	until(w, w->stopped == 1);
	world_destroy(w);
}

static void
destroy_kills(void **state)
{
	struct world *w = world_create("stubborn");
	pid_t pid;

	(void)state;
	world_serve(w, 1);
	pid = world_info(w, 0).pid;
	assert_int_equal(world_send(w, "u0@x", "silent"), 0);
	pool_destroy(w->pool);
	assert_int_equal(w->failures, 1);	/* exactly once, in any case */
	w->pool = NULL;
	until(w, !alive(pid));
	world_destroy(w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_ready),
		cmocka_unit_test(inherits_nothing),
		cmocka_unit_test(starts_clean),
		cmocka_unit_test(answers_requests),
		cmocka_unit_test(request_times_out),
		cmocka_unit_test(too_large_is_answered),
		cmocka_unit_test(balances_and_pins),
		cmocka_unit_test(waits_for_a_place),
		cmocka_unit_test(spare_before_the_last_slot),
		cmocka_unit_test(as_many_as_the_backend_takes),
		cmocka_unit_test(retires_empty_ones),
		cmocka_unit_test(asks_and_answers),
		cmocka_unit_test(any_backend),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(stops_the_stubborn),
		cmocka_unit_test(stops_without_backends),
		cmocka_unit_test(destroy_kills),
	};

	kit_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
