/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process tells the servers?  The one that has a name in the abstract
 * namespace of unix sockets: the kernel gives it to one process at a time and
 * takes it back at its death, whatever that was. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "backends/irc/identd.h"
#include "util/log.h"
#include "util/xalloc.h"

#define RETRY		1.0	/* seconds */
#define PEERS_MAX	256

/* Another process that announces to us. */
struct peer {
	struct peer	*next;
	struct keeper	*keeper;
	ev_io		 io;
	struct ident	*list;
};

struct keeper {
	struct identd	*identd;
	struct sockaddr_un name;
	socklen_t	 name_len;
	/* As the keeper: listens.  Otherwise: to the keeper; fd -1: none. */
	ev_io		 io;
	bool		 elected;
	ev_timer	 retry;
	struct peer	*peers;
	unsigned	 npeers;
};

static void	elect(struct keeper *);

/* ---- as the keeper */

static void
peer_gone(struct peer *p)
{
	struct keeper *k = p->keeper;
	struct peer **at = &k->peers;
	struct ident *i;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	k->npeers--;
	ev_io_stop(k->identd->loop, &p->io);
	close(p->io.fd);
	while ((i = p->list) != NULL) {
		p->list = i->next;
		identd_remove(k->identd, i);
		free(i);
	}
	free(p);
}

static void
peer_adds(struct peer *p, const char *key, const char *reply)
{
	struct ident *i = xcalloc(1, sizeof(*i));

	snprintf(i->key, sizeof(i->key), "%.79s", key);
	snprintf(i->reply, sizeof(i->reply), "%.32s", reply);
	if (!identd_put(p->keeper->identd, i)) {
		free(i);
		return;
	}
	i->next = p->list;
	p->list = i;
}

static void
peer_removes(struct peer *p, const char *key)
{
	struct ident **at = &p->list, *i;

	while (*at != NULL && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	if ((i = *at) == NULL)
		return;
	*at = i->next;
	identd_remove(p->keeper->identd, i);
	free(i);
}

/* "+KEY REPLY" or "-KEY" */
static void
on_peer(struct ev_loop *loop, ev_io *w, int revents)
{
	struct peer *p = CONTAINER(w, struct peer, io);
	char text[IDENT_KEY + IDENT_REPLY + 2], *space;
	ssize_t n = recv(w->fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	(void)loop, (void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 1) {
		peer_gone(p);
		return;
	}
	text[n] = '\0';
	space = strchr(text, ' ');
	if (space != NULL)
		*space++ = '\0';
	if (text[0] == '+' && space != NULL)
		peer_adds(p, text + 1, space);
	else if (text[0] == '-')
		peer_removes(p, text + 1);
}

static bool
is_one_of_us(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	    who.uid == geteuid();
}

static void
on_listen(struct keeper *k)
{
	int fd = accept4(k->io.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer *p;

	if (fd == -1)
		return;
	if (!is_one_of_us(fd) || k->npeers >= PEERS_MAX) {
		close(fd);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->keeper = k;
	p->next = k->peers;
	k->peers = p;
	k->npeers++;
	ev_io_init(&p->io, on_peer, fd, EV_READ);
	ev_io_start(k->identd->loop, &p->io);
}

/* ---- as one of the others */

static void
lose(struct keeper *k)
{
	if (k->io.fd == -1)
		return;
	ev_io_stop(k->identd->loop, &k->io);
	close(k->io.fd);
	ev_io_set(&k->io, -1, 0);
	ev_timer_stop(k->identd->loop, &k->retry);
	ev_timer_set(&k->retry, k->elected ? RETRY : 0.01, 0);
	ev_timer_start(k->identd->loop, &k->retry);
}

void
keeper_tell(struct keeper *k, const struct ident *i, bool gone)
{
	char text[IDENT_KEY + IDENT_REPLY + 2];
	int n;

	if (k->elected || k->io.fd == -1)
		return;
	n = gone ? snprintf(text, sizeof(text), "-%s", i->key) :
	    snprintf(text, sizeof(text), "+%s %s", i->key, i->reply);
	/* When it does not keep up it is told everything anew. */
	if (send(k->io.fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		lose(k);
}

static void
tell_all(struct keeper *k)
{
	struct ident *i;
	size_t at = 0;

	while (k->io.fd != -1 &&
	    (i = map_next(&k->identd->known, &at)) != NULL)
		keeper_tell(k, i, false);
}

/* ---- which of both */

static void
on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct keeper *k = CONTAINER(w, struct keeper, io);

	(void)loop, (void)revents;
	if (k->elected)
		on_listen(k);
	else
		lose(k);	/* it says nothing: this is its end */
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	elect(CONTAINER(w, struct keeper, retry));
}

static void
elect(struct keeper *k)
{
	const struct sockaddr *name = (const struct sockaddr *)&k->name;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);

	if (fd != -1)
		ev_io_set(&k->io, fd, EV_READ);
	k->elected = fd != -1 && bind(fd, name, k->name_len) == 0 &&
	    listen(fd, 64) == 0;
	if (fd == -1 || (!k->elected &&
	    (connect(fd, name, k->name_len) == -1 || !is_one_of_us(fd)))) {
		if (fd != -1)
			close(fd);
		ev_io_set(&k->io, -1, 0);
		ev_timer_set(&k->retry, RETRY, 0);
		ev_timer_start(k->identd->loop, &k->retry);
		return;
	}
	ev_io_start(k->identd->loop, &k->io);
	if (!k->elected) {
		tell_all(k);
		return;
	}
	log_debug("identd: this process answers");
	k->identd->answers = answers_create(k->identd);
	if (k->identd->file != NULL)
		identd_write(k->identd);
}

struct keeper *
keeper_create(struct identd *d, const char *instance)
{
	struct keeper *k = xcalloc(1, sizeof(*k));
	int n;

	d->keeper = k;
	k->identd = d;
	k->name.sun_family = AF_UNIX;
	n = snprintf(k->name.sun_path + 1, sizeof(k->name.sun_path) - 1,
	    "spectrum2-identd/%u/%u/%.60s", (unsigned)geteuid(), d->port,
	    instance);
	k->name_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)n);
	ev_io_init(&k->io, on_io, -1, EV_READ);
	ev_timer_init(&k->retry, on_retry, 0, 0);
	elect(k);
	return k;
}

void
keeper_destroy(struct keeper *k)
{
	while (k->peers != NULL)
		peer_gone(k->peers);
	lose(k);
	ev_timer_stop(k->identd->loop, &k->retry);
	free(k);
}
