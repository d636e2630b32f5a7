/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sock.c - Sockets, and the one loop. */
#include "gwbench.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

static void
set_nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void
ep_add(struct ep *e)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = e};
	if (epoll_ctl(g_ep, EPOLL_CTL_ADD, e->fd, &ev))
		die("epoll_ctl: %s", strerror(errno));
}

void
ep_listen(struct ep *e, int kind, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	e->kind = kind;
	e->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(e->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(e->fd, (struct sockaddr *)&a, sizeof a) || listen(e->fd, 4096))
		die("port %d: %s", port, strerror(errno));
	set_nonblock(e->fd);
	ep_add(e);
}

void
mark_dirty(struct ep *e)
{
	if (e->dirty || e->dead)
		return;
	e->dirty = true;
	e->dnext = g_dirty;
	g_dirty = e;
}

void
ep_close(struct ep *e)
{
	if (e->dead)
		return;
	e->dead = true;
	epoll_ctl(g_ep, EPOLL_CTL_DEL, e->fd, NULL);
	close(e->fd);
	if (g_dead.n == g_dead.cap) {
		g_dead.cap = g_dead.cap ? g_dead.cap * 2 : 64;
		g_dead.v = realloc(g_dead.v, g_dead.cap * sizeof *g_dead.v);
	}
	g_dead.v[g_dead.n++] = e;
}

void
ep_flush(struct ep *e)
{
	while (!e->dead && buf_size(&e->out)) {
		ssize_t n = send(
		    e->fd, buf_data(&e->out), buf_size(&e->out), MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN) {
				buf_eat(&e->out, buf_size(&e->out));
				return;
			} /* the read side sees it close */
			break;
		}
		buf_eat(&e->out, (size_t)n);
	}
	bool w = buf_size(&e->out) > 0;
	if (w != e->want_out && !e->dead) {
		struct epoll_event ev = {
		    .events = EPOLLIN | (w ? EPOLLOUT : 0), .data.ptr = e};
		epoll_ctl(g_ep, EPOLL_CTL_MOD, e->fd, &ev);
		e->want_out = w;
	}
}

static void
accept_all(struct ep *l)
{
	for (;;) {
		int fd = accept(l->fd, NULL, NULL);
		if (fd < 0)
			return;
		set_nonblock(fd);
		if (l->kind == K_LISTEN_X) {
			struct ep *e = calloc(1, sizeof *e);
			if (g_x)
				ep_close(g_x);
			e->kind = K_XMPP;
			e->fd = fd;
			g_x = e;
			g_auth = false;
			xframer_reset(&g_fr);
			ep_add(e);
			note("component connected");
		} else {
			struct ircconn *c = calloc(1, sizeof *c);
			c->e.kind = K_IRC;
			c->e.fd = fd;
			g_n.irc_conns++;
			ep_add(&c->e);
		}
	}
}

static void
handle(struct ep *e, uint32_t evs)
{
	if (e->dead)
		return;
	if (e->kind == K_LISTEN_X || e->kind == K_LISTEN_I) {
		accept_all(e);
		return;
	}
	if (evs & EPOLLOUT)
		ep_flush(e);
	if (!(evs & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	bool eof = false;
	for (int k = 0; k < 4; k++) {
		buf_need(&e->in, 65536);
		ssize_t n =
		    recv(e->fd, e->in.p + e->in.len, e->in.cap - e->in.len, 0);
		if (n > 0) {
			int one = 1; /* keep our delayed ACKs from stalling a
					gateway that leaves Nagle on */
			if (!o.no_quickack)
				setsockopt(e->fd, IPPROTO_TCP, TCP_QUICKACK,
				    &one, sizeof one);
			bool full = (size_t)n == e->in.cap - e->in.len;
			e->in.len += (size_t)n;
			if (!full)
				break;
		} else if (n < 0 && errno == EINTR)
			continue;
		else {
			if (n == 0 || errno != EAGAIN)
				eof = true;
			break;
		}
	}
	if (e->kind == K_XMPP)
		x_input(e);
	else
		irc_input((struct ircconn *)e);
	if (eof && !e->dead) {
		if (e == g_x) {
			note("component disconnected");
			g_x = NULL;
			g_auth = false;
		}
		ep_close(e);
	}
}

static void
flush_all(void)
{
	while (g_dirty) {
		struct ep *e = g_dirty;
		g_dirty = e->dnext;
		e->dirty = false;
		if (!e->dead)
			ep_flush(e);
	}
	for (size_t i = 0; i < g_dead.n;
	     i++) { /* nobody points at these any more */
		struct ep *e = g_dead.v[i];
		buf_free(&e->in);
		buf_free(&e->out);
		if (e->kind == K_IRC) {
			struct ircconn *c = (struct ircconn *)e;
			irc_gone(c);
			free(c->ch);
		}
	}
	bool again = g_dirty != NULL;
	for (size_t i = 0; i < g_dead.n; i++)
		free(g_dead.v[i]);
	g_dead.n = 0;
	if (again)
		flush_all();
}

void
reap(void)
{
	int st;
	pid_t p;
	while ((p = waitpid(-1, &st, WNOHANG)) > 0)
		if (p == g_gw) {
			g_gw_gone = true;
			note("gateway exited: %s %d",
			    WIFSIGNALED(st) ? "signal" : "status",
			    WIFSIGNALED(st) ? WTERMSIG(st) : WEXITSTATUS(st));
		}
}

/* run the loop until cond() or the deadline; true when cond() held */
bool
run_until(bool (*cond)(void), double limit_s)
{
	uint64_t end = now_ns() + (uint64_t)(limit_s * 1e9);
	static uint64_t last_reap;
	for (;;) {
		if (cond && cond()) {
			flush_all();
			return true;
		}
		uint64_t t = now_ns();
		if (t >= end)
			return false;
		uint64_t to = end - t;
		if (T.on && !T.closed_loop && T.gap_ns > 0) {
			while ((double)t >= T.next_ns) {
				send_one();
				T.next_ns += T.gap_ns;
			}
			uint64_t w = (uint64_t)(T.next_ns - (double)t);
			if (w < to)
				to = w;
		}
		flush_all();
		if (to > 100000000u)
			to = 100000000u;
		struct timespec ts = {
		    (time_t)(to / 1000000000u), (long)(to % 1000000000u)};
		struct epoll_event ev[256];
		int n = epoll_pwait2(g_ep, ev, 256, &ts, NULL);
		for (int i = 0; i < n; i++)
			handle(ev[i].data.ptr, ev[i].events);
		flush_all();
		if (t - last_reap > 100000000u) {
			reap();
			last_reap = t;
		}
	}
}
