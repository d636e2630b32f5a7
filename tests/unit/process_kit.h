/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_kit.h - the small backend as a process of its own at the other end
 * of two pipes, whatever its loop: KIT_MAIN is kit_main or its like. */
#ifndef TESTS_UNIT_PROCESS_KIT_H
#define TESTS_UNIT_PROCESS_KIT_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/backend_kit.h"

static struct decoder *decoder;


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
		_exit(KIT_MAIN(1, argv, &backend));
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

	for (int i = 0; i < 6000; i++) {
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
		if (poll(&p, 1, 60000) != 1)
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

/* After each rest it goes on by itself. */
static void
takes_rests(void **state)
{
	struct buf out = { 0 };
	struct child c;
	struct msg msg;

	(void)state;
	seen.login_takes = 30000;
	spawn_ready(&c);
	for (uint32_t id = 2; id < 8; id++)
		put_login(&out, id);
	tell(&c, &out);
	for (int n = 0; n < 6 * 2; n++)
		hear(&c, &msg);
	close(c.to);
	assert_int_equal(reap(&c), 0);
	seen.login_takes = 0;
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
	assert_true(b.tv_sec - a.tv_sec <= 3);	/* not the 5 of others */
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_over_pipes),
		cmocka_unit_test(takes_rests),
		cmocka_unit_test(ends_by_sigterm),
		cmocka_unit_test(ends_though_log_outs_hang),
		cmocka_unit_test(loses_nothing_in_a_full_pipe),
		cmocka_unit_test(ends_when_nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
