/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said in a room comes back from it, and only then has it been said;
 * until then the request waits here.  One whose echo is late is answered, and
 * the echo is still known for what it is. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/room_state.h"
#include "util/xalloc.h"

#define ANSWER_TIME	30.0	/* seconds */

static void
drop(struct room_wait *w)
{
	ev_timer_stop(EV_DEFAULT_ &w->timer);
	TAILQ_REMOVE(&w->room->waits, w, entry);
	w->room->nwaits--;
	free(w->id);
	free(w->origin);
	free(w);
}

static void
on_late(EV_P_ ev_timer *t, int revents)
{
	struct room_wait *w = CONTAINER(t, struct room_wait, timer);

	(void)loop, (void)revents;
	w->answered = true;
	kit_error(&w->call, ERR_UNCERTAIN, NULL);
}

struct room_wait *
room_wait(struct room *r, enum room_wait_kind kind,
    const struct kit_call *call, const char *id, const char *origin)
{
	struct room_wait *w, *next;

	/* Those that are answered already make room. */
	for (w = TAILQ_FIRST(&r->waits); w != NULL && r->nwaits >= ROOM_WAITS;
	    w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->answered)
			drop(w);
	}
	if (r->nwaits >= ROOM_WAITS) {
		kit_error(call, ERR_RATE_LIMITED, NULL);
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	w->room = r;
	w->kind = kind;
	w->call = *call;
	w->id = xstrdup(id);
	w->origin = xstrdup_null(origin);
	ev_timer_init(&w->timer, on_late, ANSWER_TIME, 0);
	ev_timer_start(EV_DEFAULT_ &w->timer);
	TAILQ_INSERT_TAIL(&r->waits, w, entry);
	r->nwaits++;
	return w;
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
