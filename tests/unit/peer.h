/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer.h - the other end of a socket, by hand, and a loop to run meanwhile.
 * Include it after cmocka.h; everything waits for a condition, with a limit. */
#ifndef TESTS_UNIT_PEER_H
#define TESTS_UNIT_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/later.h"
#include "util/macros.h"

#define PATIENCE 60.0		/* seconds */

struct peer {
	int		 fd;		/* -1: not connected, or closed */
	struct buf	 in;		/* all that came, with a NUL behind */
	bool		 deaf;		/* do not read */
};

static struct ev_loop *loop;
static ev_prepare flush_watcher;

static void
flush_now(struct ev_loop *l, ev_prepare *w, int revents)
{
	(void)l, (void)w, (void)revents;
	later_run();
}

static UNUSED void
loop_start(void)
{
	loop = ev_loop_new(EVFLAG_AUTO);
	ev_prepare_init(&flush_watcher, flush_now);
	ev_prepare_start(loop, &flush_watcher);
}

static UNUSED void
loop_stop(void)
{
	later_run();
	ev_prepare_stop(loop, &flush_watcher);
	ev_loop_destroy(loop);
}

static void
wake_up(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)w, (void)revents;
	ev_break(l, EVBREAK_ALL);
}

/* One turn of the loop, a few milliseconds at most. */
static UNUSED void
turn(void)
{
	ev_timer timer;

	ev_timer_init(&timer, wake_up, 0.002, 0.);
	ev_timer_start(loop, &timer);
	ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
	later_run();
}

/* A few of them at least, however slow this machine is. */
static UNUSED void
turns(double seconds)
{
	ev_tstamp end = ev_time() + seconds;

	for (int n = 0; n < 5 || ev_time() < end; n++)
		turn();
}

/* A listening socket on 127.0.0.1, and its port. */
static UNUSED int
peer_listen(unsigned *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)*port) };
	socklen_t len = sizeof(sin);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd != -1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* One that was ours before may be somebody's for a moment. */
	for (ev_tstamp end = ev_time() + PATIENCE; bind(fd,
	    (struct sockaddr *)&sin, sizeof(sin)) == -1; ev_sleep(0.01))
		if (errno != EADDRINUSE || ev_time() > end)
			fail_msg("port %u: %s", *port, strerror(errno));
	assert_int_equal(listen(fd, 16), 0);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	*port = ntohs(sin.sin_port);
	return fd;
}

static UNUSED void
peer_accept(struct peer *p, int listener)
{
	*p = (struct peer){ .fd = -1 };
	for (ev_tstamp end = ev_time() + PATIENCE; p->fd == -1; turn()) {
		if (ev_time() > end)
			fail_msg("nobody connects");
		p->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	}
}

static UNUSED void
peer_connect(struct peer *p, unsigned port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port) };

	*p = (struct peer){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
	assert_int_equal(connect(p->fd, (struct sockaddr *)&sin, sizeof(sin)),
	    0);
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
}

static UNUSED void
peer_close(struct peer *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	buf_free(&p->in);
}

static UNUSED void
peer_read(struct peer *p)
{
	char data[65536];
	ssize_t n;

	if (p->fd == -1 || p->deaf)
		return;
	while ((n = recv(p->fd, data, sizeof(data), 0)) > 0)
		buf_add(&p->in, data, (size_t)n);
	if (n == 0 || errno != EAGAIN) {
		close(p->fd);
		p->fd = -1;
	}
}

/* Everything, while the loop runs; what cannot be written any more is lost. */
static UNUSED void
peer_send_bytes(struct peer *p, const char *data, size_t len)
{
	while (len > 0 && p->fd != -1) {
		ssize_t n = send(p->fd, data, len, MSG_NOSIGNAL);

		if (n == -1 && errno != EAGAIN)
			return;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
		if (len > 0)
			turn();
		peer_read(p);
	}
}

static UNUSED void
peer_send(struct peer *p, const char *text)
{
	peer_send_bytes(p, text, strlen(text));
}

/* Byte by byte, each in a packet of its own. */
static UNUSED void
peer_drip(struct peer *p, const char *text)
{
	for (; *text != '\0'; text++) {
		peer_send_bytes(p, text, 1);
		ev_run(loop, EVRUN_NOWAIT);
	}
}

static UNUSED const char *
peer_text(struct peer *p)
{
	*buf_reserve(&p->in, 1) = '\0';
	return buf_data(&p->in);
}

/* How often it has come.  By memmem, as a sanitized strstr reads to the end of
 * all that came each time. */
static UNUSED unsigned
peer_count(const struct peer *p, const char *text)
{
	const char *s = buf_data(&p->in), *end = s ? s + buf_len(&p->in) : s;
	unsigned n = 0;

	for (; s != end && (s = memmem(s, (size_t)(end - s), text,
	    strlen(text))) != NULL; s++)
		n++;
	return n;
}

static UNUSED void
peer_forget(struct peer *p)
{
	buf_free(&p->in);
}

/* Wait until this has come; the rest of the input stays. */
static UNUSED void
peer_expect(struct peer *p, const char *text)
{
	for (ev_tstamp end = ev_time() + PATIENCE;; turn()) {
		peer_read(p);
		if (buf_len(&p->in) > 0 && memmem(buf_data(&p->in),
		    buf_len(&p->in), text, strlen(text)) != NULL)
			return;
		if (ev_time() > end || (p->fd == -1 && !p->deaf))
			fail_msg("waited for %s, got %s%s", text, peer_text(p),
			    p->fd == -1 ? " and the end" : "");
	}
}

static UNUSED void
peer_expect_end(struct peer *p)
{
	for (ev_tstamp end = ev_time() + PATIENCE; p->fd != -1; turn()) {
		peer_read(p);
		if (ev_time() > end)
			fail_msg("not closed after %s", peer_text(p));
	}
}

/* Wait until an expression is true. */
#define wait_for(expr) \
	do { \
		ev_tstamp end_ = ev_time() + PATIENCE; \
		while (!(expr)) { \
			if (ev_time() > end_) \
				fail_msg("waited for %s", #expr); \
			turn(); \
		} \
	} while (0)

#endif
