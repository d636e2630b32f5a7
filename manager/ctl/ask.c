/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to a control socket, answered or not within a bounded time. */
#include "manager/ctl/ctl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/xalloc.h"

#define ANSWER_MAX (64 * 1024 * 1024)
#define FOREVER    1e6		/* seconds; poll(2) counts them in ms */

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* -1 with ETIMEDOUT when the time is over. */
static int
await(int fd, short events, double end)
{
	struct pollfd p = { .fd = fd, .events = events };
	double left;
	int n;

	for (;;) {
		left = end - now();
		n = left <= 0 ? 0 : poll(&p, 1, (int)(left * 1000) + 1);
		if (n > 0)
			return 0;
		if (n == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (errno != EINTR)
			return -1;
	}
}

/* A socket that has too many waiting says so at once: try again. */
static int
dial(int fd, const char *path, double end)
{
	const struct timespec tick = { .tv_nsec = 20000000 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(sun.sun_path, path);
	while (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		if (errno != EAGAIN)
			return -1;
		if (now() >= end) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&tick, NULL);
	}
	return 0;
}

static int
say(int fd, const char *line, double end)
{
	char *text = xasprintf("%s\n", line);
	size_t len = strlen(text), at = 0;
	ssize_t n;

	while (at < len && await(fd, POLLOUT, end) == 0) {
		n = send(fd, text + at, len - at, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			break;
		at += n > 0 ? (size_t)n : 0;
	}
	explicit_bzero(text, len);
	free(text);
	return at == len ? 0 : -1;
}

/* 0 at the end of the answer. */
static int
hear(int fd, struct buf *answer, double end)
{
	ssize_t n;

	while (await(fd, POLLIN, end) == 0) {
		n = recv(fd, buf_reserve(answer, 4096), 4096, 0);
		if (n > 0)
			buf_added(answer, (size_t)n);
		else if (n == 0 || (errno == ECONNRESET &&
		    buf_len(answer) > 0))
			return 0;
		else if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (buf_len(answer) > ANSWER_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
	}
	return -1;
}

/* A connection on which the line has been said, or -1. */
static int
begin(const char *path, const char *line, double end)
{
	int fd, saved;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || (dial(fd, path, end) == 0 && say(fd, line, end) == 0))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static char *
complaint(const char *path, double timeout)
{
	return errno == ETIMEDOUT ? xasprintf("no answer within %g s", timeout) :
	    xasprintf("%s: %s", path, strerror(errno));
}

static const char no_answer[] = "it has ended before it answered";

char *
ctl_ask(const char *path, const char *line, double timeout, char **why)
{
	double end = now() + timeout;
	struct buf answer = { 0 };
	int fd = begin(path, line, end);

	if (fd < 0 || hear(fd, &answer, end) < 0)
		*why = complaint(path, timeout);
	else if (buf_len(&answer) == 0)
		*why = xstrdup(no_answer);
	if (fd >= 0)
		close(fd);
	if (*why == NULL)
		return buf_steal(&answer);
	buf_free(&answer);
	return NULL;
}

/* What there is; 0 at the end, -1. */
static ssize_t
hear_piece(int fd, char *bytes, size_t size, double end)
{
	ssize_t n;

	do {
		if (await(fd, POLLIN, end) < 0)
			return -1;
		n = recv(fd, bytes, size, 0);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	return n;
}

int
ctl_follow(const char *path, const char *line, double timeout,
    ctl_piece *piece, void *ctx, char **why)
{
	double end = now() + timeout;
	bool any = false;
	char bytes[4096];
	int fd = begin(path, line, end);
	ssize_t n = -1;

	while (fd >= 0 &&
	    (n = hear_piece(fd, bytes, sizeof(bytes), end)) > 0) {
		piece(ctx, bytes, (size_t)n);
		any = true;
		end = now() + FOREVER;
	}
	if (n < 0 && !any)
		*why = complaint(path, timeout);
	else if (!any)
		*why = xstrdup(no_answer);
	if (fd >= 0)
		close(fd);
	return any ? 0 : -1;
}
