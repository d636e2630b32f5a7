/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which messages wait, how long, and when do they leave?  A person who writes
 * while the server restarts would rather have that wait a little than write it
 * again; but the main process must have its answer in time, and the message
 * may still have to wait its turn in the queue of the link (said.c).
 *
 * What is said to one person or room stays in order: whenever something can
 * be sent outbox_move() is called, before anything newer comes. */
#include "backends/irc/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/command.h"
#include "backends/irc/console.h"
#include "backends/irc/said.h"
#include "util/xalloc.h"

#define WAITING_MAX	100		/* messages */
#define BYTES_MAX	(256 * 1024)	/* of their texts */
/* Of the time that the main process awaits the answer.  Before the first
 * welcome there is nothing queued that would need the rest. */
#define SHARE		(1 / 3.0)
#define SHARE_OF_FIRST	(2 / 3.0)

struct waiting {
	TAILQ_ENTRY(waiting) entry;
	request_t	 request;
	double		 came, until;	/* ev_now() */
	struct msg_send	 m;		/* what speech.c reads; in data */
	struct msg_reply reply;
	const char	*name;		/* in data */
	size_t		 size;
	char		 data[];
};

enum fate { SEND, WAIT, REFUSE };

static void expire(struct network *);

/* ---- now */

static bool
is_for_room(const struct msg_send *m)
{
	return strcmp(m->kind, "chat") != 0;
}

static enum fate
fate_of(const struct network *n, const struct msg_send *m, const char *name)
{
	const struct channel *c;

	if (is_for_room(m)) {
		if ((c = network_channel(n, name)) == NULL)
			return REFUSE;
		if (c->state != CHANNEL_JOINED)
			return WAIT;
	}
	return n->state == NETWORK_ONLINE ? SEND : WAIT;
}

static void
say(struct network *n, request_t request, const struct msg_send *m,
    const char *name, double came)
{
	struct channel *c = is_for_room(m) ? network_channel(n, name) : NULL;

	if (*name == '\0') {
		console_typed(n, request, m->body, *m->to == '\0');
	} else if (c == NULL) {
		if (!command_run(n, request, NULL, name, m->body, came))
			said_send(n, request, m, name, NULL, came);
	} else if (strcmp(m->kind, "private") == 0) {
		if (channel_member(c, n->is.casemap, m->to) == NULL)
			up_error(request, ERR_NOT_FOUND,
			    "nobody of that name here");
		else
			said_send(n, request, m, m->to, c, came);
	} else if (!command_run(n, request, c, NULL, m->body, came)) {
		said_send(n, request, m, c->name, NULL, came);
	}
}

/* ---- later */

static void
on_expiry(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	expire(w->data);
}

void
outbox_init(struct network *n)
{
	TAILQ_INIT(&n->outbox.list);
	ev_init(&n->outbox.expiry, on_expiry);
	n->outbox.expiry.data = n;
}

/* The clock runs until the first of them has waited enough. */
static void
arm(struct network *n)
{
	struct outbox *o = &n->outbox;
	const struct waiting *w = TAILQ_FIRST(&o->list);
	double until, left;

	ev_timer_stop(n->irc->loop, &o->expiry);
	if (w == NULL)
		return;
	until = w->until;
	TAILQ_FOREACH(w, &o->list, entry)
		until = w->until < until ? w->until : until;
	left = until - ev_now(n->irc->loop);
	ev_timer_set(&o->expiry, left > 0.01 ? left : 0.01, 0);
	ev_timer_start(n->irc->loop, &o->expiry);
}

static const char *
keep(struct waiting *w, const char *s)
{
	char *at = w->data + w->size;
	size_t size;

	if (s == NULL)
		return NULL;
	size = strlen(s) + 1;
	w->size += size;
	return memcpy(at, s, size);
}

static size_t
length(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static void
put(struct network *n, request_t request, const struct msg_send *m,
    const char *name)
{
	double share = n->was_online ? SHARE : SHARE_OF_FIRST;
	const struct msg_reply *reply = m->reply_to;
	size_t size = length(m->kind) + length(m->to) + length(m->body) +
	    length(m->id) + length(m->xhtml) + length(m->replaces) +
	    (reply ? length(reply->id) + length(reply->text) : 0) +
	    length(name);
	struct outbox *o = &n->outbox;
	struct waiting *w;

	if (o->count >= WAITING_MAX || o->bytes + size > BYTES_MAX) {
		up_error(request, ERR_RATE_LIMITED, "too much waits for the "
		    "IRC server already; the message was not sent");
		return;
	}
	w = xmalloc(sizeof(*w) + size);
	*w = (struct waiting){ .request = request,
		.came = ev_now(n->irc->loop) };
	w->until = w->came + share * n->irc->config.patience;
	w->m.user = n->user;
	w->m.kind = keep(w, m->kind);
	w->m.to = keep(w, m->to);
	w->m.body = keep(w, m->body);
	w->m.id = keep(w, m->id);
	w->m.xhtml = keep(w, m->xhtml);
	w->m.replaces = keep(w, m->replaces);
	if (reply != NULL) {
		w->reply.id = keep(w, reply->id);
		w->reply.text = keep(w, reply->text);
		w->m.reply_to = &w->reply;
	}
	w->name = keep(w, name);
	TAILQ_INSERT_TAIL(&o->list, w, entry);
	o->count++;
	o->bytes += w->size;
	arm(n);
}

static void
take(struct outbox *o, struct waiting *w)
{
	TAILQ_REMOVE(&o->list, w, entry);
	o->count--;
	o->bytes -= w->size;
}

static void
refuse(struct network *n, struct waiting *w, const char *code,
    const char *why)
{
	char text[1100];

	take(&n->outbox, w);
	snprintf(text, sizeof(text), "%.1000s; the message was not sent", why);
	up_error(w->request, code, text);
	free(w);
}

static void
expire(struct network *n)
{
	double now = ev_now(n->irc->loop);
	struct waiting *w, *next;

	for (w = TAILQ_FIRST(&n->outbox.list); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->until > now)
			continue;
		if (n->state == NETWORK_ONLINE)
			refuse(n, w, ERR_NOT_CONNECTED,
			    "the room is still being joined");
		else
			refuse(n, w, ERR_NETWORK, n->lost_why ? n->lost_why :
			    "the IRC server cannot be reached at the moment");
	}
	arm(n);
}

void
outbox_move(struct network *n)
{
	struct waiting *w, *next;

	for (w = TAILQ_FIRST(&n->outbox.list); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		switch (fate_of(n, &w->m, w->name)) {
		case SEND:
			take(&n->outbox, w);
			say(n, w->request, &w->m, w->name, w->came);
			free(w);
			break;
		case REFUSE:
			refuse(n, w, ERR_NOT_FOUND, "you are not in that room");
			break;
		case WAIT:
			break;
		}
	}
	arm(n);
}

void
outbox_refuse(struct network *n, const char *why)
{
	struct waiting *w;

	while ((w = TAILQ_FIRST(&n->outbox.list)) != NULL)
		refuse(n, w, ERR_NETWORK, why);
	arm(n);
}

void
outbox_say(struct network *n, request_t request, const struct msg_send *m,
    const char *name)
{
	switch (fate_of(n, m, name)) {
	case SEND:
		say(n, request, m, name, ev_now(n->irc->loop));
		break;
	case REFUSE:
		up_error(request, ERR_NOT_FOUND, "you are not in that room");
		break;
	case WAIT:
		put(n, request, m, name);
		break;
	}
}
