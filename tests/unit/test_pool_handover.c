/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* Another pool goes on with the same backends: here in the same process, where
 * the first one is forgotten, and once behind a real execve(2). */
#include <sys/mman.h>

#include "tests/unit/pool_kit.h"

#include "manager/pool/inside.h"
#include "manager/pool/talk.h"

static bool
pack_request(void *ctx, enum method method, rpc_reply *reply, void *reply_ctx,
    struct packer *p)
{
	assert_ptr_equal(ctx, the_world);
	assert_ptr_equal(reply_ctx, the_world);
	assert_ptr_equal(reply, world_on_reply);
	pack_str(p, "tag", "it was me");
	return method == METHOD_send;
}

static int
unpack_request(void *ctx, enum method method, const struct packed *p,
    rpc_reply **reply, void **reply_ctx)
{
	assert_int_equal(method, METHOD_send);
	assert_string_equal(packed_str(p, "tag"), "it was me");
	*reply = world_on_reply;
	*reply_ctx = ctx;
	return 0;
}

static struct pool_events events;

static struct world *
world_of_heirs(const char *mode)
{
	struct world *w = world_create(mode);

	events = moving_events;
	events.pack_request = pack_request;
	events.unpack_request = unpack_request;
	w->events = &events;
	w->config.users_max = 10;
	return w;
}

static struct world *
with_users(const char *mode, int users)
{
	struct world *w = world_of_heirs(mode);

	world_start(w);
	world_assign(w, 0, users);
	until(w, (int)w->assigned == users);
	return w;
}

static void
write_down(struct world *w, struct packer *p)
{
	pool_freeze(w->pool, true);
	pack_map(p, NULL);
	pool_handover(w->pool, p);
	pack_end(p);
	assert_int_equal(p->depth, 0);
}

static void
take_over(struct world *w, const void *bytes, size_t n)
{
	struct unpacker *u = unpack_open(bytes, n);
	char *why = NULL;

	assert_non_null(u);
	w->pool = pool_adopt(w->loop, &w->config, w->events, w, unpack_root(u),
	    &why);
	if (w->pool == NULL)
		fail_msg("%s", why);
	unpack_close(u);
}

/* meanwhile: what happens when nobody looks. */
static void
succeed(struct world *w, void (*meanwhile)(struct world *))
{
	struct packer p = { 0 };

	write_down(w, &p);
	pool_abandon(w->pool);
	later_run();
	w->pool = NULL;
	if (meanwhile != NULL)
		meanwhile(w);
	take_over(w, buf_data(&p.out), buf_len(&p.out));
	pack_free(&p);
}

static void
goes_on(void **state)
{
	struct world *w = with_users("ok", 3);
	struct backend_info before, after;
	unsigned features = w->features;

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "hello"), 0);
	until(w, w->replies == 1);
	assert_int_equal(world_send(w, "u1@x", "nap"), 0);
	world_run(w, 0.05);			/* it is napping */
	assert_int_equal(world_send(w, "u2@x", "unsent yet"), 0);
	assert_int_equal(pool_pending(w->pool), 0);
	before = world_info(w, 0);
	pool_assign(w->pool, "u0@x");		/* is told again: later */
	succeed(w, NULL);
	after = world_info(w, 0);
	assert_int_equal(after.pid, before.pid);
	assert_int_equal(after.users, 3);
	assert_int_equal(after.sent, before.sent);
	assert_int_equal(after.received, before.received);
	assert_true(after.age >= before.age && after.age < before.age + 5);
	assert_string_equal(after.state, "ready");
	assert_true(pool_can(w->pool, "rooms"));
	assert_int_equal(pool_backend(w->pool, "u1@x"), 1);
	assert_int_equal(w->replies, 1);
	until(w, w->replies == 3);		/* in flight, and unsent */
	assert_string_equal(w->last_id, "unsent yet");
	assert_int_equal(world_send(w, "u0@x", "after"), 0);
	until(w, w->replies == 4);
	assert_string_equal(w->last_id, "after");
	assert_int_equal(w->failures + w->lost, 0);
	assert_int_equal(w->features, features);
	assert_int_equal(w->assigned, 4);
	/* And it is our child as before. */
	assert_int_equal(world_send(w, "u0@x", "crash"), 0);
	until(w, w->lost == 3 && pool_crashes(w->pool) == 1);
	assert_reported(w, "about to crash / for u0@x");
	world_destroy(w);
}

static pid_t victim;

/* At a time when no handler of the loop is there. */
static void
kill_it(struct world *w)
{
	struct sigaction act = { .sa_handler = SIG_DFL }, old;

	(void)w;
	assert_int_equal(sigaction(SIGCHLD, &act, &old), 0);
	assert_int_equal(kill(victim, SIGKILL), 0);
	while (process_state(victim) != 'Z')
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	assert_int_equal(sigaction(SIGCHLD, &old, NULL), 0);
}

/* No SIGCHLD comes for a child that died while nobody listened. */
static void
died_meanwhile(void **state)
{
	struct world *w = with_users("ok", 2);

	(void)state;
	victim = world_info(w, 0).pid;
	assert_int_equal(world_send(w, "u0@x", "silent"), 0);
	until(w, world_info(w, 0).queued == 0);
	world_run(w, 0.05);
	succeed(w, kill_it);
	until(w, w->lost == 2 && pool_crashes(w->pool) == 1);
	assert_int_equal(w->failures, 1);
	assert_string_equal(w->last_error, ERR_LOST);
	assert_reported(w, "signal 9 (Killed), 2 users");
	assert_int_equal(kill(victim, 0), -1);
	world_destroy(w);
}

static void
kill_and_reap_it(struct world *w)
{
	kill_it(w);
	assert_int_equal(waitpid(victim, NULL, 0), victim);
}

static void
died_and_reaped(void **state)
{
	struct world *w = with_users("ok", 1);

	(void)state;
	victim = world_info(w, 0).pid;
	succeed(w, kill_and_reap_it);
	until(w, w->lost == 1 && pool_crashes(w->pool) == 1);
	world_destroy(w);
}

/* An end that was noticed but not dealt with. */
static void
died_frozen(void **state)
{
	struct world *w = with_users("ok", 1);

	(void)state;
	victim = world_info(w, 0).pid;
	pool_freeze(w->pool, true);
	assert_int_equal(kill(victim, SIGKILL), 0);
	until(w, !alive(victim) && process_state(victim) == 'X');
	world_run(w, 0.05);
	assert_int_equal(w->lost, 0);
	assert_int_equal(pool_backend(w->pool, "u0@x"), 1);
	succeed(w, NULL);
	until(w, w->lost == 1 && pool_crashes(w->pool) == 1);
	assert_reported(w, "signal 9 (Killed), 1 user");
	world_destroy(w);
}

/* In the middle of everything: each message arrives once. */
static void
half_read_and_unsent(void **state)
{
	struct world *w = with_users("ok", 1);
	unsigned sent = 0;
	char body[8001];

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	assert_int_equal(world_send(w, "u0@x", "flood"), 0);
	until(w, w->messages > 0);
	while (world_send(w, "u0@x", body) == 0)
		sent++;
	assert_true(sent > 8);
	assert_true(pool_is_full(w->pool, "u0@x"));
	assert_true(w->messages < 20000);
	for (int i = 0; i < 3; i++) {
		succeed(w, NULL);
		ev_run(w->loop, EVRUN_ONCE);
		ev_run(w->loop, EVRUN_ONCE);
	}
	until(w, w->messages == 20000 && w->replies == sent + 1);
	assert_int_equal(w->failures, 0);
	assert_int_equal(w->drained, 1);
	world_destroy(w);
}

static void
asks_stay_open(void **state)
{
	struct world *w = with_users("ok", 1);

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "ask"), 0);
	until(w, w->messages == 1 && w->replies == 1);
	succeed(w, NULL);
	pool_refuse(w->pool, w->ask_backend, w->ask_id + 1, ERR_TIMEOUT, NULL);
	pool_refuse(w->pool, w->ask_backend, w->ask_id, ERR_FORBIDDEN, "no");
	until(w, w->messages == 2);
	assert_string_equal(w->last_body, ERR_FORBIDDEN);
	world_destroy(w);
}

static void
starts_and_waits(void **state)
{
	struct world *w = world_of_heirs("ok");
	pid_t pid;

	(void)state;
	world_start(w);
	world_assign(w, 0, 2);
	later_run();				/* it has been started */
	pool_assign_alone(w->pool, "u2@x");
	assert_string_equal(world_info(w, 0).state, "starting");
	pid = world_info(w, 0).pid;
	succeed(w, NULL);
	assert_string_equal(world_info(w, 0).state, "starting");
	until(w, w->assigned == 3);
	assert_int_equal(world_info(w, pool_backend(w->pool, "u0@x") - 1).pid,
	    pid);
	assert_true(world_info(w, pool_backend(w->pool, "u2@x") - 1).alone);
	world_destroy(w);
}

static void
moves_go_on(void **state)
{
	struct world *w = with_users("ok", 6);

	(void)state;
	assert_int_equal(pool_restart(w->pool, 1), 0);
	until(w, w->moves == 4);
	succeed(w, NULL);
	world_run(w, 0.05);
	assert_int_equal(w->moves, 4);		/* they know */
	for (unsigned i = 0; i < 6; i++) {
		until(w, w->moves > i);
		pool_release(w->pool, w->moving[i]);
		pool_assign(w->pool, w->moving[i]);
	}
	until(w, w->assigned == 12 && world_count(w) == 1);
	assert_int_equal(w->lost, 0);
	assert_int_equal(pool_crashes(w->pool), 0);
	world_destroy(w);
}

/* Last words, numbers and pauses. */
static void
remembers(void **state)
{
	struct world *w = world_of_heirs("die");
	struct buf before = { 0 }, after = { 0 };
	char *a, *b;

	(void)state;
	world_start(w);
	until(w, pool_crashes(w->pool) == 2);
	pool_crash_report(w->pool, &before);
	succeed(w, NULL);
	pool_crash_report(w->pool, &after);
	a = buf_steal(&before);
	b = buf_steal(&after);
	assert_string_equal(a, b);
	free(a);
	free(b);
	assert_int_equal(pool_crashes(w->pool), 2);
	world_run(w, 0.2);			/* not at once */
	assert_int_equal(world_count(w), 0);
	assert_int_equal(pool_crashes(w->pool), 2);
	world_command(w, "ok");
	pool_configure(w->pool, &w->config);
	until(w, pool_ready_count(w->pool) == 1);
	assert_int_equal(world_info(w, 0).restarts, 2);
	assert_string_equal(world_info(w, 0).last_words,
	    "first line / no such network");
	world_destroy(w);
}

static void
not_packed_is_lost(void **state)
{
	struct world *w = with_users("ok", 1);
	struct msg_logout bye = { .user = "u9@x" };
	struct packer p = { 0 };

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "nap"), 0);
	assert_int_equal(pool_request(w->pool, "u0@x", METHOD_logout, &bye, 0,
	    world_on_reply, w), 0);
	assert_int_equal(pool_pending(w->pool), 1);
	write_down(w, &p);
	assert_int_equal(w->failures, 1);	/* at once */
	assert_string_equal(w->last_error, ERR_LOST);
	assert_int_equal(pool_pending(w->pool), 0);
	/* Nothing comes of it: all goes on here. */
	world_run(w, 0.5);
	assert_int_equal(w->replies, 1);
	pool_freeze(w->pool, false);
	until(w, w->replies == 2);
	assert_string_equal(w->last_id, "nap");
	assert_int_equal(world_send(w, "u0@x", "on"), 0);
	until(w, w->replies == 3);
	assert_int_equal(w->failures, 1);
	pack_free(&p);
	events.pack_request = NULL;
	assert_int_equal(world_send(w, "u0@x", "nap"), 0);
	assert_int_equal(pool_pending(w->pool), 1);
	succeed(w, NULL);
	assert_int_equal(w->failures, 2);
	world_destroy(w);
}

static void
frozen_is_still(void **state)
{
	struct world *w = with_users("ok", 1);

	(void)state;
	pool_freeze(w->pool, true);
	assert_int_equal(world_send(w, "u0@x", "hello"), 0);
	pool_assign(w->pool, "u1@x");
	world_run(w, 0.2);
	assert_int_equal(w->replies, 0);
	assert_int_equal(w->assigned, 1);
	assert_true(world_info(w, 0).queued > 0);
	pool_freeze(w->pool, false);
	until(w, w->replies == 1 && w->assigned == 2);
	world_destroy(w);
}

static void
refuses_garbage(void **state)
{
	static const struct {
		int id, pid;
		const char *state, *why;
	} cases[] = {
		{ 0, 2, "ready", "a backend without a number" },
		{ 1, 1, "ready", "a backend without a process" },
		{ 1, 2, "odd", "a backend in a state that is not known here" },
		{ 1, 2, NULL, "a backend in a state that is not known here" },
		{ 1, 2, "gone", "a backend in a state that is not known here" },
	};
	struct world *w = world_of_heirs("ok");
	char *why = NULL;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct packer p = { 0 };
		struct unpacker *u;

		pack_map(&p, NULL);
		pack_list(&p, "backends");
		pack_map(&p, NULL);
		pack_int(&p, "id", cases[i].id);
		pack_int(&p, "pid", cases[i].pid);
		pack_str(&p, "state", cases[i].state);
		pack_end(&p);
		pack_end(&p);
		pack_end(&p);
		u = unpack_open(buf_data(&p.out), buf_len(&p.out));
		assert_null(pool_adopt(w->loop, &w->config, w->events, w,
		    unpack_root(u), &why));
		assert_string_equal(why, cases[i].why);
		free(why);
		unpack_close(u);
		pack_free(&p);
	}
	assert_null(pool_adopt(w->loop, &w->config, w->events, w, NULL, &why));
	assert_string_equal(why, "there are no backends in it");
	free(why);
	world_destroy(w);
}

/* The next one does not give a backend that hangs all its time again. */
static void
hung_meanwhile(void **state)
{
	struct world *w = world_of_heirs("ok");

	(void)state;
	w->config.ping_interval = 0.4;
	world_serve(w, 1);
	assert_int_equal(world_send(w, "u0@x", "spin"), 0);
	/* None of them has it for long enough. */
	for (int i = 0; i < 60 && w->lost == 0; i++) {
		world_run(w, 0.25);
		succeed(w, NULL);
	}
	assert_int_equal(w->lost, 1);
	assert_string_equal(w->last_lost,
	    "hung: no answer to ping for 0.8 s");
	world_destroy(w);
}

/* The answer to a ping of the one before is as good. */
static void
pong_for_the_heir(void **state)
{
	struct world *w = world_of_heirs("ok");

	(void)state;
	w->config.ping_interval = 1;
	world_serve(w, 1);
	pool_freeze(w->pool, true);
	talk_ping(TAILQ_FIRST(&w->pool->backends));
	pool_freeze(w->pool, false);
	succeed(w, NULL);
	assert_true(TAILQ_FIRST(&w->pool->backends)->pinging);
	until(w, !TAILQ_FIRST(&w->pool->backends)->pinging);
	world_run(w, 1);
	assert_int_equal(w->lost, 0);
	world_destroy(w);
}

/* ----------------------------------------------------------- a real execve */

/* What is written to a descriptor that the next program gets. */
static void
first_program(void)
{
	struct world *w = with_users("ok", 2);
	char self[512] = "", number[16];
	struct packer p = { 0 };
	int fd = memfd_create("state", 0);

	assert_int_equal(world_send(w, "u0@x", "nap"), 0);
	world_run(w, 0.05);
	write_down(w, &p);
	assert_int_equal(write(fd, buf_data(&p.out), buf_len(&p.out)),
	    buf_len(&p.out));
	pack_keep_fds(&p, true);
	snprintf(number, sizeof(number), "%d", fd);
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	execl(self, self, "--second", number, NULL);
	_exit(20);
}

static void
second_program(int fd)
{
	struct world *w = world_of_heirs("ok");
	static char bytes[100000];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
	pid_t pid;

	assert_true(n > 0);
	close(fd);
	take_over(w, bytes, (size_t)n);
	until(w, w->replies == 1);
	assert_string_equal(w->last_id, "nap");
	pid = world_info(w, 0).pid;
	assert_int_equal(world_send(w, "u1@x", "crash"), 0);
	until(w, w->lost == 2 && pool_crashes(w->pool) == 1);
	assert_int_equal(kill(pid, 0), -1);
	assert_reported(w, "signal 11");
	world_destroy(w);
}

static void
behind_execve(void **state)
{
	char self[512] = "";
	int status;
	pid_t pid;

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	if ((pid = fork()) == 0) {
		execl(self, self, "--first", NULL);
		_exit(21);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What is begun meanwhile is in the loop already when that goes on. */
static void
begun_while_frozen(void **state)
{
	struct world *w = with_users("ok", 1);
	const struct pool *pool = w->pool;
	const struct msg_send m = {
		.user = "u0@x", .to = "peer", .kind = "chat", .body = "silent"
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pool_request(w->pool, "u0@x", METHOD_send, &m,
		    0.5, world_on_reply, w), 0);
		assert_true(ev_is_active(&pool->expiry));
		if (i == 0)
			pool_freeze(w->pool, true);
	}
	pool_freeze(w->pool, false);
	assert_true(ev_is_active(&pool->expiry));
	/* libev keeps its timers in a heap, which looks at this. */
	assert_true(ev_timer_remaining(w->loop, &w->pool->expiry) >= 0);
	until(w, w->replies == 2);
	assert_string_equal(w->last_error, ERR_TIMEOUT);
	world_destroy(w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on),
		cmocka_unit_test(died_meanwhile),
		cmocka_unit_test(died_and_reaped),
		cmocka_unit_test(died_frozen),
		cmocka_unit_test(half_read_and_unsent),
		cmocka_unit_test(asks_stay_open),
		cmocka_unit_test(starts_and_waits),
		cmocka_unit_test(moves_go_on),
		cmocka_unit_test(remembers),
		cmocka_unit_test(not_packed_is_lost),
		cmocka_unit_test(frozen_is_still),
		cmocka_unit_test(refuses_garbage),
		cmocka_unit_test(behind_execve),
		cmocka_unit_test(begun_while_frozen),
		cmocka_unit_test(hung_meanwhile),
		cmocka_unit_test(pong_for_the_heir),
	};

	kit_main(argc, argv);
	if (argc == 2 && strcmp(argv[1], "--first") == 0)
		first_program();
	if (argc == 3 && strcmp(argv[1], "--second") == 0) {
		second_program(atoi(argv[2]));
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
