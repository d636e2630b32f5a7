/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a name to a connected socket: resolve, then one address after the other,
 * without waiting long for any (RFC 8305 5): the first that is connected wins,
 * the others are closed.  When nothing answers, the reason says what each
 * address did. */
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
#include "util/log.h"
#include "util/xalloc.h"

#define STAGGER	0.25	/* seconds before the next address is tried, too */

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/* One address that is being connected to, or was in vain. */
struct attempt {
	ev_io		 io;		/* fd is -1 once it is over */
	struct setup	*setup;
	struct address	 to;
};

/* What is needed only until TCP is up. */
struct setup {
	struct conn	*conn;
	struct resolve	*resolve;	/* NULL once answered */
	struct attempt	*list;		/* owned */
	size_t		 n;
	size_t		 at;		/* the next to be begun; n: none left */
	size_t		 open;		/* begun and undecided */
	ev_timer	 stagger;	/* until the next is begun as well */
	struct address	 v4, v6;	/* our own; len 0: not given */
	struct address	 wish;		/* an IPv6 one that may be in vain */
	struct buf	 failures;	/* "ADDRESS: why, ADDRESS: why" */
};

static void	try_next(struct conn *);

static void
attempt_close(struct attempt *a, bool keep)
{
	if (a->io.fd == -1)
		return;
	ev_io_stop(a->setup->conn->loop, &a->io);
	if (!keep)
		close(a->io.fd);
	ev_io_set(&a->io, -1, 0);
	a->setup->open--;
}

void
setup_destroy(struct setup *s)
{
	if (s == NULL)
		return;
	ev_timer_stop(s->conn->loop, &s->stagger);
	for (size_t i = 0; i < s->n; i++)
		attempt_close(&s->list[i], false);
	resolve_cancel(s->resolve);
	buf_free(&s->failures);
	free(s->list);
	free(s);
}

static void
attempt_failed(struct attempt *a, const char *why)
{
	struct buf *b = &a->setup->failures;
	char *text = address_text((struct sockaddr *)&a->to.sa);

	if (buf_len(b) > 0)
		buf_adds(b, ", ");
	buf_addf(b, "%s: %s", text, why);
	free(text);
	attempt_close(a, false);
}

static void
won(struct attempt *a)
{
	struct conn *c = a->setup->conn;
	int fd = a->io.fd;

	attempt_close(a, true);
	conn_set_fd(c, fd);
	conn_tcp_up(c);
}

static void
on_attempt(struct ev_loop *loop, ev_io *w, int revents)
{
	struct attempt *a = CONTAINER(w, struct attempt, io);
	int code = 0;
	socklen_t len = sizeof(code);

	(void)loop, (void)revents;
	if (getsockopt(a->io.fd, SOL_SOCKET, SO_ERROR, &code, &len) == -1)
		code = errno;
	if (code == 0) {
		won(a);
		return;
	}
	attempt_failed(a, strerror(code));
	/* No need to wait for what has failed. */
	try_next(a->setup->conn);
}

/* ---- from where */

static int
bind_to(int fd, const struct address *from)
{
	int one = 1;

	/* Ports are chosen with the peer known: more of them. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (const struct sockaddr *)&from->sa, from->len);
}

/* The wished one, if the system lets us: it need not be on an interface where a
 * whole prefix is routed to this machine. */
static bool
bind_to_wish(int fd, const struct setup *s)
{
	static bool complained;
	int one = 1;

	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	if (bind_to(fd, &s->wish) == 0)
		return true;
	if (!complained)
		log_warn("addresses of users cannot be used: %s",
		    strerror(errno));
	complained = true;
	return false;
}

/* NULL, or what is in the way. */
static const char *
choose_source(const struct setup *s, int fd, int family)
{
	const struct address *own = family == AF_INET6 ? &s->v6 : &s->v4;

	if (family == AF_INET6 && s->wish.len != 0 && bind_to_wish(fd, s))
		return NULL;
	if (own->len == 0)
		return s->v4.len == 0 && s->v6.len == 0 ? NULL :
		    "not of the family of our own address";
	return bind_to(fd, own) == -1 ? strerror(errno) : NULL;
}

static int
parse_literal(const char *text, struct address *out)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST,
	}, *list;

	if (getaddrinfo(text, NULL, &hints, &list) != 0)
		return -1;
	memcpy(&out->sa, list->ai_addr, list->ai_addrlen);
	out->len = list->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

/* One literal, or one of each family. */
static int
parse_source(struct setup *s, const char *text)
{
	static const char between[] = " ,\t";
	char word[64];

	if (text == NULL)
		return 0;
	do {
		struct address a = { 0 };
		size_t len;

		text += strspn(text, between);
		len = strcspn(text, between);
		if (len >= sizeof(word))
			return -1;
		memcpy(word, text, len);
		word[len] = '\0';
		if (parse_literal(word, &a) == -1)
			return -1;
		*(a.sa.ss_family == AF_INET6 ? &s->v6 : &s->v4) = a;
		text += len;
		text += strspn(text, between);
	} while (*text != '\0');
	return 0;
}

/* ---- to where */

static void
tell_attempt(struct conn *c, const struct attempt *a)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);

	if (c->events->attempt != NULL &&
	    getsockname(a->io.fd, (struct sockaddr *)&own, &len) == 0)
		c->events->attempt(c->ctx, (struct sockaddr *)&own,
		    (const struct sockaddr *)&a->to.sa);
}

/* Begin to connect; NULL, or what is in the way. */
static const char *
begin(struct conn *c, struct attempt *a)
{
	int family = a->to.sa.ss_family, fd;
	const char *why;

	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return strerror(errno);
	ev_io_set(&a->io, fd, EV_WRITE);
	c->setup->open++;
	if ((why = choose_source(c->setup, fd, family)) != NULL)
		return why;
	if (connect(fd, (const struct sockaddr *)&a->to.sa, a->to.len) == -1 &&
	    errno != EINPROGRESS)
		return strerror(errno);
	ev_io_start(c->loop, &a->io);
	tell_attempt(c, a);
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

/* One more address, beside those that have not answered yet. */
static void
try_next(struct conn *c)
{
	struct setup *s = c->setup;
	const char *why;

	ev_timer_stop(c->loop, &s->stagger);
	while (s->at < s->n) {
		struct attempt *a = &s->list[s->at++];

		if ((why = begin(c, a)) != NULL) {
			attempt_failed(a, why);
			continue;
		}
		ev_timer_set(&s->stagger, STAGGER, 0.);
		if (s->at < s->n)
			ev_timer_start(c->loop, &s->stagger);
		return;
	}
	if (s->open == 0)
		give_up(c);
}

static void
on_stagger(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	try_next(CONTAINER(w, struct setup, stagger)->conn);
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
	for (size_t i = 0; i < s->at; i++)
		if (s->list[i].io.fd != -1)
			attempt_failed(&s->list[i], "no answer");
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
	s->list = xcalloc(n, sizeof(*s->list));
	for (size_t i = 0; i < n; i++) {
		ev_io_init(&s->list[i].io, on_attempt, -1, 0);
		s->list[i].setup = s;
		s->list[i].to = list[i];
	}
	s->n = n;
	try_next(c);
}

static int
check_target(struct conn *c, const struct conn_target *t)
{
	struct setup *s = c->setup;
	const struct tls_peer peer = {
		.name = t->tls_name != NULL ? t->tls_name : t->host,
		.certificate = t->certificate, .pin = t->pin,
		.tell_pin = t->tell_pin, .protocol = t->protocol,
	};

	if (parse_source(s, t->bind) == -1) {
		conn_lost(c, xasprintf("\"%s\" is not an address to connect "
		    "from", t->bind));
		return -1;
	}
	if (t->wished != NULL && (parse_literal(t->wished, &s->wish) == -1 ||
	    s->wish.sa.ss_family != AF_INET6))
		s->wish.len = 0;
	if (t->tls == NULL || conn_tls_prepare(c, t->tls, &peer) == 0)
		return 0;
	conn_lost(c, c->why);
	return -1;
}

struct conn *
conn_connect(struct ev_loop *loop, const struct conn_target *target,
    const struct conn_events *events, void *ctx)
{
	struct conn *c = conn_create(loop, events, ctx);
	struct setup *s = xcalloc(1, sizeof(*s));

	c->setup = s;
	s->conn = c;
	ev_init(&s->stagger, on_stagger);
	c->address = xstrdup(target->host);
	c->peer = xasprintf(strchr(target->host, ':') != NULL ? "[%s]:%s" :
	    "%s:%s", target->host, target->port);
	if (check_target(c, target) == -1)
		return c;
	conn_set_timer(c, target->timeout > 0 ? target->timeout :
	    CONN_TIMEOUT);
	s->resolve = resolve_start(loop, target->host, target->port,
	    on_resolved, c);
	return c;
}
