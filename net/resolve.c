/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One c-ares channel a loop, its sockets and its timer as libev watchers.
 * c-ares may answer from inside the question, so every answer is kept until
 * the end of the turn; it cannot forget one question, so a cancelled one is
 * only marked and freed when its answer comes. */
#include "net/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve_private.h"
#include "util/later.h"
#include "util/xalloc.h"

#define ADDRESSES_MAX	8

struct socket {
	struct socket	*next;
	struct channel	*channel;
	ev_io		 io;
};

struct resolve {
	struct channel	*channel;	/* NULL: answered without DNS */
	resolve_done	*done;		/* NULL: cancelled */
	void		*ctx;
	char		*host;
	struct address	 list[ADDRESSES_MAX];
	size_t		 n;
	char		*why;		/* owned; when n is 0 */
};

static struct channel *channels;

void
resolve_arm(struct channel *ch)
{
	struct timeval tv;

	ev_timer_stop(ch->loop, &ch->timer);
	if (ares_timeout(ch->servers.ares, NULL, &tv) == NULL)
		return;
	ev_timer_set(&ch->timer, (double)tv.tv_sec +
	    (double)tv.tv_usec / 1e6 + 0.001, 0.);
	ev_timer_start(ch->loop, &ch->timer);
}

static void
on_socket(struct ev_loop *loop, ev_io *w, int revents)
{
	struct channel *ch = CONTAINER(w, struct socket, io)->channel;
	int fd = w->fd;

	(void)loop;
	/* The socket may be freed by what comes of it. */
	ares_process_fd(ch->servers.ares,
	    (revents & EV_READ) ? fd : ARES_SOCKET_BAD,
	    (revents & EV_WRITE) ? fd : ARES_SOCKET_BAD);
	resolve_arm(ch);
}

static void
on_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct channel *ch = CONTAINER(w, struct channel, timer);

	(void)loop, (void)revents;
	ares_process_fd(ch->servers.ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	resolve_arm(ch);
}

static void
socket_gone(struct channel *ch, struct socket **at)
{
	struct socket *s = *at;

	ev_io_stop(ch->loop, &s->io);
	*at = s->next;
	later_free(s);
}

static void
on_socket_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct channel *ch = ctx;
	struct socket **at = &ch->sockets, *s;

	while (*at != NULL && (*at)->io.fd != fd)
		at = &(*at)->next;
	if (!readable && !writable) {
		if (*at != NULL)
			socket_gone(ch, at);
		return;
	}
	if ((s = *at) == NULL) {
		s = *at = xcalloc(1, sizeof(*s));
		s->channel = ch;
		ev_init(&s->io, on_socket);
	}
	ev_io_stop(ch->loop, &s->io);
	ev_io_set(&s->io, fd, (readable ? EV_READ : 0) |
	    (writable ? EV_WRITE : 0));
	ev_io_start(ch->loop, &s->io);
}

struct channel *
resolve_channel(struct ev_loop *loop)
{
	struct channel *ch = channels;

	while (ch != NULL && ch->loop != loop)
		ch = ch->next;
	if (ch != NULL)
		return ch;
	ch = xcalloc(1, sizeof(*ch));
	ch->loop = loop;
	ch->next = channels;
	channels = ch;
	ev_init(&ch->timer, on_timeout);
	return ch;
}

int
resolve_refresh(struct channel *ch)
{
	return nameservers_refresh(&ch->servers, on_socket_state, ch);
}

static void
answer(void *object)
{
	struct resolve *r = object;

	if (r->done != NULL)
		r->done(r->ctx, r->list, r->n, r->why);
	free(r->host);
	free(r->why);
	free(r);
}

static void
add_address(struct resolve *r, const struct sockaddr *sa, socklen_t len)
{
	struct address *a;

	if (r->n == ADDRESSES_MAX || len > sizeof(a->sa) ||
	    (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
		return;
	a = &r->list[r->n++];
	memcpy(&a->sa, sa, len);
	a->len = len;
}

/* RFC 8305 4: the families take turns, beginning with the better one, so that
 * a network that is only half there costs one attempt. */
static void
add_in_turns(struct resolve *r, const struct ares_addrinfo_node *first)
{
	const struct ares_addrinfo_node *at[2] = { first, first };
	int family = first != NULL ? first->ai_family : AF_UNSPEC;

	for (int turn = 0; at[0] != NULL || at[1] != NULL; turn ^= 1) {
		const struct ares_addrinfo_node **next = &at[turn];

		while (*next != NULL &&
		    ((*next)->ai_family == family) != (turn == 0))
			*next = (*next)->ai_next;
		if (*next == NULL)
			continue;
		add_address(r, (*next)->ai_addr, (*next)->ai_addrlen);
		*next = (*next)->ai_next;
	}
}

static void
on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *result)
{
	struct resolve *r = ctx;

	(void)timeouts;
	r->channel->servers.queries--;
	if (status == ARES_SUCCESS && result != NULL)
		add_in_turns(r, result->nodes);
	if (result != NULL)
		ares_freeaddrinfo(result);
	if (r->n == 0)
		r->why = xasprintf("%s: %s", r->host, nameservers_explain(
		    status == ARES_SUCCESS ? ARES_ENODATA : status));
	later(answer, r);
}

/* An address written as such, or a port that is none. */
static bool
answer_literal(struct resolve *r, const char *port)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	}, *list;
	char *end;
	long number = strtol(port, &end, 10);

	if (*port < '0' || *port > '9' || *end != '\0' || number < 1 ||
	    number > 65535) {
		r->why = xasprintf("%s: \"%s\" is not a port", r->host, port);
		return true;
	}
	if (getaddrinfo(r->host, port, &hints, &list) != 0)
		return false;
	add_address(r, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	return true;
}

struct resolve *
resolve_start(struct ev_loop *loop, const char *host, const char *port,
    resolve_done *done, void *ctx)
{
	struct ares_addrinfo_hints hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_ENVHOSTS,
	};
	struct resolve *r = xcalloc(1, sizeof(*r));
	int status;

	r->done = done;
	r->ctx = ctx;
	r->host = xstrdup(host);
	if (answer_literal(r, port)) {
		later(answer, r);
		return r;
	}
	r->channel = resolve_channel(loop);
	status = resolve_refresh(r->channel);
	r->channel->servers.queries++;
	if (status != ARES_SUCCESS) {
		on_answer(r, status, 0, NULL);
		return r;
	}
	ares_getaddrinfo(r->channel->servers.ares, host, port, &hints,
	    on_answer, r);
	resolve_arm(r->channel);
	return r;
}

void
resolve_cancel(struct resolve *r)
{
	if (r != NULL)
		r->done = NULL;
}
