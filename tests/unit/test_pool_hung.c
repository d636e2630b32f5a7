/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* Backends that give no sign of life: some only sleep, others leave a core. */
#include "tests/unit/pool_kit.h"

#include "manager/pool/core.h"
#include "manager/pool/inside.h"

/* Not before: the network would see the user twice. */
static void
check_it_is_dead(struct world *w, const char *user)
{
	(void)user;
	assert_false(alive(world_info(w, 0).pid));
}

static void
hung_is_dead(void **state)
{
	struct world *w = world_create("ok");
	pid_t pid;

	(void)state;
	w->config.ping_interval = 0.5;
	world_serve(w, 1);
	world_run(w, 1.2);			/* it is answering */
	assert_int_equal(w->lost, 0);
	assert_int_equal(world_info(w, 0).rss_kb, 4321);
	pid = world_info(w, 0).pid;
	assert_int_equal(world_send(w, "u0@x", "spin"), 0);
	w->on_lost = check_it_is_dead;
	until(w, w->lost == 1);
	assert_string_equal(w->last_error, ERR_LOST);
	assert_string_equal(w->last_lost, "hung: no answer to ping for 1 s");
	until(w, !alive(pid));			/* SIGABRT was enough */
	until(w, pool_crashes(w->pool) == 1);
	until(w, world_told(w, "lost: hung: no answer to ping for 1 s"));
	assert_true(world_logged(w, " for 1 s; ended by signal 6 (Aborted"));
	world_destroy(w);
}

/* The second line says what the first could not know. */
static void
hung_for_good(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.ping_interval = 0.2;
	world_serve(w, 1);
	assert_int_equal(world_send(w, "u0@x", "spin on"), 0);
	until(w, pool_crashes(w->pool) == 1);
	assert_true(world_logged(w, "): hung: no answer to ping for 0.4 s\n"));
	assert_true(world_logged(w, "): hung: no answer to ping for 0.4 s; "
	    "SIGABRT did not help; ended by signal 9 (Killed), 1 user lost\n"));
	world_destroy(w);
}

static bool
is_silent(struct world *w)
{
	return backend_is_silent(TAILQ_FIRST(&w->pool->backends));
}

/* From before it is known to hang nobody new is given to it. */
static void
silent_gets_nobody(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.ping_interval = 0.8;
	w->config.backends_min = 2;
	w->config.users_max = 10;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 2);
	world_assign(w, 0, 1);
	until(w, w->assigned == 1);
	assert_int_equal(pool_backend(w->pool, "u0@x"), 1);
	assert_int_equal(world_send(w, "u0@x", "spin"), 0);
	until(w, is_silent(w));
	assert_string_equal(world_info(w, 0).state, "ready");
	world_assign(w, 1, 7);
	until(w, w->assigned == 7);
	assert_int_equal(world_info(w, 0).users, 1);
	assert_int_equal(world_count(w), 2);
	until(w, pool_crashes(w->pool) == 1);
	assert_int_equal(w->lost, 1);
	world_destroy(w);
}

/* Where there is no other, users wait until it has come to itself. */
static void
silent_and_back(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.ping_interval = 0.8;
	w->config.backends_max = 1;
	w->config.users_max = 10;
	world_serve(w, 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(world_send(w, "u0@x", "nap"), 0);
	until(w, is_silent(w));
	world_assign(w, 1, 2);
	world_run(w, 0.05);
	/* Unless it has woken up by now, as we are slow. */
	assert_true(w->assigned == 1 || w->replies > 0);
	until(w, w->assigned == 2);
	until(w, w->replies == 5);
	assert_int_equal(w->lost, 0);
	assert_int_equal(world_count(w), 1);
	world_destroy(w);
}

/* ... or, when it does not, one is started at last. */
static void
silent_and_alone(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.ping_interval = 0.8;
	w->config.users_max = 10;
	world_serve(w, 1);
	assert_int_equal(world_send(w, "u0@x", "spin"), 0);
	until(w, is_silent(w));
	assert_int_equal(world_count(w), 1);
	world_assign(w, 1, 2);
	until(w, w->assigned == 2);
	assert_int_equal(pool_backend(w->pool, "u1@x"), 2);
	world_destroy(w);
}

static void
reads_nothing(void **state)
{
	struct world *w = world_create("ok");
	char body[8001];

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	w->config.ping_interval = 0.2;
	world_serve(w, 1);
	assert_int_equal(world_send(w, "u0@x", "deaf"), 0);
	while (world_send(w, "u0@x", body) == 0)
		continue;
	assert_true(pool_is_full(w->pool, "u0@x"));
	until(w, w->lost == 1);
	assert_string_equal(w->last_lost, "hung: has read nothing for 0.4 s");
	assert_true(w->failures > 40);
	assert_int_equal(w->failures, w->replies);
	/* What it took in one go with the order is lost, the rest is not. */
	assert_true(w->unsent > 30 && w->unsent < w->failures);
	until(w, pool_crashes(w->pool) == 1);	/* SIGABRT was enough */
	world_destroy(w);
}

/* Whatever stopped it: when it is woken it goes on, and nothing is lost. */
static void
stopped_is_woken(void **state)
{
	struct world *w = world_create("ok");
	pid_t pid;

	(void)state;
	w->config.ping_interval = 0.8;
	world_serve(w, 1);
	pid = world_info(w, 0).pid;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	until(w, process_state(pid) == 'T');
	assert_int_equal(world_send(w, "u0@x", "hello"), 0);
	until(w, w->replies == 1);
	assert_true(world_told(w, "woken: somebody had stopped it"));
	world_run(w, 1);
	assert_int_equal(w->lost + w->failures, 0);
	assert_int_equal(world_info(w, 0).pid, pid);
	world_destroy(w);
}

/* Also when it does not read because it does not run. */
static void
stopped_with_a_full_pipe(void **state)
{
	struct world *w = world_create("ok");
	unsigned sent = 0;
	char body[8001];
	pid_t pid;

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	w->config.ping_interval = 0.8;
	world_serve(w, 1);
	pid = world_info(w, 0).pid;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	until(w, process_state(pid) == 'T');
	while (world_send(w, "u0@x", body) == 0)
		sent++;
	assert_true(pool_is_full(w->pool, "u0@x"));
	until(w, w->replies == sent);
	assert_int_equal(w->failures, 0);
	world_destroy(w);
}

static void
core_names(void **state)
{
	static const struct core_facts facts = {
		.pid = 4711, .uid = 12, .gid = 13, .signal = 6,
		.time = 1700000000, .comm = "a/b c", .host = "h",
	};
	static const struct {
		const char *pattern, *path;
		bool uses_pid;
	} cases[] = {
		{ "core", "core", false },
		{ "core", "core.4711", true },
		{ "/v/%e-%p", "/v/a!b c-4711", true },
		{ "/v/%P%%", "/v/4711%.4711", true },
		{ "%u.%g.%s.%t.%h.%i", "12.13.6.1700000000.h.4711", false },
		{ "%", "", false },
		{ "x%", "x", false },
		{ "x%zy%f", "xya!b c", false },
		{ "|/bin/dump %p", "|/bin/dump 4711", true },
		{ "|/bin/dump", "|/bin/dump", true },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct buf out = { 0 };
		char *text;

		core_expand(cases[i].pattern, cases[i].uses_pid, &facts, &out);
		text = buf_steal(&out);
		assert_string_equal(text, cases[i].path);
		free(text);
	}
}

/* The admin is told where it is: a real one, where the kernel writes files. */
static void
core_is_found(void **state)
{
	char dir[] = "/tmp/test-pool-core-XXXXXX", pattern[256] = "", *end;
	struct world *w;
	FILE *f;
	int here = open(".", O_RDONLY | O_CLOEXEC);

	(void)state;
	f = fopen("/proc/sys/kernel/core_pattern", "re");
	if (f == NULL || fgets(pattern, sizeof(pattern), f) == NULL)
		pattern[0] = '|';
	if (f != NULL)
		fclose(f);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	kit_cores(RLIM_INFINITY);
	w = world_with_users("ok", 1);
	assert_int_equal(world_send(w, "u0@x", "crash"), 0);
	until(w, pool_crashes(w->pool) == 1);
	if (pattern[0] != '|' && world_logged(w, "core dumped")) {
		assert_true(world_logged(w, "; core: /"));
		assert_false(world_logged(w, "not found there"));
		end = strstr(buf_data(&w->log), "; core: /") + 8;
		end[strcspn(end, ",:\n")] = '\0';
		assert_int_equal(unlink(end), 0);
	}
	kit_cores(1);
	world_destroy(w);
	assert_int_equal(fchdir(here), 0);
	close(here);
	rmdir(dir);
}

/* What an admin sees of its number afterwards.  The next one has the same or
 * another, as the kernel is quick to bury the last or not. */
static void
its_successor_tells(void **state)
{
	struct world *w = world_with_users("ok", 1);
	unsigned crashes = 0, deaths = 0;

	(void)state;
	assert_int_equal(world_info(w, 0).restarts, 0);
	assert_string_equal(world_info(w, 0).last_exit, "");
	w->reassign = true;
	do {
		deaths += world_info(w, 0).id == 1;
		assert_int_equal(world_send(w, "u0@x", "crash"), 0);
		crashes++;
		until(w, pool_crashes(w->pool) == crashes &&
		    w->assigned == crashes + 1 && world_count(w) == 1);
	} while (world_info(w, 0).id != 1 && crashes < 6);
	assert_int_equal(world_info(w, 0).restarts, deaths);
	assert_non_null(strstr(world_info(w, 0).last_exit, "signal 11 (S"));
	assert_non_null(strstr(world_info(w, 0).last_exit, " s ago"));
	assert_string_equal(world_info(w, 0).last_words,
	    "about to crash / for u0@x");
	world_destroy(w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hung_is_dead),
		cmocka_unit_test(hung_for_good),
		cmocka_unit_test(silent_gets_nobody),
		cmocka_unit_test(silent_and_back),
		cmocka_unit_test(silent_and_alone),
		cmocka_unit_test(reads_nothing),
		cmocka_unit_test(stopped_is_woken),
		cmocka_unit_test(stopped_with_a_full_pipe),
		cmocka_unit_test(core_names),
		cmocka_unit_test(core_is_found),
		cmocka_unit_test(its_successor_tells),
	};

	kit_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
