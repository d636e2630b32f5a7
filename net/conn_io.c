/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How bytes move: into one buffer that all connections share and straight on
 * to the owner; out of the queue with one system call a turn where the kernel
 * takes it all.  Whether they are encrypted is decided here, how is not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/conn_private.h"
#include "util/xalloc.h"

#define SHARE	(256u * 1024)	/* bytes read of one connection in one turn */
#define PORTION	(1024u * 1024)	/* and written */
#define LINGER	1.0		/* seconds for the peer to take the last bytes */

static char input[64 * 1024];

void
conn_grant(struct conn *c)
{
	c->share = SHARE;
}

ssize_t
conn_recv(struct conn *c, char *data, size_t size)
{
	ssize_t n;

	if (c->share == 0)
		return IO_AGAIN;
	do {
		n = recv(c->io.fd, data, size, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? IO_AGAIN : IO_FAILED;
	/* Less than there was room for: asking again would be in vain. */
	if ((size_t)n < size || (size_t)n >= c->share)
		c->share = 0;
	else
		c->share -= (uint32_t)n;
	return n;
}

ssize_t
conn_write(struct conn *c, const char *data, size_t len)
{
	ssize_t n;

	do {
		n = send(c->io.fd, data, len, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? IO_AGAIN : IO_FAILED;
	return n;
}

static ssize_t
take(struct conn *c)
{
	ssize_t n;

	if (c->secure)
		return conn_tls_read(c, input, sizeof(input));
	if ((n = conn_recv(c, input, sizeof(input))) == IO_FAILED)
		c->why = xstrdup(strerror(errno));
	return n;
}

static ssize_t
give(struct conn *c, size_t len)
{
	ssize_t n;

	if (c->secure)
		return conn_tls_write(c, buf_data(&c->out), len);
	n = conn_write(c, buf_data(&c->out), len);
	if (n == IO_FAILED)
		c->why = xstrdup(strerror(errno));
	return n;
}

void
conn_readable(struct conn *c)
{
	ssize_t n;

	conn_grant(c);
	while (c->state == CONN_OPEN && !c->paused) {
		if ((n = take(c)) > 0) {
			c->events->data(c->ctx, input, (size_t)n);
			continue;
		}
		if (n == IO_END)
			conn_lost(c, xstrdup("closed by the peer"));
		else if (n == IO_FAILED)
			conn_lost(c, c->why);
		else
			conn_watch(c);
		return;
	}
}

/* The peer takes no more, but it may have said why: hear it out first. */
static void
write_failed(struct conn *c)
{
	char *why = c->why;

	c->why = NULL;
	conn_readable(c);
	if (c->state < CONN_CLOSED)
		conn_lost(c, why);
	else
		free(why);
}

/* Of the queue, what may leave in this state. */
static size_t
sendable(const struct conn *c)
{
	return c->state == CONN_OPEN ? buf_len(&c->out) : c->due;
}

/* All that could leave has left. */
static void
emptied(struct conn *c)
{
	double rest;

	switch (c->state) {
	case CONN_STARTING:
		conn_set_state(c, CONN_HANDSHAKE);
		conn_handshake(c);
		return;
	case CONN_FINISHING:
		conn_tls_goodbye(c);
		shutdown(c->io.fd, SHUT_WR);
		rest = ev_timer_remaining(c->loop, &c->timer);
		conn_set_state(c, CONN_LINGERING);
		conn_set_timer(c, rest < LINGER ? rest : LINGER);
		conn_watch(c);
		return;
	}
	buf_trim(&c->out);
	if (c->events->drained == NULL)
		return;
	c->draining = true;
	c->events->drained(c->ctx);
	c->draining = false;
}

void
conn_flush(struct conn *c)
{
	size_t len, sent = 0;
	ssize_t n = 0;

	while ((len = sendable(c)) > 0) {
		n = sent < PORTION ? give(c, len) : IO_AGAIN;
		if (n < 0)
			break;
		buf_consume(&c->out, (size_t)n);
		if (c->state != CONN_OPEN)
			c->due -= (size_t)n;
		sent += (size_t)n;
	}
	c->sent += sent;
	if (n == IO_FAILED) {
		write_failed(c);
		return;
	}
	c->blocked = len > 0;
	conn_watch(c);
	if (len == 0)
		emptied(c);
}

void
conn_discard(struct conn *c)
{
	conn_grant(c);
	switch (conn_recv(c, input, sizeof(input))) {
	case IO_AGAIN:
		return;
	case IO_END:
	case IO_FAILED:
		conn_lost(c, xstrdup("closed by us"));
		return;
	}
}
