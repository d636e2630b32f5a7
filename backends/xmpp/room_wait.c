/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said in a room comes back from it, and only then has it been said;
 * until then the request waits here.  One whose echo is late is answered, and
 * the echo is still known for what it is.
 *
 * After a break the room may not know us any more until we have entered it
 * again: what is said meanwhile is held. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/answer.h"
#include "backends/xmpp/room_state.h"
#include "util/xalloc.h"

#define ANSWER_TIME	30.0	/* seconds to the echo */
#define HOLD_TIME	300.0	/* as long as a break is bridged, if the main
				 * process waits so long */
#define HELD_MAX	50	/* of a room */

static void
drop(struct room_wait *w)
{
	ev_timer_stop(EV_DEFAULT_ &w->timer);
	TAILQ_REMOVE(&w->room->waits, w, entry);
	w->room->nwaits--;
	if (w->held != NULL) {
		w->room->nheld--;
		xmpp_stanza_release(w->held);
	}
	free(w->id);
	free(w->origin);
	free(w);
}

static void
on_late(EV_P_ ev_timer *t, int revents)
{
	struct room_wait *w = CONTAINER(t, struct room_wait, timer);

	(void)loop, (void)revents;
	if (w->held != NULL) {
		room_wait_failed(w, ERR_TIMEOUT, "The room could not be "
		    "entered again in time.");
		return;
	}
	w->answered = true;
	kit_error(&w->call, ERR_UNCERTAIN, NULL);
}

static void
set_timer(struct room_wait *w, double seconds)
{
	ev_timer_stop(EV_DEFAULT_ &w->timer);
	ev_timer_set(&w->timer, seconds, 0);
	ev_timer_start(EV_DEFAULT_ &w->timer);
}

/* false: too much waits, the request has been answered. */
static bool
make_room(struct room *r, const struct kit_call *call, bool hold)
{
	struct room_wait *w, *next;

	/* Those that are answered already make room. */
	for (w = TAILQ_FIRST(&r->waits); w != NULL && r->nwaits >= ROOM_WAITS;
	    w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->answered)
			drop(w);
	}
	if (r->nwaits < ROOM_WAITS && (!hold || r->nheld < HELD_MAX))
		return true;
	kit_error(call, ERR_RATE_LIMITED, NULL);
	return false;
}

static struct room_wait *
wait_create(struct room *r, enum room_wait_kind kind,
    const struct kit_call *call, const char *id, const char *origin)
{
	struct room_wait *w = xcalloc(1, sizeof(*w));

	w->room = r;
	w->kind = kind;
	w->call = *call;
	w->id = xstrdup(id);
	w->origin = xstrdup_null(origin);
	ev_timer_init(&w->timer, on_late, 0, 0);
	TAILQ_INSERT_TAIL(&r->waits, w, entry);
	r->nwaits++;
	return w;
}

/* Lets go of the stanza. */
static void
say(struct room_wait *w, xmpp_stanza_t *st)
{
	set_timer(w, answer_patience(ANSWER_TIME));
	if (session_send_as(w->room->session, st, NULL) == -1)
		room_wait_failed(w, ERR_RATE_LIMITED, "Too much is waiting for "
		    "the server already.");
	xmpp_stanza_release(st);
}

void
room_wait_send(struct room *r, xmpp_stanza_t *st, enum room_wait_kind kind,
    const struct kit_call *call, const char *origin)
{
	bool hold = r->state != ROOM_IN || !session_is_up(r->session);
	struct room_wait *w;

	if (!hold && kind == WAIT_PRIVATE) {
		session_send(r->session, st, call);
		return;
	}
	if (!make_room(r, call, hold)) {
		xmpp_stanza_release(st);
		return;
	}
	w = wait_create(r, kind, call, xmpp_stanza_get_id(st), origin);
	if (hold) {
		set_timer(w, answer_patience(HOLD_TIME));
		w->held = st;
		r->nheld++;
	} else {
		say(w, st);
	}
}

/* In the order in which they came. */
void
room_waits_go(struct room *r)
{
	struct room_wait *w, *next;
	xmpp_stanza_t *st;

	for (w = TAILQ_FIRST(&r->waits); w != NULL && r->nheld > 0; w = next) {
		next = TAILQ_NEXT(w, entry);
		if ((st = w->held) == NULL)
			continue;
		w->held = NULL;
		r->nheld--;
		if (w->kind == WAIT_PRIVATE) {
			session_send(r->session, st, &w->call);
			drop(w);
		} else {
			say(w, st);
		}
	}
}

struct room_wait *
room_waiting(const struct room *r, const char *id)
{
	struct room_wait *w;

	TAILQ_FOREACH(w, &r->waits, entry) {
		if (id != NULL && strcmp(w->id, id) == 0)
			return w;
	}
	return NULL;
}

struct room_wait *
room_waiting_for(const struct room *r, enum room_wait_kind kind)
{
	struct room_wait *w;

	TAILQ_FOREACH(w, &r->waits, entry) {
		if (w->kind == kind)
			return w;
	}
	return NULL;
}

void
room_wait_done(struct room_wait *w, const void *result)
{
	if (!w->answered)
		kit_reply(&w->call, result);
	drop(w);
}

void
room_wait_failed(struct room_wait *w, const char *code, const char *text)
{
	/* What has not left is not in doubt. */
	if (w->held != NULL && strcmp(code, ERR_UNCERTAIN) == 0)
		code = ERR_NOT_CONNECTED;
	if (!w->answered)
		kit_error(&w->call, code, text);
	drop(w);
}

void
room_waits_finish(struct room *r, const char *code, const char *text)
{
	while (!TAILQ_EMPTY(&r->waits))
		room_wait_failed(TAILQ_FIRST(&r->waits), code, text);
}

void
room_waits_lost(struct room *r, const char *code, const char *text)
{
	struct room_wait *w, *next;

	for (w = TAILQ_FIRST(&r->waits); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->held == NULL)
			room_wait_failed(w, code, text);
	}
}
