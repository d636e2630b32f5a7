/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On IRC "typing" holds for six seconds unless it is repeated, on XMPP until
 * something else is said.  So one clock, which runs only while somebody
 * types, repeats ours every three seconds and ends theirs.  Changes are told,
 * repetitions are not. */
#include "backends/irc/typing.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/room.h"
#include "backends/irc/tagmsg.h"
#include "util/xalloc.h"

#define TYPISTS_MAX	32		/* of one connection, both ways */
#define REPEAT		3.0
#define HOLDS		6.0		/* active, without repetition */
#define PAUSED_HOLDS	30.0
#define OURS_HOLDS	60.0		/* a client that is gone types no more */

struct typist {
	LIST_ENTRY(typist) entry;
	double		 until;		/* ev_now() */
	double		 told;		/* ours: ev_now() of the last TAGMSG */
	bool		 ours, paused;
	char		*nick;		/* theirs */
	char		 target[];	/* channel, or nick; theirs to us: "" */
};

struct typing {
	struct ev_timer	 clock;
	LIST_HEAD(, typist) list;
	unsigned	 count;
};

static void tick(struct network *);

static void
on_clock(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	tick(w->data);
}

static struct typist *
find(const struct network *n, bool ours, const char *target, const char *nick)
{
	struct typist *t;

	if (n->typing == NULL)
		return NULL;
	LIST_FOREACH(t, &n->typing->list, entry)
		if (t->ours == ours &&
		    casemap_equal(n->is.casemap, t->target, target) &&
		    (ours || casemap_equal(n->is.casemap, t->nick, nick)))
			return t;
	return NULL;
}

static struct typist *
add(struct network *n, bool ours, const char *target, const char *nick)
{
	struct typing *typing = n->typing;
	size_t len = strlen(target) + 1;
	struct typist *t;

	if (typing == NULL) {
		typing = n->typing = xcalloc(1, sizeof(*typing));
		ev_timer_init(&typing->clock, on_clock, REPEAT, REPEAT);
		typing->clock.data = n;
		ev_timer_start(n->irc->loop, &typing->clock);
	}
	if (typing->count >= TYPISTS_MAX)
		return NULL;
	t = xcalloc(1, sizeof(*t) + len);
	memcpy(t->target, target, len);
	t->ours = ours;
	t->nick = xstrdup_null(nick);
	LIST_INSERT_HEAD(&typing->list, t, entry);
	typing->count++;
	return t;
}

static void
drop(struct network *n, struct typist *t)
{
	LIST_REMOVE(t, entry);
	free(t->nick);
	free(t);
	if (--n->typing->count > 0)
		return;
	ev_timer_stop(n->irc->loop, &n->typing->clock);
	free(n->typing);
	n->typing = NULL;
}

void
typing_forget(struct network *n)
{
	while (n->typing != NULL)
		drop(n, LIST_FIRST(&n->typing->list));
}

/* ---- theirs */

static void
tell(const struct network *n, const struct channel *c, const char *nick,
    const char *state)
{
	struct talk_place place = talk_place(n, c, nick);
	const struct msg_chat_state_up m = { .user = n->user,
		.peer = place.peer, .room = place.room,
		.private = place.private, .state = state };

	if (c == NULL || room_is_live(c))
		up_notify(METHOD_chat_state_up, &m);
}

void
typing_heard(struct network *n, struct channel *c, const char *nick,
    const char *state)
{
	const char *target = c ? c->name : "";
	struct typist *t = find(n, false, target, nick);
	bool paused = strcmp(state, "paused") == 0;

	if (strcmp(state, "done") == 0) {
		if (t != NULL) {
			drop(n, t);
			tell(n, c, nick, "active");
		}
		return;
	}
	if (!paused && strcmp(state, "active") != 0)
		return;
	if (t == NULL || t->paused != paused) {
		if (t == NULL && (t = add(n, false, target, nick)) == NULL)
			return;
		t->paused = paused;
		tell(n, c, nick, paused ? "paused" : "composing");
	}
	t->until = ev_now(n->irc->loop) + (paused ? PAUSED_HOLDS : HOLDS);
}

void
typing_said(struct network *n, const struct channel *c, const char *nick)
{
	struct typist *t = find(n, false, c ? c->name : "", nick);

	if (t != NULL)
		drop(n, t);
}

/* ---- ours */

static void
send_state(struct network *n, const char *target, const char *state)
{
	char tags[32] = "+typing=";

	/* Nobody waits for it, so it delays nobody. */
	if (n->state == NETWORK_ONLINE && link_is_quiet(&n->link))
		link_send_tagged(&n->link, strcat(tags, state), "TAGMSG",
		    target, NULL);
}

void
typing_tell(struct network *n, const char *target, const char *state)
{
	double now = ev_now(n->irc->loop);
	struct typist *t = find(n, true, target, NULL);

	if (!(n->caps & CAP_MESSAGE_TAGS) || (n->is.tags_denied & TAG_TYPING))
		return;
	if (strcmp(state, "composing") == 0) {
		if (t == NULL && (t = add(n, true, target, NULL)) == NULL)
			return;
		t->until = now + OURS_HOLDS;
		if (now - t->told >= REPEAT) {
			t->told = now;
			send_state(n, target, "active");
		}
	} else if (t != NULL) {
		drop(n, t);
		send_state(n, target, strcmp(state, "paused") == 0 ?
		    "paused" : "done");
	}
}

void
typing_sent(struct network *n, const char *target)
{
	struct typist *t = find(n, true, target, NULL);

	if (t != NULL)
		drop(n, t);
}

/* ---- the clock */

static void
expire(struct network *n, struct typist *t)
{
	struct channel *c = *t->target ? network_channel(n, t->target) : NULL;
	bool there = *t->target == '\0' || c != NULL;

	if (t->ours)
		send_state(n, t->target, "done");
	else if (there)
		tell(n, c, t->nick, "active");
	drop(n, t);
}

static void
tick(struct network *n)
{
	double now = ev_now(n->irc->loop);
	struct typist *t, *next;

	for (t = LIST_FIRST(&n->typing->list); t != NULL; t = next) {
		next = LIST_NEXT(t, entry);
		if (t->until <= now) {
			expire(n, t);
		} else if (t->ours && now - t->told >= REPEAT - 0.1) {
			t->told = now;
			send_state(n, t->target, "active");
		}
	}
}
