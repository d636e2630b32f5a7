/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that accept: one for each address that a name stands for.  What is
 * accepted belongs to whoever asked for it. */
#include "net/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define SOCKETS_MAX	4
#define ACCEPTS		64	/* a turn, so that others get theirs */
#define PAUSE		1.0	/* seconds, when descriptors have run out */

struct listener {
	struct ev_loop	*loop;
	listener_accept	*accept;
	void		*ctx;
	ev_io		 io[SOCKETS_MAX];
	size_t		 n;
	ev_timer	 pause;
	unsigned	 port;
	bool		 complained;	/* about the descriptors, this time */
	bool		 dead;		/* destroyed; freed after the turn */
};

static void
start(struct listener *l)
{
	for (size_t i = 0; i < l->n; i++)
		ev_io_start(l->loop, &l->io[i]);
}

static void
stop(struct listener *l)
{
	for (size_t i = 0; i < l->n; i++)
		ev_io_stop(l->loop, &l->io[i]);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	start(CONTAINER(w, struct listener, pause));
}

static void
out_of_room(struct listener *l, int code)
{
	if (!l->complained)
		log_error("listener on port %u: %s; new connections wait",
		    l->port, strerror(code));
	l->complained = true;
	stop(l);
	ev_timer_set(&l->pause, PAUSE, 0.);
	ev_timer_start(l->loop, &l->pause);
}

static void
accept_some(struct listener *l, int listening)
{
	int fd;

	for (int i = 0; i < ACCEPTS && !l->dead; i++) {
		fd = accept4(listening, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1) {
			l->complained = false;
			l->accept(l->ctx, fd);
			continue;
		}
		switch (errno) {
		case EAGAIN:
			return;
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			out_of_room(l, errno);
			return;
		}
		/* Anything else is the trouble of that one connection. */
	}
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop, (void)revents;
	accept_some(w->data, w->fd);
}

static unsigned
bound_port(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return 0;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
}

/* A listening socket, or -1 and errno. */
static int
open_socket(const struct addrinfo *ai, bool v6only)
{
	int one = 1, only = v6only, code, fd;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	code = errno;
	close(fd);
	errno = code;
	return -1;
}

/* The addresses of one name share a port, also one that the kernel chose. */
static void
set_port(struct addrinfo *ai, unsigned port)
{
	if (ai->ai_family == AF_INET)
		((struct sockaddr_in *)(void *)ai->ai_addr)->sin_port =
		    htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)(void *)ai->ai_addr)->sin6_port =
		    htons((uint16_t)port);
}

static void
add_socket(struct listener *l, int fd)
{
	ev_io *w = &l->io[l->n++];

	if (l->port == 0)
		l->port = bound_port(fd);
	ev_io_init(w, on_readable, fd, EV_READ);
	w->data = l;
}

static void
open_all(struct listener *l, struct addrinfo *list, bool v6only, char **why)
{
	char *text;
	int fd;

	for (struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		if (l->n == SOCKETS_MAX || (ai->ai_family != AF_INET &&
		    ai->ai_family != AF_INET6))
			continue;
		set_port(ai, l->port);
		if ((fd = open_socket(ai, v6only)) != -1) {
			add_socket(l, fd);
			continue;
		}
		if (*why != NULL)
			continue;
		text = address_text(ai->ai_addr);
		*why = xasprintf("%s: %s", text, strerror(errno));
		free(text);
	}
}

static void
open_name(struct listener *l, const char *address, char **why)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE,
	}, *list;
	bool everything = strcmp(address, "::") == 0;
	int code;

	if (l->port > 65535) {
		*why = xasprintf("%s: there is no port %u", address, l->port);
		return;
	}
	if ((code = getaddrinfo(address, NULL, &hints, &list)) != 0) {
		*why = xasprintf("%s: %s", address, gai_strerror(code));
		return;
	}
	open_all(l, list, !everything, why);
	freeaddrinfo(list);
	/* On a machine without IPv6 "everything" is all of IPv4. */
	if (everything && l->n == 0 && errno == EAFNOSUPPORT) {
		free(*why);
		*why = NULL;
		open_name(l, "0.0.0.0", why);
	}
}

struct listener *
listener_create(struct ev_loop *loop, const char *address, unsigned port,
    listener_accept *accept, void *ctx, char **why)
{
	struct listener *l = xcalloc(1, sizeof(*l));
	char *failure = NULL;

	l->loop = loop;
	l->port = port;
	l->accept = accept;
	l->ctx = ctx;
	ev_init(&l->pause, on_pause_over);
	open_name(l, address, &failure);
	if (l->n == 0) {
		*why = failure;
		free(l);
		return NULL;
	}
	/* Names such as localhost often stand for more than there is. */
	free(failure);
	start(l);
	return l;
}

void
listener_handover(const struct listener *l, struct packer *p, const char *key)
{
	pack_list(p, key);
	for (size_t i = 0; i < l->n; i++)
		pack_fd(p, NULL, l->io[i].fd);
	pack_end(p);
}

struct listener *
listener_adopt(struct ev_loop *loop, const struct packed *list,
    listener_accept *accept, void *ctx)
{
	struct listener *l = xcalloc(1, sizeof(*l));
	int fd;

	l->loop = loop;
	l->accept = accept;
	l->ctx = ctx;
	ev_init(&l->pause, on_pause_over);
	for (size_t i = 0; i < packed_count(list) && l->n < SOCKETS_MAX; i++)
		if ((fd = packed_fd(packed_at(list, i), NULL)) != -1)
			add_socket(l, fd);
	if (l->n == 0) {
		free(l);
		return NULL;
	}
	start(l);
	return l;
}

void
listener_freeze(struct listener *l, bool frozen)
{
	if (frozen)
		stop(l);
	else if (!ev_is_active(&l->pause))
		start(l);
}

unsigned
listener_port(const struct listener *l)
{
	return l->port;
}

void
listener_destroy(struct listener *l)
{
	if (l == NULL)
		return;
	stop(l);
	ev_timer_stop(l->loop, &l->pause);
	for (size_t i = 0; i < l->n; i++)
		close(l->io[i].fd);
	l->dead = true;
	later_free(l);
}
