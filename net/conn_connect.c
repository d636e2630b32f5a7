/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a name to a connected socket: resolve, then one address after the other,
 * each with a fair part of the time that is left.  When nothing answers, the
 * reason says what each address did. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/conn_private.h"
#include "net/resolve.h"
#include "util/xalloc.h"

#define ATTEMPT_MIN	1.0	/* seconds that one address gets at least */

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/* What is needed only until TCP is up. */
struct setup {
	struct conn	*conn;
	struct resolve	*resolve;	/* NULL once answered */
	struct address	*list;		/* owned */
	size_t		 n;
	size_t		 at;		/* the one being tried; n: none left */
	ev_timer	 attempt;	/* the time of list[at] */
	struct address	 source;	/* len 0: any */
	struct buf	 failures;	/* "ADDRESS: why, ADDRESS: why" */
};

static void	try_next(struct conn *);

void
setup_destroy(struct setup *s)
{
	if (s == NULL)
		return;
	ev_timer_stop(s->conn->loop, &s->attempt);
	resolve_cancel(s->resolve);
	buf_free(&s->failures);
	free(s->list);
	free(s);
}

static void
attempt_failed(struct conn *c, const char *why)
{
	struct setup *s = c->setup;
	char *text = address_text((struct sockaddr *)&s->list[s->at].sa);

	if (buf_len(&s->failures) > 0)
		buf_adds(&s->failures, ", ");
	buf_addf(&s->failures, "%s: %s", text, why);
	free(text);
	ev_timer_stop(c->loop, &s->attempt);
	if (c->io.fd != -1) {
		ev_io_stop(c->loop, &c->io);
		c->watching = 0;
		close(c->io.fd);
		c->io.fd = -1;
	}
	s->at++;
}

static void
on_attempt_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct conn *c = CONTAINER(w, struct setup, attempt)->conn;

	(void)loop, (void)revents;
	attempt_failed(c, "no answer");
	try_next(c);
}

void
setup_ready(struct conn *c)
{
	int code = 0;
	socklen_t len = sizeof(code);

	if (getsockopt(c->io.fd, SOL_SOCKET, SO_ERROR, &code, &len) == -1)
		code = errno;
	if (code == 0) {
		conn_tcp_up(c);
		return;
	}
	attempt_failed(c, strerror(code));
	try_next(c);
}

/* Begin to connect to list[at]; NULL, or what is in the way. */
static const char *
begin(struct conn *c)
{
	struct setup *s = c->setup;
	const struct address *to = &s->list[s->at];
	int one = 1, fd;

	if (s->source.len != 0 &&
	    s->source.sa.ss_family != to->sa.ss_family)
		return "not of the family of our own address";
	fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (fd == -1)
		return strerror(errno);
	conn_set_fd(c, fd);
	if (s->source.len != 0) {
		/* Ports are chosen with the peer known: more of them. */
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		    sizeof(one));
		if (bind(fd, (struct sockaddr *)&s->source.sa,
		    s->source.len) == -1)
			return strerror(errno);
	}
	if (connect(fd, (const struct sockaddr *)&to->sa, to->len) == -1 &&
	    errno != EINPROGRESS)
		return strerror(errno);
	return NULL;
}

static void
give_up(struct conn *c)
{
	struct buf *failures = &c->setup->failures;

	buf_addc(failures, '\0');
	conn_lost(c, xasprintf("cannot connect to %s (%s)", conn_peer(c),
	    buf_data(failures)));
}

static void
try_next(struct conn *c)
{
	struct setup *s = c->setup;
	const char *why;
	double fair;

	while (s->at < s->n) {
		if ((why = begin(c)) != NULL) {
			attempt_failed(c, why);
			continue;
		}
		fair = ev_timer_remaining(c->loop, &c->timer) /
		    (double)(s->n - s->at);
		ev_timer_set(&s->attempt, fair > ATTEMPT_MIN ? fair :
		    ATTEMPT_MIN, 0.);
		/* The last one has the time of the whole. */
		if (s->at + 1 < s->n)
			ev_timer_start(c->loop, &s->attempt);
		conn_watch(c);
		return;
	}
	give_up(c);
}

void
setup_expired(struct conn *c)
{
	struct setup *s = c->setup;

	if (s->resolve != NULL) {
		conn_lost(c, xasprintf("cannot connect to %s: the name was "
		    "not resolved in time", conn_peer(c)));
		return;
	}
	attempt_failed(c, "no answer");
	give_up(c);
}

static void
on_resolved(void *ctx, const struct address *list, size_t n, const char *why)
{
	struct conn *c = ctx;
	struct setup *s = c->setup;

	s->resolve = NULL;
	if (n == 0) {
		conn_lost(c, xstrdup(why));
		return;
	}
	s->list = xreallocarray(NULL, n, sizeof(*list));
	memcpy(s->list, list, n * sizeof(*list));
	s->n = n;
	try_next(c);
}

static int
parse_source(struct setup *s, const char *text)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST,
	}, *list;

	if (text == NULL)
		return 0;
	if (getaddrinfo(text, NULL, &hints, &list) != 0)
		return -1;
	memcpy(&s->source.sa, list->ai_addr, list->ai_addrlen);
	s->source.len = list->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

struct conn *
conn_connect(struct ev_loop *loop, const struct conn_target *target,
    const struct conn_events *events, void *ctx)
{
	struct conn *c = conn_create(loop, events, ctx);
	struct setup *s = xcalloc(1, sizeof(*s));

	c->setup = s;
	s->conn = c;
	ev_init(&s->attempt, on_attempt_timeout);
	c->address = xstrdup(target->host);
	c->peer = xasprintf(strchr(target->host, ':') != NULL ? "[%s]:%s" :
	    "%s:%s", target->host, target->port);
	if (parse_source(s, target->bind) == -1) {
		conn_lost(c, xasprintf("\"%s\" is not an address to connect "
		    "from", target->bind));
		return c;
	}
	if (target->tls != NULL && conn_tls_prepare(c, target->tls, true,
	    target->tls_name != NULL ? target->tls_name :
	    target->host) == -1) {
		conn_lost(c, c->why);
		return c;
	}
	conn_set_timer(c, target->timeout > 0 ? target->timeout :
	    CONN_TIMEOUT);
	s->resolve = resolve_start(loop, target->host, target->port,
	    on_resolved, c);
	return c;
}
