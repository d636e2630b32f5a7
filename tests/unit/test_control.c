/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: manager util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "manager/control.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

static struct ev_loop *loop;
static struct control *control;
static char dir[] = "/tmp/test_control.XXXXXX", path[64];
static char asked[CONTROL_LINE_MAX + 1];
static uint64_t waiting[256];
static size_t nwaiting;
static char *huge;		/* 4 MB of x */

static void
on_echo(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	snprintf(asked, sizeof(asked), "echo:%s", args);
	control_reply(control, id, args);
	control_reply(control, id, "a second answer");
}

static void
on_later(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	(void)args;
	waiting[nwaiting++ % LENGTH(waiting)] = id;
}

static void
on_huge(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	(void)args;
	control_reply(control, id, huge);
	control_reply(control, id, "again");
}

static void
on_other(void *ctx, uint64_t id, const char *line)
{
	(void)ctx;
	snprintf(asked, sizeof(asked), "other:%s", line);
	control_reply(control, id, "fine\n");
}

static const struct control_command commands[] = {
	{ "echo", on_echo }, { "later", on_later }, { "huge", on_huge },
	{ NULL, on_other },
};

static struct control *
create(unsigned clients_max, double timeout, size_t ncommands)
{
	const struct control_config config = {
		.path = path, .owner = (uid_t)-1, .group = (gid_t)-1,
		.clients_max = clients_max, .line_timeout = timeout,
		.answer_timeout = timeout,
	};
	char *why = NULL;
	struct control *k = control_create(loop, &config, commands, ncommands,
	    NULL, &why);

	if (k == NULL)
		fail_msg("%s", why);
	return k;
}

static int
setup(void **state)
{
	(void)state;
	loop = ev_loop_new(EVFLAG_AUTO);
	huge = xmalloc(4000001);
	memset(huge, 'x', 4000000);
	huge[4000000] = '\0';
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	later_run();
	ev_loop_destroy(loop);
	free(huge);
	return rmdir(dir);
}

static int
connect_client(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Run the loop until the server has ended the connection; what it said. */
static const char *
rest_of(int fd)
{
	static char text[5000000];
	size_t len = 0;
	ssize_t n = -1;

	for (int turns = 0; turns < 100000; turns++) {
		ev_run(loop, EVRUN_NOWAIT);
		later_run();
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		len += n > 0 ? (size_t)n : 0;
		if (n < 0)
			usleep(50);
	}
	/* A reset is an end, too: it had not read all that we sent. */
	if (n < 0 && errno == EAGAIN)
		return "no end";
	close(fd);
	text[len] = '\0';
	return text;
}

static const char *
ask_bytes(const void *bytes, size_t n)
{
	int fd = connect_client();

	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
	return rest_of(fd);
}

static const char *
ask(const char *line)
{
	return ask_bytes(line, strlen(line));
}

static void
questions_and_answers(void **state)
{
	struct stat st;

	(void)state;
	control = create(0, 0, LENGTH(commands));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(ask("echo  a b c \n"), "a b c \n");
	assert_string_equal(asked, "echo:a b c ");
	assert_string_equal(ask("echo\r\n"), "\n");
	assert_string_equal(asked, "echo:");
	assert_string_equal(ask("echoes x\n"), "fine\n");
	assert_string_equal(asked, "other:echoes x");
	assert_string_equal(ask("\n"), "fine\n");
	assert_string_equal(ask("echo one\necho two\n"), "one\n");
	assert_int_equal(strlen(ask("huge\n")), 4000001);
	control_destroy(control);
	assert_int_equal(access(path, F_OK), -1);
	control_destroy(NULL);
}

static void
ugly_questions(void **state)
{
	char *line = xmalloc(100000);
	int fd;

	(void)state;
	control = create(0, 0, LENGTH(commands) - 1);
	assert_string_equal(ask("nothing we know\n"),
	    "Error: Unknown variable or command\n");
	assert_string_equal(ask("echo \x80\n"),
	    "Error: a command is one line of text\n");
	assert_string_equal(ask_bytes("echo\0x\n", 7),
	    "Error: a command is one line of text\n");
	assert_string_equal(ask("echo \x1b[2J\n"),
	    "Error: a command is one line of text\n");
	memset(line, 'x', 100000);
	assert_string_equal(ask_bytes(line, 100000),
	    "Error: the command is too long\n");
	/* A line of the greatest length. */
	memcpy(line, "echo ", 5);
	line[CONTROL_LINE_MAX - 1] = '\n';
	assert_int_equal(strlen(ask_bytes(line, CONTROL_LINE_MAX)),
	    CONTROL_LINE_MAX - 5);
	/* Gone before the answer, before the line, in the line. */
	fd = connect_client();
	send(fd, "huge\n", 5, 0);
	close(fd);
	close(connect_client());
	fd = connect_client();
	send(fd, "ech", 3, 0);
	close(fd);
	assert_string_equal(ask("echo still there\n"), "still there\n");
	/* Byte by byte, and the writing side closed. */
	fd = connect_client();
	for (const char *s = "echo slow\n"; *s != '\0'; s++) {
		send(fd, s, 1, 0);
		ev_run(loop, EVRUN_NOWAIT);
	}
	shutdown(fd, SHUT_WR);
	assert_string_equal(rest_of(fd), "slow\n");
	control_destroy(control);
	free(line);
}

static void
late_answers(void **state)
{
	int fd, other;

	(void)state;
	control = create(0, 0, LENGTH(commands));
	nwaiting = 0;
	fd = connect_client();
	send(fd, "later\n", 6, 0);
	shutdown(fd, SHUT_WR);
	other = connect_client();
	send(other, "later\n", 6, 0);
	while (nwaiting < 2)
		ev_run(loop, EVRUN_ONCE);
	assert_string_equal(ask("echo between\n"), "between\n");
	control_reply(control, waiting[1], "second");
	control_reply(control, 4711, "nobody");
	control_reply(control, waiting[0], "first");
	control_reply(control, waiting[0], "again");
	assert_string_equal(rest_of(fd), "first\n");
	assert_string_equal(rest_of(other), "second\n");
	/* It has gone when the answer comes. */
	fd = connect_client();
	send(fd, "later\n", 6, 0);
	while (nwaiting < 3)
		ev_run(loop, EVRUN_ONCE);
	close(fd);
	control_reply(control, waiting[2], "too late");
	/* We go while one waits. */
	fd = connect_client();
	send(fd, "later\n", 6, 0);
	while (nwaiting < 4)
		ev_run(loop, EVRUN_ONCE);
	control_destroy(control);
	assert_string_equal(rest_of(fd), "");
}

static void
slow_ones_are_dropped(void **state)
{
	int silent, waits, deaf;

	(void)state;
	control = create(0, 0.5, LENGTH(commands));
	silent = connect_client();
	waits = connect_client();
	send(waits, "later\n", 6, 0);
	assert_string_equal(rest_of(silent), "");
	assert_string_equal(rest_of(waits), "Error: no answer in time\n");
	/* It asks much and reads nothing. */
	deaf = connect_client();
	send(deaf, "huge\n", 5, 0);
	for (int i = 0; i < 100; i++) {
		ev_run(loop, EVRUN_NOWAIT);
		usleep(10000);
	}
	assert_true(strlen(rest_of(deaf)) < 4000000);
	control_destroy(control);
}

static void
many_at_a_time(void **state)
{
	int fds[100], over;

	(void)state;
	control = create(100, 0, LENGTH(commands));
	for (size_t i = 0; i < LENGTH(fds); i++) {
		fds[i] = connect_client();
		ev_run(loop, EVRUN_NOWAIT);
	}
	over = connect_client();
	assert_string_equal(rest_of(over), "Error: too many are asking\n");
	for (size_t i = 0; i < LENGTH(fds); i++)
		send(fds[i], "echo me\n", 8, 0);
	for (size_t i = 0; i < LENGTH(fds); i++)
		assert_string_equal(rest_of(fds[i]), "me\n");
	control_destroy(control);
}

static void
old_sockets_and_other_files(void **state)
{
	const struct control_config config = {
		.path = path, .owner = (uid_t)-1, .group = (gid_t)-1,
	};
	struct control_config longer = config;
	char *why = NULL, name[200];
	int fd;

	(void)state;
	/* One that a killed process has left. */
	control = create(0, 0, 1);
	snprintf(name, sizeof(name), "%s/kept", dir);
	assert_int_equal(link(path, name), 0);
	control_destroy(control);
	assert_int_equal(rename(name, path), 0);
	control = create(0, 0, LENGTH(commands));
	assert_string_equal(ask("echo new\n"), "new\n");
	control_destroy(control);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_null(control_create(loop, &config, commands, 1, NULL, &why));
	assert_non_null(strstr(why, "is no socket"));
	free(why);
	unlink(path);
	memset(name, 'x', sizeof(name));
	memcpy(name, "/tmp/", 5);
	name[sizeof(name) - 1] = '\0';
	longer.path = name;
	assert_null(control_create(loop, &longer, commands, 1, NULL, &why));
	assert_non_null(strstr(why, "too long"));
	free(why);
	longer.path = "/nonexistent/sock";
	assert_null(control_create(loop, &longer, commands, 1, NULL, &why));
	assert_non_null(strstr(why, "No such file"));
	free(why);
}

/* Whatever the mode of the file says. */
static void
strangers_are_refused(void **state)
{
	int status;
	char text[64] = "";
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	control = create(0, 0, LENGTH(commands));
	chmod(path, 0666);
	chmod(dir, 0755);
	log_set_level(LOG_ERROR);
	if ((pid = fork()) == 0) {
		struct sockaddr_un sun = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		strcpy(sun.sun_path, path);
		if (setgid(65534) < 0 || setuid(65534) < 0 ||
		    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
			_exit(1);
		send(fd, "echo me\n", 8, MSG_NOSIGNAL);
		if (read(fd, text, sizeof(text)) > 0)
			_exit(2);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		ev_run(loop, EVRUN_NOWAIT);
		usleep(1000);
	}
	log_set_level(LOG_INFO);
	assert_int_equal(status, 0);
	control_destroy(control);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_and_answers),
		cmocka_unit_test(ugly_questions),
		cmocka_unit_test(late_answers),
		cmocka_unit_test(slow_ones_are_dropped),
		cmocka_unit_test(many_at_a_time),
		cmocka_unit_test(old_sockets_and_other_files),
		cmocka_unit_test(strangers_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
