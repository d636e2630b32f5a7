/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start: run spectrum2 and see that it really runs.  It ends well when its
 * daemon is ready; what it said on the way is shown when it does not. */
#include "manager/ctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/xalloc.h"

#define START_SECONDS	60
#define SHOWN		4096	/* bytes of what it said */

/* Beside ourselves, else in PATH.  Caller frees; NULL: nowhere. */
static char *
find_program(void)
{
	char self[PATH_MAX], *dirs, *next, *dir, *path = NULL;
	const char *env = getenv("PATH");
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n < 0 ? 0 : n] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	dirs = next = xasprintf("%s:%s", self, env == NULL ? "" : env);
	while (path == NULL && (dir = strsep(&next, ":")) != NULL) {
		path = xasprintf("%s/spectrum2", dir);
		if (*dir == '\0' || access(path, X_OK) < 0) {
			free(path);
			path = NULL;
		}
	}
	free(dirs);
	return path;
}

static pid_t
spawn(const char *program, const struct ctl_instance *one, int err)
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid;
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	dup2(err, STDERR_FILENO);
	execl(program, "spectrum2", "-j", one->jid, one->path, (char *)NULL);
	dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

/* Collect what there is; its daemon keeps the other end open, so that there
 * is no end of file to wait for. */
static void
collect(int fd, struct buf *said, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while (poll(&p, 1, wait_ms) > 0) {
		n = read(fd, buf_reserve(said, 4096), 4096);
		if (n <= 0) {
			if (wait_ms > 0)
				poll(NULL, 0, wait_ms);
			return;
		}
		buf_added(said, (size_t)n);
		if (buf_len(said) > SHOWN)
			buf_consume(said, buf_len(said) - SHOWN);
		wait_ms = 0;
	}
}

/* Its wait status.  When the time is over we stop waiting: what is ended is
 * the one in the foreground, not its daemon. */
static int
await_exit(pid_t pid, int fd, struct buf *said)
{
	time_t end = time(NULL) + START_SECONDS;
	bool killed = false;
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0) {
		if (time(NULL) >= end && !killed) {
			buf_addf(said, "not ready within %d s; it is "
			    "left to go on\n", START_SECONDS);
			kill(pid, SIGTERM);
			killed = true;
		}
		if (time(NULL) >= end + 2)
			kill(pid, SIGKILL);
		collect(fd, said, 50);
	}
	collect(fd, said, 0);
	return got < 0 ? -1 : status;
}

static off_t
size_of(const char *path)
{
	struct stat st;

	return path != NULL && stat(path, &st) == 0 ? st.st_size : 0;
}

/* What was logged since then. */
static void
add_log(struct buf *said, const char *path, off_t since)
{
	off_t size = size_of(path);
	int fd;
	ssize_t n;

	if (size <= since || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return;
	if (size - since > SHOWN)
		since = size - SHOWN;
	n = pread(fd, buf_reserve(said, SHOWN), SHOWN, since);
	buf_added(said, n < 0 ? 0 : (size_t)n);
	close(fd);
}

/* Ready, but is it still there, and does it answer? */
static int
check_answer(const struct ctl_instance *one, struct buf *said)
{
	char *why = NULL, *answer = ctl_ask(one->control, "status", 10, &why);

	if (answer == NULL) {
		buf_addf(said, "started, but does not answer: %s\n", why);
		free(why);
		return CTL_NO_ANSWER;
	}
	free(answer);
	return CTL_OK;
}

static int
start(const char *program, const struct ctl_instance *one, struct buf *said)
{
	off_t since = size_of(one->log);
	int fds[2], status, code;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 ||
	    (pid = spawn(program, one, fds[1])) < 0) {
		buf_addf(said, "%s\n", strerror(errno));
		return CTL_FAILED;
	}
	close(fds[1]);
	status = await_exit(pid, fds[0], said);
	close(fds[0]);
	if (status == 0)
		code = check_answer(one, said);
	else if (WIFEXITED(status))
		code = WEXITSTATUS(status);
	else
		code = CTL_FAILED;
	if (code != CTL_OK)
		add_log(said, one->log, since);
	return code;
}

int
ctl_start_one(struct ctl_instance *one)
{
	char *program, *text;
	struct buf said = { 0 };
	int code;

	if (ctl_instance_pid(one) != 0)
		return CTL_OK;
	if ((program = find_program()) == NULL) {
		fprintf(stderr, "Error: spectrum2 is neither beside this "
		    "program nor in PATH.\n");
		return CTL_NO_PROGRAM;
	}
	code = start(program, one, &said);
	text = buf_steal(&said);
	if (code != CTL_OK)
		fprintf(stderr, "Error: %s (%s) does not start:\n%s", one->jid,
		    one->path, text);
	free(text);
	free(program);
	return code;
}

int
ctl_start(struct ctl *ctl, struct ctl_instance *v, size_t n)
{
	int code = CTL_OK, one;

	(void)ctl;
	for (size_t i = 0; i < n; i++) {
		one = ctl_start_one(&v[i]);
		if (code == CTL_OK)
			code = one;
		if (one == CTL_NO_PROGRAM)
			break;
	}
	return code;
}
