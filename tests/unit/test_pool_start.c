/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* The pool with backends that do not start, or start in odd ways. */
#include <sys/stat.h>

#include "tests/unit/pool_kit.h"

#include "manager/pool/inside.h"

static void
fails_to_start(void **state)
{
	static const char next[] = "next try in ";
	struct world *w = world_create("die");
	double pause;

	(void)state;
	world_start(w);
	until(w, pool_crashes(w->pool) == 1);
	assert_true(world_logged(w, next));
	pause = atof(strstr(buf_data(&w->log), next) + strlen(next));
	assert_true(pause > 0.7 && pause < 1.3);
	buf_clear(&w->log);
	until(w, pool_crashes(w->pool) == 2);
	assert_true(world_logged(w, next));
	pause = atof(strstr(buf_data(&w->log), next) + strlen(next));
	assert_true(pause > 1.4 && pause < 2.6);
	assert_reported(w, "id 1: exit 3, 0 users");
	assert_reported(w, "s ago; it last said: first line / no such "
	    "network\n");
	assert_true(world_logged(w, "did not start: exit 3; it last said: "
	    "first line / no such network; next try in "));
	/* Mended: it is tried at once, and works. */
	world_command(w, "ok");
	pool_configure(w->pool, &w->config);
	assert_false(ev_is_active(&w->pool->retry));
	until(w, pool_ready_count(w->pool) == 1);
	world_destroy(w);
}

/* Three at once fail as one, and then one at a time is tried. */
static void
fail_together(void **state)
{
	struct world *w = world_create("die");

	(void)state;
	w->config.backends_min = 3;
	world_start(w);
	until(w, pool_crashes(w->pool) == 3);
	/* As three failures they would have to wait for 2.8 s. */
	assert_true(ev_timer_remaining(w->loop, &w->pool->retry) < 1.3);
	until(w, pool_crashes(w->pool) == 4);
	world_run(w, 0.3);
	assert_int_equal(pool_crashes(w->pool), 4);
	world_destroy(w);
}

/* Ready, and dead at once, again and again: that is no way to start. */
static void
dies_young(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	world_start(w);
	for (unsigned i = 1; i <= 3; i++) {
		assert_false(ev_is_active(&w->pool->retry));
		until(w, pool_ready_count(w->pool) == 1);
		kill(world_info(w, world_count(w) - 1).pid, SIGKILL);
		until(w, pool_crashes(w->pool) == i);
	}
	assert_true(ev_timer_remaining(w->loop, &w->pool->retry) > 0.4);
	world_run(w, 0.1);
	assert_int_equal(world_count(w), 0);
	until(w, pool_ready_count(w->pool) == 1);
	world_destroy(w);
}

static void
start_is_refused(const char *mode, const char *expected)
{
	struct world *w = world_create(mode);

	w->config.places.path = "/etc/irc.cfg";
	world_start(w);
	until(w, pool_crashes(w->pool) == 1);
	assert_reported(w, expected);
	assert_true(world_logged(w, "; its settings are in /etc/irc.cfg; "));
	assert_int_equal(world_count(w), 0);
	world_destroy(w);
}

static void
refuses_to_start(void **state)
{
	(void)state;
	start_is_refused("refuse", "refused to start: network: no licence");
	start_is_refused("v2", "speaks protocol version 2, not 1");
	start_is_refused("junk", "broke the protocol");
}

/* Its complaint about a setting says where that is, whatever its length. */
static void
refuses_a_setting(void **state)
{
	struct pair keys[] = { { "licence", "12" } };
	struct section section = { "network", { keys, 1 } };
	struct world *w = world_create("refuse_setting");

	(void)state;
	w->config.places = (struct places){ "/etc/irc.cfg", { &section, 1 } };
	world_start(w);
	until(w, pool_crashes(w->pool) == 1);
	assert_true(world_logged(w, "refused to start: bad_request: "
	    "/etc/irc.cfg:12: [network] licence = "));
	assert_true(world_logged(w, "zzz: want a valid one"));
	assert_false(world_logged(w, "its settings are in"));
	world_destroy(w);
}

static void
slow_to_start(void **state)
{
	struct world *w = world_create("slow");

	(void)state;
	w->config.start_timeout = 1;
	world_start(w);
	world_run(w, 0.15);
	assert_string_equal(world_info(w, 0).state, "starting");
	until(w, pool_crashes(w->pool) == 1);
	assert_reported(w, "not ready within 1 s");
	world_destroy(w);
}

static void
cannot_be_executed(void **state)
{
	struct pair keys[] = { { "backend", "9" } };
	struct section section = { "service", { keys, 1 } };
	const struct places places = { "/etc/x.cfg", { &section, 1 } };
	static const struct {
		const char *command, *why;
	} cases[] = {
		{ "/nonexistent/backend -x", "/etc/x.cfg:9: [service] backend: cannot execute /nonexistent/backend: No such file or directory (or its interpreter)" },
		{ "/etc/passwd", "/etc/x.cfg:9: [service] backend: cannot execute /etc/passwd: Permission denied, is it executable?" },
		{ "'unclosed", "/etc/x.cfg:9: [service] backend: a quote is not closed" },
		{ "  ", "/etc/x.cfg:9: [service] backend: it names no program" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world *w = world_create("ok");

		w->config.places = places;
		w->config.command = cases[i].command;
		world_start(w);
		until(w, world_logged(w, cases[i].why));
		assert_true(world_logged(w, "; next try in "));
		assert_reported(w, cases[i].why);
		assert_int_equal(pool_crashes(w->pool), 0);
		assert_int_equal(world_count(w), 0);
		world_destroy(w);
	}
}

static void
env_and_missing_program(void **state)
{
	struct world *w = world_create("ok");
	char command[700];

	(void)state;
	snprintf(command, sizeof(command), "env KIT=1 %s", w->command);
	w->config.command = command;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 1);
	world_destroy(w);

	w = world_create("ok");
	w->config.command = "env LC_ALL=C KIT=1 /nonexistent/b";
	world_start(w);
	until(w, pool_crashes(w->pool) == 1);
	assert_reported(w, "exit 127 (command not found)");
	assert_reported(w, "No such file or directory");
	world_destroy(w);
}

static void
log_files(void **state)
{
	struct world *w = world_create("die");
	char dir[] = "/tmp/test-pool-XXXXXX", path[100], text[100] = "";
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a/b/backend-BACKEND_ID.log", dir);
	w->config.log_path = path;
	world_start(w);
	until(w, pool_crashes(w->pool) == 1);
	assert_reported(w, "no such network");
	snprintf(path, sizeof(path), "%s/a/b/backend-1.log", dir);
	assert_true((fd = open(path, O_RDONLY)) >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "first line\nno such network\n");
	close(fd);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/a/b", dir);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/a", dir);
	rmdir(path);
	assert_int_equal(rmdir(dir), 0);
	world_destroy(w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fails_to_start),
		cmocka_unit_test(fail_together),
		cmocka_unit_test(dies_young),
		cmocka_unit_test(refuses_to_start),
		cmocka_unit_test(refuses_a_setting),
		cmocka_unit_test(slow_to_start),
		cmocka_unit_test(cannot_be_executed),
		cmocka_unit_test(env_and_missing_program),
		cmocka_unit_test(log_files),
	};

	kit_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
