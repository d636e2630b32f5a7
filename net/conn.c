/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a connection: who made it, which state it is in, what that state
 * waits for, and how it ends.  How it gets connected, how bytes move and what
 * TLS does are beside this file, in conn_*.c. */
#include "net/conn.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/conn_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define KEEPALIVE_IDLE	600	/* seconds; rarely enough for a phone */

static void
expired(struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_CONNECTING:
		setup_expired(c);
		return;
	case CONN_STARTING:
	case CONN_HANDSHAKE:
		conn_lost(c, xstrdup("TLS handshake not done in time"));
		return;
	case CONN_OPEN:
		conn_readable(c);
		return;
	case CONN_FINISHING:
		conn_lost(c, xstrdup("closed by us, the peer did not take the "
		    "last bytes"));
		return;
	case CONN_LINGERING:
		conn_lost(c, xstrdup("closed by us"));
		return;
	case CONN_ACCEPTED:
	case CONN_CLOSED:
	case CONN_DEAD:
		return;
	}
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	expired(CONTAINER(w, struct conn, timer));
}

static void
ready(struct conn *c, int revents)
{
	switch ((enum conn_state)c->state) {
	case CONN_HANDSHAKE:
		conn_handshake(c);
		return;
	case CONN_STARTING:
	case CONN_FINISHING:
		conn_flush(c);
		return;
	case CONN_OPEN:
		if ((revents & EV_WRITE) && c->blocked)
			conn_flush(c);
		if ((revents & EV_READ) || c->write_to_read)
			conn_readable(c);
		return;
	case CONN_LINGERING:
		conn_discard(c);
		return;
	case CONN_CONNECTING:		/* conn_connect.c has its own */
	case CONN_ACCEPTED:
	case CONN_CLOSED:
	case CONN_DEAD:
		return;
	}
}

static void
on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	ready(CONTAINER(w, struct conn, io), revents);
}

struct conn *
conn_create(struct ev_loop *loop, const struct conn_events *events, void *ctx)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->events = events;
	c->ctx = ctx;
	ev_io_init(&c->io, on_io, -1, 0);
	ev_init(&c->timer, on_timer);
	return c;
}

void
conn_set_state(struct conn *c, enum conn_state state)
{
	static const char *const names[] = {
		"connecting", "accepted", "starting", "handshake", "open",
		"finishing", "lingering", "closed", "dead",
	};

	log_debug("conn %d: %s -> %s", c->io.fd, names[c->state],
	    names[state]);
	c->state = state;
}

void
conn_set_fd(struct conn *c, int fd)
{
	int on = 1, idle = KEEPALIVE_IDLE;

	assert(!ev_is_active(&c->io));
	/* None of these can fail on TCP, and on anything else they may. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	ev_io_set(&c->io, fd, 0);
	c->watching = 0;
}

static int
wanted(const struct conn *c)
{
	if (c->frozen)
		return 0;
	switch ((enum conn_state)c->state) {
	case CONN_HANDSHAKE:
		return c->blocked ? EV_WRITE : EV_READ;
	case CONN_OPEN:
		return (c->paused ? 0 : EV_READ) |
		    (c->blocked || c->write_to_read ? EV_WRITE : 0);
	case CONN_STARTING:
	case CONN_FINISHING:
		return c->blocked ? EV_WRITE : 0;
	case CONN_LINGERING:
		return EV_READ;
	case CONN_CONNECTING:
	case CONN_ACCEPTED:
	case CONN_CLOSED:
	case CONN_DEAD:
		return 0;
	}
	return 0;
}

void
conn_watch(struct conn *c)
{
	int events = wanted(c);

	if (events == c->watching)
		return;
	/* libev compares before it tells the kernel, at the end of the turn. */
	ev_io_stop(c->loop, &c->io);
	ev_io_modify(&c->io, events);
	if (events != 0)
		ev_io_start(c->loop, &c->io);
	c->watching = (uint8_t)events;
}

void
conn_set_timer(struct conn *c, double seconds)
{
	ev_timer_stop(c->loop, &c->timer);
	ev_timer_set(&c->timer, seconds, 0.);
	ev_timer_start(c->loop, &c->timer);
}

/* Text about the peer, from the socket while there is one. */
static void
learn_address(struct conn *c)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr *sa = (struct sockaddr *)&ss;
	socklen_t len = sizeof(ss);

	if (c->address != NULL)
		return;
	if (c->io.fd == -1 || getpeername(c->io.fd, sa, &len) == -1) {
		c->address = xstrdup("unknown");
		c->peer = xstrdup("unknown");
		return;
	}
	c->address = address_host(sa);
	c->peer = address_text(sa);
	c->loopback = address_is_loopback(sa);
}

static void
forget_address(struct conn *c)
{
	free(c->address);
	free(c->peer);
	c->address = c->peer = NULL;
}

static void
release(struct conn *c)
{
	ev_timer_stop(c->loop, &c->timer);
	ev_io_stop(c->loop, &c->io);
	c->watching = 0;
	setup_destroy(c->setup);
	c->setup = NULL;
	conn_tls_free(c);
	if (c->io.fd != -1)
		close(c->io.fd);
	c->io.fd = -1;
}

static void
tell_closed(void *object)
{
	struct conn *c = object;

	if (c->state == CONN_CLOSED)
		c->events->closed(c->ctx, c->why);
}

void
conn_lost(struct conn *c, char *why)
{
	assert(c->state < CONN_CLOSED);
	learn_address(c);	/* closed may want to log it */
	release(c);
	conn_set_state(c, CONN_CLOSED);
	if (c->why != why)
		free(c->why);
	c->why = why;
	later(tell_closed, c);
}

static void
dispose(void *object)
{
	struct conn *c = object;

	buf_free(&c->out);
	forget_address(c);
	free(c->why);
	free(c->pin);
	free(c->refused);
	free(c);
}

void
conn_destroy(struct conn *c)
{
	if (c == NULL)
		return;
	assert(c->state != CONN_DEAD);
	if (c->state == CONN_OPEN && c->secure)
		conn_tls_goodbye(c);
	release(c);
	conn_set_state(c, CONN_DEAD);
	later(dispose, c);
}

void
conn_up(struct conn *c)
{
	void (*tell)(void *) = c->upgraded ? c->events->secured :
	    c->events->connected;

	ev_timer_stop(c->loop, &c->timer);
	c->blocked = false;
	conn_set_state(c, CONN_OPEN);
	conn_watch(c);
	if (tell != NULL)
		tell(c->ctx);
	if (c->state != CONN_OPEN)
		return;
	conn_send(c);
	/* TLS may have read application data along with the handshake. */
	if (c->secure)
		conn_readable(c);
}

void
conn_tcp_up(struct conn *c)
{
	setup_destroy(c->setup);
	c->setup = NULL;
	forget_address(c);
	if (c->ssl == NULL) {
		conn_up(c);
		return;
	}
	conn_set_state(c, CONN_HANDSHAKE);
	conn_handshake(c);
}

static void
accepted(void *object)
{
	struct conn *c = object;

	if (c->state == CONN_ACCEPTED)
		conn_up(c);
}

struct conn *
conn_accept(struct ev_loop *loop, int fd, struct tls *tls, double timeout,
    const struct conn_events *events, void *ctx)
{
	struct conn *c = conn_create(loop, events, ctx);

	conn_set_fd(c, fd);
	if (tls == NULL) {
		conn_set_state(c, CONN_ACCEPTED);
		later(accepted, c);
		return c;
	}
	if (conn_tls_prepare(c, tls, NULL) == -1) {
		conn_lost(c, c->why);
		return c;
	}
	conn_set_state(c, CONN_HANDSHAKE);
	conn_set_timer(c, timeout > 0 ? timeout : CONN_TIMEOUT);
	conn_watch(c);
	return c;
}

struct conn *
conn_adopt(struct ev_loop *loop, int fd, const struct conn_events *events,
    void *ctx)
{
	struct conn *c = conn_create(loop, events, ctx);

	conn_set_fd(c, fd);
	conn_set_state(c, CONN_OPEN);
	conn_watch(c);
	return c;
}

int
conn_fd(const struct conn *c)
{
	return c->state == CONN_OPEN && c->ssl == NULL ? c->io.fd : -1;
}

void
conn_freeze(struct conn *c, bool frozen)
{
	if (c->frozen == frozen || c->state >= CONN_CLOSED)
		return;
	c->frozen = frozen;
	conn_watch(c);
	if (c->state != CONN_OPEN)
		return;
	if (frozen) {
		ev_timer_stop(c->loop, &c->timer);
		return;
	}
	conn_send(c);
	if (!c->paused)
		conn_set_timer(c, 0.);	/* TLS may have something left */
}

static void
flush(void *object)
{
	struct conn *c = object;

	c->dirty = false;
	/* While blocked, the watcher calls when there is room. */
	if (!c->blocked && !c->frozen && c->state >= CONN_STARTING &&
	    c->state != CONN_HANDSHAKE && c->state <= CONN_FINISHING)
		conn_flush(c);
}

static void
flush_later(struct conn *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	later(flush, c);
}

void
conn_send(struct conn *c)
{
	if (buf_len(&c->out) == 0 || c->state >= CONN_CLOSED)
		return;
	/* Who refills as fast as the peer reads waits for the next turn, or
	 * nobody else would ever get one. */
	if (c->draining) {
		c->blocked = true;
		conn_watch(c);
		return;
	}
	flush_later(c);
}

struct buf *
conn_out(struct conn *c)
{
	return &c->out;
}

void
conn_push(struct conn *c)
{
	if (!c->blocked && (c->state == CONN_OPEN ||
	    c->state == CONN_FINISHING))
		conn_flush(c);
}

uint64_t
conn_sent(const struct conn *c)
{
	return c->sent;
}

size_t
conn_queued(const struct conn *c)
{
	return buf_len(&c->out);
}

void
conn_finish(struct conn *c, double timeout)
{
	if (c->state >= CONN_FINISHING)
		return;
	if (c->state == CONN_CONNECTING || c->state == CONN_HANDSHAKE) {
		conn_lost(c, xstrdup("closed by us"));
		return;
	}
	if (c->state == CONN_STARTING)
		conn_tls_free(c);	/* due stays: the rest was for TLS */
	else
		c->due = buf_len(&c->out);
	conn_set_state(c, CONN_FINISHING);
	conn_set_timer(c, timeout);
	conn_watch(c);
	flush_later(c);
}

void
conn_pause(struct conn *c)
{
	c->paused = true;
	if (c->state == CONN_OPEN)
		ev_timer_stop(c->loop, &c->timer);
	conn_watch(c);
}

void
conn_resume(struct conn *c)
{
	c->paused = false;
	conn_watch(c);
	/* What TLS has read already, the kernel will not announce. */
	if (c->state == CONN_OPEN && conn_tls_left(c))
		conn_set_timer(c, 0.);
}

void
conn_start_tls(struct conn *c, struct tls *tls, const char *name)
{
	const struct tls_peer peer = { .name = name };

	conn_start_tls_with(c, tls, name != NULL ? &peer : NULL);
}

const char *
conn_refused_pin(const struct conn *c)
{
	return c->refused;
}

void
conn_start_tls_with(struct conn *c, struct tls *tls,
    const struct tls_peer *peer)
{
	if (c->state > CONN_OPEN)
		return;
	assert(c->state == CONN_OPEN && c->ssl == NULL);
	if (conn_tls_prepare(c, tls, peer) == -1) {
		conn_lost(c, c->why);
		return;
	}
	c->upgraded = true;
	c->due = buf_len(&c->out);
	conn_set_state(c, CONN_STARTING);
	conn_set_timer(c, CONN_TIMEOUT);
	conn_watch(c);
	flush_later(c);
}

bool
conn_is_tls(const struct conn *c)
{
	return c->secure;
}

bool
conn_is_loopback(struct conn *c)
{
	learn_address(c);
	return c->loopback;
}

const char *
conn_peer(struct conn *c)
{
	learn_address(c);
	return c->peer;
}

const char *
conn_address(struct conn *c)
{
	learn_address(c);
	return c->address;
}
