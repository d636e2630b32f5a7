/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* Pings and silence, with a backend that is no process and a clock that goes
 * when it is told to. */
#include "tests/unit/pool_fake.h"

#include <ev.h>

static struct {
	struct pool	*pool;
	unsigned	 lost, messages;
	bool		 destroy;	/* when a message comes */
} world;

static void
on_lost(void *ctx, const char *user, const char *why)
{
	(void)ctx;
	(void)user;
	(void)why;
	world.lost++;
}

static void
on_message(void *ctx, unsigned backend, const struct msg *msg)
{
	(void)ctx;
	(void)backend;
	(void)msg;
	world.messages++;
	if (world.destroy)
		pool_destroy(world.pool);
}

static const struct pool_events events = {
	.lost = on_lost, .message = on_message,
};

static void
turn(void)
{
	ev_run(ev_default_loop(0), EVRUN_NOWAIT);
	later_run();
}

/* A pool with one backend that has one user, in a ping that it has read. */
static struct backend *
pinged(void)
{
	static const struct pool_config config = {
		.instance = "x", .command = "fake", .users_max = 10,
		.backends_min = 1, .start_timeout = 1000,
		.ping_interval = 1000, .retire_after = 1000,
	};
	struct backend *b;

	memset(&world, 0, sizeof(world));
	world.pool = pool_create(ev_default_loop(0), &config, &events, NULL);
	pool_assign(world.pool, "u0@x");
	turn();
	fake_read(&fakes[0], 65536);
	fake_answer(&fakes[0], 0, true);
	fake_write(&fakes[0], 65536);
	turn();
	turn();
	b = TAILQ_FIRST(&world.pool->backends);
	assert_int_equal(b->state, BACKEND_READY);
	assert_int_equal(b->nusers, 1);
	while (!b->pinging)
		backend_tick(b);
	turn();
	fake_read(&fakes[0], 65536);
	assert_int_equal(fakes[0].nopen, 1);
	return b;
}

static void
finish(void)
{
	pool_destroy(world.pool);
	turn();
	fake_forget_all();
}

static void
say_much(void)
{
	for (int i = 0; i < 800; i++)
		fake_say(&fakes[0], false);
}

/* The main process is slow to read, and the answer is behind all the rest. */
static void
answer_behind_much(void **state)
{
	struct backend *b = pinged();

	(void)state;
	say_much();
	fake_answer(&fakes[0], 0, true);
	fake_write(&fakes[0], buf_len(&fakes[0].say));
	assert_int_equal(buf_len(&fakes[0].say), 0);
	for (int i = 0; i < 9; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_READY);
	assert_int_equal(world.messages, 800);
	finish();
}

/* It hangs; what it said before is not lost. */
static void
last_words(void **state)
{
	struct backend *b = pinged();

	(void)state;
	say_much();
	fake_write(&fakes[0], buf_len(&fakes[0].say));
	for (int i = 0; i < 7; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_READY);
	assert_int_equal(world.messages, 0);
	backend_tick(b);
	assert_int_equal(world.messages, 800);
	assert_int_equal(b->state, BACKEND_HUNG);
	assert_int_equal(world.lost, 0);
	fake_die(&fakes[0]);
	fake_reap(world.pool, &fakes[0], SIGABRT);
	assert_int_equal(world.lost, 1);
	finish();
}

/* And what it said may be the end of everything. */
static void
destroyed_by_last_words(void **state)
{
	struct backend *b = pinged();

	(void)state;
	world.destroy = true;
	fake_say(&fakes[0], false);
	fake_write(&fakes[0], 65536);
	for (int i = 0; i < 8; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_GONE);
	turn();
	fake_forget_all();
}

/* What it says at last is garbage: then it is not pinged again. */
static void
garbage_at_last(void **state)
{
	struct backend *b = pinged();

	(void)state;
	while (b->ticks % BACKEND_TICKS != 0)
		b->ticks++;
	buf_adds(&fakes[0].say, "garbage");
	fake_write(&fakes[0], 65536);
	for (int i = 0; i < 8; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_STOPPING);
	assert_int_equal(world.lost, 1);
	assert_int_equal(rpc_count(b->rpc), 0);
	finish();
}

/* Asked in vain for as long as it dies: its successor can be asked. */
static void
asked_when_hung(void **state)
{
	struct backend *b = pinged();

	(void)state;
	for (int i = 0; i < 8; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_HUNG);
	assert_int_equal(pool_backend(world.pool, "u0@x"), 1);
	assert_int_equal(pool_ready_count(world.pool), 0);
	fake_die(&fakes[0]);
	fake_reap(world.pool, &fakes[0], SIGABRT);
	assert_int_equal(pool_backend(world.pool, "u0@x"), 0);
	finish();
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_behind_much),
		cmocka_unit_test(last_words),
		cmocka_unit_test(destroyed_by_last_words),
		cmocka_unit_test(garbage_at_last),
		cmocka_unit_test(asked_when_hung),
	};

	log_capture(no_log);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
