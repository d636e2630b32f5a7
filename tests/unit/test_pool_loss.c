/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* The pool with backends that die, hang, lie, or are replaced. */
#include "tests/unit/pool_kit.h"

#include <sys/ioctl.h>

static void
crash_gives_users_back(void **state)
{
	struct world *w = world_with_users("ok", 3);
	pid_t pid = world_info(w, 0).pid;
	struct buf pids = { 0 };
	char *text, expected[32];

	(void)state;
	w->reassign = true;
	assert_int_equal(world_send(w, "u1@x", "silent"), 0);
	assert_int_equal(world_send(w, "u0@x", "crash"), 0);
	until(w, w->lost == 3);
	assert_int_equal(w->failures, 2);	/* both in flight */
	assert_string_equal(w->last_error, ERR_LOST);
	assert_false(w->lost_before_reply);
	until(w, w->assigned == 6);		/* on its successor */
	until(w, pool_crashes(w->pool) == 1 && world_count(w) == 1);
	assert_int_not_equal(world_info(w, 0).pid, pid);
	assert_reported(w, "id 1: signal 11 (Segmentation fault");
	assert_reported(w, " s ago; it last said: about to crash / for u0@x\n");
	pool_crashed_pids(w->pool, &pids);
	text = buf_steal(&pids);
	snprintf(expected, sizeof(expected), "%d\n", (int)pid);
	assert_string_equal(text, expected);
	free(text);
	assert_true(world_logged(w,
	    "3 users lost; it last said: about to crash"));
	world_destroy(w);
}

static void
others_notice_nothing(void **state)
{
	struct world *w = world_create("ok");
	unsigned victim, other;

	(void)state;
	w->config.backends_min = 2;
	world_start(w);
	until(w, pool_ready_count(w->pool) == 2);
	world_assign(w, 0, 2);
	until(w, w->assigned == 2);
	victim = pool_backend(w->pool, "u0@x");
	other = pool_backend(w->pool, "u1@x");
	assert_int_not_equal(victim, other);
	assert_int_equal(kill(world_info(w, victim - 1).pid, SIGKILL), 0);
	until(w, w->lost == 1);
	assert_int_equal(pool_backend(w->pool, "u1@x"), other);
	pool_assign(w->pool, "u0@x");	/* there is room at once */
	until(w, w->assigned == 3);
	assert_int_equal(pool_backend(w->pool, "u0@x"), other);
	until(w, pool_ready_count(w->pool) == 2 && pool_crashes(w->pool) == 1);
	assert_reported(w, "signal 9 (Killed), 1 user");
	world_destroy(w);
}

static void
exit_0_is_a_loss(void **state)
{
	struct world *w = world_with_users("ok", 1);

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "exit0"), 0);
	until(w, w->lost == 1);
	until(w, pool_crashes(w->pool) == 1);
	assert_reported(w, "id 1: exit 0, 1 user, ");
	world_destroy(w);
}

static void
last_messages_count(void **state)
{
	struct world *w = world_with_users("ok", 1);

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "words"), 0);
	until(w, w->lost == 1);
	assert_string_equal(w->last_body, "last words");
	world_destroy(w);
}

/* What it has not read is not lost, though it was in the pipe. */
static void
unread_is_unsent(void **state)
{
	struct world *w = world_create("ok");
	pid_t pid;

	(void)state;
	/* Who is watched too closely is woken before it is killed. */
	w->config.ping_interval = 60;
	world_serve(w, 2);
	pid = world_info(w, 0).pid;
	assert_int_equal(world_send(w, "u0@x", "silent"), 0);
	assert_int_equal(world_send(w, "u1@x", "hello"), 0);
	until(w, w->replies == 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	until(w, process_state(pid) == 'T');
	assert_int_equal(world_send(w, "u0@x", "one"), 0);
	assert_int_equal(world_send(w, "u1@x", "two"), 0);
	world_run(w, 0.05);
	assert_int_equal(kill(pid, SIGKILL), 0);
	until(w, w->lost == 2);
	assert_int_equal(w->failures, 3);
	assert_int_equal(w->unsent, 2);
	world_destroy(w);
}

/* Nor the last words: they are behind more than one read of the others. */
static void
last_words_count(void **state)
{
	struct world *w = world_with_users("ok", 1);

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "chatter"), 0);
	until(w, pool_crashes(w->pool) == 1);
	assert_reported(w, "xand out\n");
	world_destroy(w);
}

static void
helper_holds_the_pipes(void **state)
{
	struct world *w = world_with_users("ok", 1);

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "helper"), 0);
	until(w, w->lost == 1);
	assert_reported(w, "id 1: exit 4, 1 user, ");
	assert_true(atoi(w->last_body) > 1);
	until(w, !alive(atoi(w->last_body)));
	world_destroy(w);
}

static void
closed_but_alive(void **state)
{
	struct world *w = world_with_users("ok", 1);
	pid_t pid = world_info(w, 0).pid;

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "close"), 0);
	until(w, w->lost == 1);
	assert_string_equal(w->last_lost, "closed its standard output");
	until(w, !alive(pid) && pool_crashes(w->pool) == 1);
	assert_reported(w, "closed its standard output; ended by signal 9 "
	    "(Killed), 1 user");
	world_destroy(w);
}

static void
garbage_is_fatal(void **state)
{
	struct world *w = world_with_users("ok", 1);

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "garbage"), 0);
	until(w, w->lost == 1);
	assert_non_null(strstr(w->last_lost, "broke the protocol"));
	until(w, pool_crashes(w->pool) == 1);
	world_destroy(w);
}

/* Bytes that wait in that backend's standard output. */
static int
unread(struct world *w, size_t i)
{
	char path[48];
	int fd, n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd/1",
	    (int)world_info(w, i).pid);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	close(fd);
	return n;
}

/* Both have written before anything is read: how fast either process is says
 * nothing about turns. */
static void
flood_is_read_in_turns(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.users_max = 1;
	w->config.backends_min = 2;
	world_serve(w, 2);
	pool_hold(w->pool, true);
	assert_int_equal(world_send(w, "u0@x", "flood"), 0);
	assert_int_equal(world_send(w, "u1@x", "hello"), 0);
	until(w, unread(w, 0) > 0 && unread(w, 1) > 0 &&
	    unread(w, 0) + unread(w, 1) > 60000);
	pool_hold(w->pool, false);
	until(w, strcmp(w->last_id, "hello") == 0);
	assert_true(w->messages < 20000);
	until(w, w->messages == 20000 && w->replies == 2);
	assert_int_equal(w->lost, 0);
	world_destroy(w);
}

static void
hold_lets_it_wait(void **state)
{
	struct world *w = world_with_users("ok", 1);
	unsigned so_far;

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "flood"), 0);
	until(w, w->messages > 0);
	pool_hold(w->pool, true);
	so_far = w->messages;
	world_run(w, 0.2);
	assert_int_equal(w->messages, so_far);
	pool_hold(w->pool, false);
	until(w, w->messages == 20000);
	world_destroy(w);
}

static void
too_many_asks(void **state)
{
	struct world *w = world_with_users("ok", 1);

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "asks"), 0);
	until(w, w->lost == 1);
	assert_string_equal(w->last_lost, "has more than 1000 requests open");
	world_destroy(w);
}

/* It naps, its pipe fills, the queue fills; nothing is dropped. */
static void
full_and_drained(void **state)
{
	struct world *w = world_with_users("ok", 1);
	char body[8001];
	unsigned sent = 0;

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	assert_int_equal(world_send(w, "u0@x", "nap"), 0);
	world_run(w, 0.1);
	while (sent < 1000 && world_send(w, "u0@x", body) == 0)
		sent++;
	assert_true(sent > 8 && sent < 1000);
	assert_true(pool_is_full(w->pool, "u0@x"));
	assert_int_equal(w->drained, 0);
	until(w, w->drained == 1);
	assert_false(pool_is_full(w->pool, "u0@x"));
	until(w, w->replies == sent + 1);
	assert_int_equal(w->failures, 0);
	world_destroy(w);
}

static void
on_goodbye(void *ctx, const struct msg_error *error, const union result *result)
{
	(void)result;
	assert_null(error);
	((struct world *)ctx)->stopped++;
}

/* What else waits there may be refused, this not: the user would stay. */
static void
logout_passes_a_full_queue(void **state)
{
	struct world *w = world_with_users("ok", 1);
	const struct msg_logout goodbye = { .user = "u0@x" };
	char body[8001];

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	assert_int_equal(world_send(w, "u0@x", "nap"), 0);
	while (world_send(w, "u0@x", body) == 0)
		continue;
	assert_true(pool_is_full(w->pool, "u0@x"));
	assert_int_equal(pool_request(w->pool, "u0@x", METHOD_logout, &goodbye,
	    0, on_goodbye, w), 0);
	assert_int_equal(world_send(w, "u0@x", "x"), -1);
	until(w, w->stopped == 1);
	assert_int_equal(w->failures, 0);
	world_destroy(w);
}

static void
restart_moves_users(void **state)
{
	struct world *w = world_with_users("ok", 3);
	pid_t pid = world_info(w, 0).pid;

	(void)state;
	w->reassign = true;
	assert_int_equal(pool_restart(w->pool, 9), -1);
	assert_int_equal(pool_restart(w->pool, 1), 0);
	/* It serves until there is another one. */
	assert_int_equal(w->lost, 0);
	assert_int_equal(world_send(w, "u0@x", "hello"), 0);
	until(w, w->lost == 3);
	assert_int_equal(w->failures, 0);
	until(w, w->assigned == 6 && !alive(pid));
	assert_int_equal(pool_crashes(w->pool), 0);
	until(w, world_count(w) == 1);
	assert_int_equal(world_info(w, 0).id, 2);
	assert_string_equal(w->last_lost, "replaced");
	world_destroy(w);
}

/* What is in flight is answered first, though a replacement is there. */
static void
restart_waits_for_answers(void **state)
{
	struct world *w = world_with_users("ok", 1);

	(void)state;
	w->reassign = true;
	assert_int_equal(world_send(w, "u0@x", "nap"), 0);
	assert_int_equal(pool_restart(w->pool, 1), 0);
	until(w, pool_ready_count(w->pool) == 1);
	assert_string_equal(world_info(w, 0).state, "draining");
	assert_int_equal(w->replies, 0);
	until_within(w, 4, w->lost == 1);	/* before the next ping */
	assert_int_equal(w->replies, 1);
	assert_int_equal(w->failures, 0);
	world_destroy(w);
}

/* One backend is allowed: its replacement comes before it goes. */
static void
restart_of_the_only_one(void **state)
{
	struct world *w = world_create("ok");

	(void)state;
	w->config.backends_max = 1;
	w->reassign = true;
	world_serve(w, 2);
	assert_int_equal(pool_restart(w->pool, 1), 0);
	until(w, w->assigned == 4);
	assert_int_equal(pool_backend(w->pool, "u0@x"), 2);
	world_destroy(w);
}

static void
release_the_next(struct world *w, const char *user)
{
	/* Callbacks may do anything: here each takes another victim's place. */
	pool_release(w->pool, "u1@x");
	pool_assign(w->pool, user);
	assert_int_equal(world_send(w, user, "x"), -1);
}

static void
destroy_it(struct world *w, const char *user)
{
	assert_string_equal(user, "u0@x");
	pool_destroy(w->pool);
	pool_assign(w->pool, user);
	w->pool = NULL;
}

static void
callbacks_do_anything(void **state)
{
	struct world *w = world_with_users("ok", 3);

	(void)state;
	w->on_lost = release_the_next;
	assert_int_equal(world_send(w, "u0@x", "crash"), 0);
	until(w, w->lost == 2);
	until(w, w->assigned == 5);
	w->on_lost = destroy_it;
	w->lost = 0;
	assert_int_equal(world_send(w, "u0@x", "crash"), 0);
	until(w, w->lost == 1);
	world_run(w, 0.1);
	assert_int_equal(w->lost, 1);
	world_destroy(w);
}

static unsigned
count_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
leaves_nothing_behind(void **state)
{
	struct world *w = world_create("ok");
	unsigned before = count_descriptors();
	pid_t pid;

	(void)state;
	w->reassign = true;
	world_start(w);
	for (unsigned i = 1; i <= 2; i++) {
		world_assign(w, 0, 1);
		until(w, w->assigned == i && world_count(w) == 1);
		pid = world_info(w, 0).pid;
		assert_int_equal(world_send(w, "u0@x", "crash"), 0);
		until(w, pool_crashes(w->pool) == i);
		assert_int_equal(kill(pid, 0), -1);	/* not even a zombie */
	}
	until(w, w->assigned == 3);
	pool_stop(w->pool, world_on_stopped, w);
	until(w, w->stopped == 1);
	world_destroy(w);
	assert_int_equal(count_descriptors(), before);
}

static void
log_messages(void **state)
{
	struct world *w = world_with_users("ok", 1);
	unsigned lines = 0;

	(void)state;
	assert_int_equal(world_send(w, "u0@x", "log"), 0);
	until(w, w->replies == 1);
	assert_true(world_logged(w, "): u0@x: beware\n"));
	for (const char *p = buf_data(&w->log);
	    (p = strstr(p, "beware")) != NULL; p++)
		lines++;
	assert_true(lines >= 100 && lines <= 400);	/* not the flood */
	assert_int_equal(world_send(w, "u0@x", "exit0"), 0);
	until(w, pool_crashes(w->pool) == 1);
	assert_reported(w, "ago; it last said: u0@x: beware / u0@x: beware "
	    "/ u0@x: beware");
	world_destroy(w);
}

/* The main process of the next test: a pool, and then nothing but waiting. */
static void
run_parent(void)
{
	struct world *w = world_create("stubborn");
	char line[16];

	log_capture(NULL);
	log_set_level(LOG_ERROR);
	world_start(w);
	until(w, pool_ready_count(w->pool) == 1);
	snprintf(line, sizeof(line), "%d\n", (int)world_info(w, 0).pid);
	if (write(1, line, strlen(line)) > 0)
		ev_run(w->loop, 0);
}

static void
dies_with_us(void **state)
{
	char self[512] = "", line[16] = "";
	int fds[2];
	pid_t parent, backend;
	double end;

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(pipe(fds), 0);
	if ((parent = fork()) == 0) {
		dup2(fds[1], 1);
		execl(self, self, "--parent", NULL);
		_exit(1);
	}
	close(fds[1]);
	assert_true(read(fds[0], line, sizeof(line) - 1) > 0);
	backend = (pid_t)atoi(line);
	assert_true(backend > 1 && alive(backend));
	assert_int_equal(kill(parent, SIGKILL), 0);
	for (end = world_now() + 2; alive(backend) && world_now() < end;)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_false(alive(backend));
	close(fds[0]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crash_gives_users_back),
		cmocka_unit_test(others_notice_nothing),
		cmocka_unit_test(exit_0_is_a_loss),
		cmocka_unit_test(last_messages_count),
		cmocka_unit_test(unread_is_unsent),
		cmocka_unit_test(last_words_count),
		cmocka_unit_test(helper_holds_the_pipes),
		cmocka_unit_test(closed_but_alive),
		cmocka_unit_test(garbage_is_fatal),
		cmocka_unit_test(flood_is_read_in_turns),
		cmocka_unit_test(hold_lets_it_wait),
		cmocka_unit_test(too_many_asks),
		cmocka_unit_test(full_and_drained),
		cmocka_unit_test(logout_passes_a_full_queue),
		cmocka_unit_test(restart_moves_users),
		cmocka_unit_test(restart_waits_for_answers),
		cmocka_unit_test(restart_of_the_only_one),
		cmocka_unit_test(callbacks_do_anything),
		cmocka_unit_test(leaves_nothing_behind),
		cmocka_unit_test(log_messages),
		cmocka_unit_test(dies_with_us),
	};

	kit_main(argc, argv);
	if (argc == 2 && strcmp(argv[1], "--parent") == 0) {
		run_parent();
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
