/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The port of RFC 1413: one question, one answer, for anybody who asks about a
 * connection between himself and us, and quickly over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/identd.h"
#include "net/conn.h"
#include "net/listener.h"
#include "util/log.h"
#include "util/xalloc.h"

#define ASKERS_MAX	200
#define QUESTION_MAX	100	/* bytes */
#define TIMEOUT		10.0	/* seconds for the question */
/* A process may not have told us yet; nobody guesses quickly, either. */
#define SECOND_LOOK	0.3
#define RETRY		10.0	/* seconds, when the port is taken */

struct asker {
	struct asker	*next;
	struct answers	*answers;
	struct conn	*conn;
	ev_timer	 timer;		/* of the question, then of the answer */
	bool		 asked;
	unsigned	 ports[2];
	char		 key[IDENT_KEY];
};

struct answers {
	struct identd	*identd;
	struct listener	*listener;	/* NULL: none, or not yet */
	ev_timer	 retry;
	bool		 complained;
	struct asker	*askers;
	unsigned	 n;
};

static void
asker_gone(struct asker *a)
{
	struct asker **at = &a->answers->askers;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	a->answers->n--;
	ev_timer_stop(a->answers->identd->loop, &a->timer);
	conn_destroy(a->conn);
	free(a);
}

static unsigned
port_at(const char **at)
{
	char *end;
	unsigned long n;

	*at += strspn(*at, " \t");
	if (**at < '0' || **at > '9')
		return 0;
	n = strtoul(*at, &end, 10);
	*at = end + strspn(end, " \t");
	return n <= 65535 ? (unsigned)n : 0;
}

bool
answers_parse(const char *line, const char *address, char key[IDENT_KEY],
    unsigned ports[2])
{
	ports[0] = port_at(&line);
	if (ports[0] == 0 || *line++ != ',')
		return false;
	ports[1] = port_at(&line);
	if (ports[1] == 0 || (*line != '\0' && *line != '\r'))
		return false;
	snprintf(key, IDENT_KEY, "%u,%u,%.60s", ports[0], ports[1], address);
	return true;
}

static void
answer(struct asker *a, bool last)
{
	const struct ident *i = identd_find(a->answers->identd, a->key);

	if (i == NULL && !last) {
		ev_timer_stop(a->answers->identd->loop, &a->timer);
		ev_timer_set(&a->timer, SECOND_LOOK, 0);
		ev_timer_start(a->answers->identd->loop, &a->timer);
		return;
	}
	if (i != NULL)
		buf_addf(conn_out(a->conn), "%u , %u : USERID : UNIX : %s\r\n",
		    a->ports[0], a->ports[1], i->reply);
	else
		buf_addf(conn_out(a->conn), "%u , %u : ERROR : NO-USER\r\n",
		    a->ports[0], a->ports[1]);
	conn_send(a->conn);
	conn_finish(a->conn, 2);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct asker *a = CONTAINER(w, struct asker, timer);

	(void)loop, (void)revents;
	if (a->asked)
		answer(a, true);
	else
		asker_gone(a);
}

/* A question comes in one piece; whoever sends less is nobody's server. */
static void
on_data(void *ctx, const char *data, size_t len)
{
	struct asker *a = ctx;
	char line[QUESTION_MAX];
	const char *end = memchr(data, '\n', len);

	if (a->asked)
		return;
	if (end == NULL || end - data >= QUESTION_MAX) {
		asker_gone(a);
		return;
	}
	memcpy(line, data, (size_t)(end - data));
	line[end - data] = '\0';
	if (!answers_parse(line, conn_address(a->conn), a->key, a->ports)) {
		asker_gone(a);
		return;
	}
	a->asked = true;
	answer(a, false);
}

static void
on_closed(void *ctx, const char *why)
{
	(void)why;
	asker_gone(ctx);
}

static const struct conn_events events = {
	.data = on_data, .closed = on_closed,
};

static void
on_accept(void *ctx, int fd)
{
	struct answers *s = ctx;
	struct asker *a = xcalloc(1, sizeof(*a));

	a->answers = s;
	a->next = s->askers;
	s->askers = a;
	s->n++;
	a->conn = conn_accept(s->identd->loop, fd, NULL, 0, &events, a);
	ev_timer_init(&a->timer, on_timer, TIMEOUT, 0);
	ev_timer_start(s->identd->loop, &a->timer);
	if (s->n > ASKERS_MAX)
		asker_gone(a);
}

static void
open_port(struct answers *s)
{
	const struct identd *d = s->identd;
	char *why = NULL;

	if (d->port == 0)
		return;
	s->listener = listener_create(d->loop, d->bind, d->port, on_accept, s,
	    &why);
	if (s->listener != NULL)
		return;
	if (!s->complained)
		log_error("[service] irc_identd_port: %s", why);
	s->complained = true;
	free(why);
	ev_timer_set(&s->retry, RETRY, 0);
	ev_timer_start(d->loop, &s->retry);
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	open_port(CONTAINER(w, struct answers, retry));
}

struct answers *
answers_create(struct identd *d)
{
	struct answers *s = xcalloc(1, sizeof(*s));

	s->identd = d;
	ev_timer_init(&s->retry, on_retry, 0, 0);
	open_port(s);
	return s;
}

void
answers_destroy(struct answers *s)
{
	if (s == NULL)
		return;
	while (s->askers != NULL)
		asker_gone(s->askers);
	listener_destroy(s->listener);
	ev_timer_stop(s->identd->loop, &s->retry);
	free(s);
}
