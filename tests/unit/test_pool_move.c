/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* Backends that are replaced, one after the other, and their users, who move a
 * few at a time; backends that are avoided, or had alone. */
#include "tests/unit/pool_kit.h"

#include "manager/pool/inside.h"

static void
move_at_once(struct world *w, const char *name)
{
	char user[32];

	snprintf(user, sizeof(user), "%s", name);
	pool_release(w->pool, user);
	pool_assign(w->pool, user);
}

static struct world *
moving_world(const char *mode, int users)
{
	struct world *w = world_create(mode);

	w->events = &moving_events;
	w->config.users_max = 10;
	world_start(w);
	world_assign(w, 0, users);
	until(w, (int)w->assigned == users);
	return w;
}

static void
a_few_at_a_time(void **state)
{
	struct world *w = moving_world("ok", 9);
	pid_t pid = world_info(w, 0).pid;

	(void)state;
	assert_int_equal(pool_restart(w->pool, 9), -1);
	assert_int_equal(pool_restart(w->pool, 1), 0);
	assert_int_equal(w->moves, 0);		/* no room yet */
	until(w, w->moves > 0);
	assert_int_equal(pool_ready_count(w->pool), 1);
	for (unsigned i = 0; i < 9; i++) {
		until(w, w->moves >= (i + 4 < 9 ? i + 4 : 9));
		world_run(w, 0.03);
		assert_int_equal(w->moves, i + 4 < 9 ? i + 4 : 9);
		/* Whoever has not moved is served as ever. */
		assert_int_equal(world_send(w, w->moving[i], "hello"), 0);
		assert_true(alive(pid));
		move_at_once(w, w->moving[i]);
		until(w, w->assigned == 10 + i && w->replies == i + 1);
		assert_int_equal(pool_backend(w->pool, w->moving[i]), 2);
	}
	until(w, !alive(pid) && world_count(w) == 1);
	assert_int_equal(w->lost + w->failures, 0);
	assert_int_equal(pool_crashes(w->pool), 0);
	assert_true(world_told(w, "draining: asked for"));
	world_destroy(w);
}

/* The new program does not start: the old one is as good as before. */
static void
serves_without_replacement(void **state)
{
	struct world *w = moving_world("ok", 3);

	(void)state;
	w->on_move = move_at_once;
	world_command(w, "die");
	pool_configure(w->pool, &w->config);
	assert_int_equal(pool_restart_all(w->pool), 1);
	until(w, pool_crashes(w->pool) == 2);
	assert_string_equal(world_info(w, 0).state, "draining");
	assert_int_equal(w->moves, 0);
	assert_int_equal(world_send(w, "u0@x", "hello"), 0);
	until(w, w->replies == 1);
	assert_true(world_told(w, "no backend is started for "));
	world_command(w, "ok");
	pool_configure(w->pool, &w->config);
	until(w, w->assigned == 6 && world_count(w) == 1);
	assert_int_equal(w->lost + w->failures, 0);
	world_destroy(w);
}

static void
who_does_not_leave(void **state)
{
	struct world *w = moving_world("ok", 2);
	struct pool_user *user;

	(void)state;
	assert_int_equal(pool_restart(w->pool, 1), 0);
	until(w, w->moves == 2);
	user = map_get(&w->pool->users, "u1@x");
	user->asked -= 29;
	pool_touch(w->pool);
	world_run(w, 0.1);
	assert_int_equal(w->lost, 0);
	user->asked -= 2;
	pool_touch(w->pool);
	until(w, w->lost == 1);
	assert_string_equal(w->last_lost, "replaced");
	assert_int_equal(pool_backend(w->pool, "u1@x"), 0);
	assert_true(world_logged(w, "u1@x has not left within 30 s"));
	assert_string_equal(world_info(w, 0).state, "draining");
	move_at_once(w, "u0@x");
	until(w, world_count(w) == 1);
	world_destroy(w);
}

/* One after the other, and nobody moves twice. */
static void
rolling_restart(void **state)
{
	struct world *w = world_create("ok");
	pid_t old[3];
	double end = world_now() + 30;

	(void)state;
	w->events = &moving_events;
	w->on_move = move_at_once;
	w->config.users_max = 10;
	w->config.backends_min = 3;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 3);
	world_assign(w, 0, 12);
	until(w, w->assigned == 12);
	for (size_t i = 0; i < 3; i++)
		old[i] = world_info(w, i).pid;
	assert_int_equal(pool_restart_all(w->pool), 3);
	while (alive(old[0]) || alive(old[1]) || alive(old[2])) {
		unsigned leaving = 0;

		for (size_t i = 0; i < world_count(w); i++) {
			const char *s = world_info(w, i).state;

			leaving += strcmp(s, "draining") == 0 ||
			    strcmp(s, "stopping") == 0;
		}
		assert_true(leaving <= 1);
		assert_true(world_now() < end);
		ev_run(w->loop, EVRUN_ONCE);
	}
	until(w, world_count(w) == 3 && pool_ready_count(w->pool) == 3);
	assert_int_equal(w->lost, 0);
	assert_int_equal(w->moves, 12);
	assert_int_equal(w->assigned, 24);
	world_destroy(w);
}

static void
empty_ones_too(void **state)
{
	struct world *w = world_create("ok");
	pid_t pid;

	(void)state;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 1);
	pid = world_info(w, 0).pid;
	assert_int_equal(pool_restart_all(w->pool), 1);
	world_assign(w, 0, 1);		/* finds a place at once, or waits */
	until(w, w->assigned >= 1 && !alive(pid) && world_count(w) == 1);
	world_destroy(w);
}

static void
avoids_one(void **state)
{
	struct world *w = world_create("ok");
	unsigned first;

	(void)state;
	w->config.backends_max = 2;
	world_serve(w, 1);
	first = pool_backend(w->pool, "u0@x");
	pool_release(w->pool, "u0@x");
	pool_assign_avoiding(w->pool, "u0@x", first);
	world_assign(w, 1, 2);			/* passes by */
	until(w, w->assigned == 3);		/* one more was started */
	assert_int_equal(pool_backend(w->pool, "u0@x"), 3 - first);
	assert_int_equal(pool_backend(w->pool, "u1@x"), first);
	world_assign(w, 2, 3);
	until(w, w->assigned == 4);
	if (pool_backend(w->pool, "u2@x") == first)
		pool_release(w->pool, "u1@x");
	world_assign(w, 3, 4);
	until(w, w->assigned == 5);
	/* The other one is full, and no more may be started: then it is the
	 * same one as before. */
	pool_release(w->pool, "u0@x");
	pool_assign(w->pool, "u4@x");
	pool_assign_avoiding(w->pool, "u0@x", first);
	until(w, w->assigned >= 6);
	world_destroy(w);
}

static void
release_all(struct world *w, int n)
{
	char name[32];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "u%d@x", i);
		pool_release(w->pool, name);
	}
}

static size_t
count_alone(struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < world_count(w); i++)
		n += world_info(w, i).alone;
	return n;
}

static void
has_it_alone(void **state)
{
	struct world *w = world_create("ok");
	char name[32];
	pid_t pid;

	(void)state;
	w->config.backends_max = 1;
	world_start(w);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "u%d@x", i);
		pool_assign_alone(w->pool, name);
	}
	pool_assign(w->pool, "other@x");
	until(w, w->assigned == 9);
	assert_int_equal(count_alone(w), 8);
	assert_int_equal(world_count(w), 9);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(world_info(w, i).users, 1);
	pid = world_info(w, pool_backend(w->pool, "u0@x") - 1).pid;
	pool_release(w->pool, "u0@x");
	until(w, !alive(pid));
	pool_assign_alone(w->pool, "u0@x");	/* has a new one */
	until(w, w->assigned == 10);
	assert_int_equal(count_alone(w), 8);
	pool_assign_alone(w->pool, "u8@x");	/* eight are the most */
	until(w, w->assigned == 11);
	assert_int_equal(count_alone(w), 8);
	assert_true(world_info(w, pool_backend(w->pool, "u8@x") - 1).alone);
	pool_release(w->pool, "u8@x");
	pool_assign(w->pool, "u8@x");		/* wants other company */
	until(w, w->assigned == 12);
	assert_int_equal(pool_backend(w->pool, "u8@x"),
	    pool_backend(w->pool, "other@x"));
	pool_release(w->pool, "u8@x");
	release_all(w, 8);
	until(w, world_count(w) == 1);
	assert_int_equal(pool_crashes(w->pool), 0);
	world_destroy(w);
}

/* It dies again and again: nobody else has to wait for that. */
static void
alone_with_its_crashes(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	world_start(w);
	for (unsigned i = 1; i <= 4; i++) {
		pool_assign_alone(w->pool, "u0@x");
		later_run();
		assert_int_equal(count_alone(w), 1);
		until(w, w->assigned == i);
		assert_int_equal(world_send(w, "u0@x", "crash"), 0);
		until(w, pool_crashes(w->pool) == i);
	}
	assert_int_equal(w->lost, 4);
	assert_false(world_told(w, "no backend is started"));
	/* One that nobody waits for any more is not kept. */
	pool_assign_alone(w->pool, "u0@x");
	until(w, count_alone(w) == 1);
	pool_release(w->pool, "u0@x");
	until(w, count_alone(w) == 0);
	world_destroy(w);
}

static void
too_large(void **state)
{
	struct world *w = moving_world("ok", 2);
	pid_t pid = world_info(w, 0).pid;

	(void)state;
	w->on_move = move_at_once;
	w->config.ping_interval = 0.5;
	w->config.memory_limit_mb = 3;		/* the kit says 4 */
	pool_configure(w->pool, &w->config);
	assert_int_equal(pool_restart(w->pool, 1), 0);
	until(w, !alive(pid) && w->assigned == 4);
	until(w, w->assigned == 6);
	assert_true(world_told(w, "draining: uses 4 MB, the limit is 3 MB"));
	assert_int_equal(w->lost, 0);
	/* The next one is as large, but that is not found out all the time. */
	pid = world_info(w, world_count(w) - 1).pid;
	until(w, world_count(w) == 1);
	world_run(w, 1.2);
	assert_int_equal(w->assigned, 6);
	w->config.memory_limit_mb = 1;
	pool_configure(w->pool, &w->config);
	until(w, w->lost == 2);
	assert_string_equal(w->last_lost,
	    "uses 4 MB, twice the limit of 1 MB and more");
	until(w, pool_crashes(w->pool) == 1);
	world_destroy(w);
}

static void
too_old(void **state)
{
	struct world *w = moving_world("ok", 1);
	pid_t pid;

	(void)state;
	w->on_move = move_at_once;
	w->config.ping_interval = 0.5;
	w->config.max_age = 3;
	pool_configure(w->pool, &w->config);
	assert_int_equal(pool_restart(w->pool, 1), 0);
	until(w, w->assigned == 2 && world_count(w) == 1);
	pid = world_info(w, 0).pid;
	assert_true(alive(pid));
	assert_int_equal(w->assigned, 2);
	until(w, w->assigned == 3 && !alive(pid));
	assert_true(world_told(w, "draining: 3 s old"));
	assert_int_equal(w->lost, 0);
	world_destroy(w);
}

static void
destroy_it(struct world *w, const char *user)
{
	(void)user;
	pool_destroy(w->pool);
	w->pool = NULL;
}

static void
destroyed_while_moving(void **state)
{
	struct world *w = moving_world("ok", 3);

	(void)state;
	w->on_move = destroy_it;
	assert_int_equal(pool_restart(w->pool, 1), 0);
	until(w, w->moves == 1);
	world_run(w, 0.05);
	assert_int_equal(w->moves, 1);
	world_destroy(w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_at_a_time),
		cmocka_unit_test(serves_without_replacement),
		cmocka_unit_test(who_does_not_leave),
		cmocka_unit_test(rolling_restart),
		cmocka_unit_test(empty_ones_too),
		cmocka_unit_test(avoids_one),
		cmocka_unit_test(has_it_alone),
		cmocka_unit_test(alone_with_its_crashes),
		cmocka_unit_test(too_large),
		cmocka_unit_test(too_old),
		cmocka_unit_test(destroyed_while_moving),
	};

	kit_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
