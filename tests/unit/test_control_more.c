/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: manager util */
/* Answers that come in pieces, and the socket in a successor's hands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "manager/control.h"
#include "util/later.h"
#include "util/xalloc.h"

#define OUTPUT_MAX	65536

static struct ev_loop *loop;
static struct control *control;
static char dir[64], path[80];
static uint64_t asking, gone;		/* the last one */
static unsigned departures;

static void
on_ask(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	(void)args;
	asking = id;
}

static void
on_gone(void *ctx, uint64_t id)
{
	(void)ctx;
	gone = id;
	departures++;
}

static const struct control_command commands[] = { { NULL, on_ask } };

static struct control_config
settings(void)
{
	return (struct control_config){
		.path = path, .owner = (uid_t)-1, .group = (gid_t)-1,
		.line_timeout = 3, .answer_timeout = 0.2,
		.output_max = OUTPUT_MAX, .gone = on_gone,
	};
}

static int
setup(void **state)
{
	const struct control_config config = settings();
	char *why = NULL;

	(void)state;
	loop = ev_loop_new(EVFLAG_AUTO);
	strcpy(dir, "/tmp/test_control_more.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	control = control_create(loop, &config, commands, 1, NULL, &why);
	asking = gone = 0;
	departures = 0;
	return control != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	control_destroy(control);
	later_run();
	ev_loop_destroy(loop);
	return rmdir(dir);
}

static void
turn(void)
{
	ev_run(loop, EVRUN_NOWAIT);
	later_run();
}

#define UNTIL(condition) \
	do { \
		for (int turns_ = 0; !(condition); turns_++) { \
			if (turns_ > 200000) \
				fail_msg("waited for: %s", #condition); \
			turn(); \
			usleep(100); \
		} \
	} while (0)

/* A client whose question has been read. */
static int
client(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	uint64_t before = asking;

	strcpy(sun.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	assert_int_equal(send(fd, "trace\n", 6, 0), 6);
	UNTIL(asking != before);
	return fd;
}

static ssize_t got;

/* What is there now; "" at the end or when there is nothing: see got. */
static const char *
heard(int fd)
{
	static char text[1 << 20];

	got = read(fd, text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

static void
pieces(void **state)
{
	int fd = client();

	(void)state;
	assert_int_equal(control_more(control, asking, "one"), 0);
	assert_string_equal(heard(fd), "one\n");
	/* Past the time-out for answers. */
	for (int i = 0; i < 40; i++) {
		turn();
		usleep(10000);
	}
	assert_int_equal(control_more(control, asking, "two\nthree\n"), 0);
	assert_string_equal(heard(fd), "two\nthree\n");
	control_reply(control, asking, "the end");
	assert_string_equal(heard(fd), "the end\n");
	assert_string_equal(heard(fd), "");
	assert_int_equal(got, 0);
	assert_int_equal(control_more(control, asking, "late"), -1);
	assert_int_equal(control_more(control, 4711, "nobody"), -1);
	assert_int_equal(departures, 0);
	close(fd);
}

static void
it_goes(void **state)
{
	int fd = client();

	(void)state;
	assert_int_equal(control_more(control, asking, "one"), 0);
	close(fd);
	UNTIL(departures > 0);
	assert_int_equal(gone, asking);
	assert_int_equal(departures, 1);
	assert_int_equal(control_more(control, asking, "two"), -1);
	/* Before the loop has noticed: told by the return value alone. */
	fd = client();
	assert_int_equal(control_more(control, asking, "one"), 0);
	close(fd);
	assert_int_equal(control_more(control, asking, "two"), -1);
	turn();
	assert_int_equal(departures, 1);
	/* It never got a piece. */
	close(client());
	turn();
	assert_int_equal(departures, 1);
}

static void
it_says_more(void **state)
{
	char *noise = xcalloc(1, 20000);
	int fd = client();

	(void)state;
	memset(noise, 'x', 20000);
	assert_int_equal(control_more(control, asking, "one"), 0);
	assert_int_equal(send(fd, noise, 20000, 0), 20000);
	for (int i = 0; i < 30; i++)
		turn();
	/* The end of its words is not the end of its ears. */
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 30; i++)
		turn();
	assert_int_equal(control_more(control, asking, "two"), 0);
	assert_string_equal(heard(fd), "one\ntwo\n");
	assert_int_equal(departures, 0);
	close(fd);
	assert_int_equal(control_more(control, asking, "three"), -1);
	free(noise);
}

static bool
hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

static void
it_does_not_read(void **state)
{
	char line[1000], *text = xmalloc(4 << 20);
	int fd = client(), sent = 0;
	size_t len = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	while (control_more(control, asking, line) == 0)
		assert_true(++sent < 4000);
	assert_int_equal(control_more(control, asking, line), -1);
	/* More waited than the kernel takes; now it reads, and is told. */
	assert_true(sent * sizeof(line) >= OUTPUT_MAX);
	for (int i = 0; i < 10000; i++) {
		got = read(fd, text + len, (4 << 20) - 1 - len);
		if (got == 0)
			break;
		len += got > 0 ? (size_t)got : 0;
		turn();
	}
	text[len] = '\0';
	assert_int_equal(got, 0);
	assert_non_null(strstr(text, "Error: this is not read as fast as it "
	    "comes; the rest is left out\n"));
	assert_true(len >= sent * sizeof(line));
	assert_int_equal(departures, 0);
	free(text);
	/* One that never reads again is not kept for ever. */
	close(fd);
	fd = client();
	while (control_more(control, asking, line) == 0)
		;
	UNTIL(hung_up(fd));
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	close(fd);
}

/* A successor in the same process: the old one's numbers are taken by copies
 * of its descriptors once it is gone. */
static void
succeed(uint64_t asked, uint64_t *id)
{
	const struct control_config config = settings();
	struct packer p = { 0 };
	struct unpacker *u;
	char *why = NULL, *kept = xasprintf("%s/kept", dir);
	int copies[2];

	pack_map(&p, NULL);
	control_handover(control, asked, &p);
	pack_end(&p);
	assert_int_equal(p.nfds, asked != 0 ? 2 : 1);
	for (size_t i = 0; i < p.nfds; i++)
		copies[i] = dup(p.fds[i]);
	assert_int_equal(rename(path, kept), 0);
	control_destroy(control);
	assert_int_equal(rename(kept, path), 0);
	for (size_t i = 0; i < p.nfds; i++) {
		assert_int_equal(dup2(copies[i], p.fds[i]), p.fds[i]);
		close(copies[i]);
	}
	u = unpack_open(buf_data(&p.out), buf_len(&p.out));
	control = control_adopt(loop, &config, commands, 1, NULL,
	    unpack_root(u), id, &why);
	assert_non_null(control);
	unpack_close(u);
	pack_free(&p);
	free(kept);
}

static void
handed_over(void **state)
{
	int waits = client(), fd;
	uint64_t id;

	(void)state;
	succeed(asking, &id);
	assert_true(id != 0);
	control_reply(control, id, "Upgraded");
	assert_string_equal(heard(waits), "Upgraded\n");
	heard(waits);
	assert_int_equal(got, 0);
	close(waits);
	asking = 0;
	fd = client();
	control_reply(control, asking, "served");
	assert_string_equal(heard(fd), "served\n");
	close(fd);
	/* It is in nobody's way when the successor does not answer. */
	fd = client();
	succeed(asking, &id);
	UNTIL(*heard(fd) != '\0');
	close(fd);
}

static void
not_handed_over(void **state)
{
	const struct control_config config = settings();
	uint64_t id = 1;
	char *why = NULL;

	(void)state;
	assert_null(control_adopt(loop, &config, commands, 1, NULL, NULL, &id,
	    &why));
	assert_non_null(strstr(why, "was not handed over"));
	free(why);
	/* Nobody waits. */
	succeed(0, &id);
	assert_int_equal(id, 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces),
		TEST(it_goes),
		TEST(it_says_more),
		TEST(it_does_not_read),
		TEST(handed_over),
		TEST(not_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
