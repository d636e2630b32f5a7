/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins take turns.  One hashes a password some ten thousand times, or as often
 * as its server likes; hundreds at once, after a restart, would leave nobody
 * else served for seconds. */
#include "backends/xmpp/link_private.h"
#include "util/clock.h"

#define SHARE	0.005		/* seconds of a turn of the loop */

static TAILQ_HEAD(, link) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static ev_timer next;

static void
listen_on(struct link *l)
{
	if (l->conn != NULL && !l->paused)
		conn_resume(l->conn);
}

static void
on_next(struct ev_loop *loop, ev_timer *w, int revents)
{
	double end = clock_now() + SHARE;
	struct link *l;

	(void)revents;
	do {
		if ((l = TAILQ_FIRST(&waiting)) == NULL)
			return;
		link_leave_turns(l);
		listen_on(l);
		link_pump(l);
	} while (clock_now() < end);
	if (TAILQ_EMPTY(&waiting))
		return;
	ev_timer_set(w, 0., 0.);
	ev_timer_start(loop, w);
}

void
link_wait_turn(struct link *l)
{
	if (l->waiting)
		return;
	l->waiting = true;
	TAILQ_INSERT_TAIL(&waiting, l, turn);
	/* What has come will do. */
	conn_pause(l->conn);
	if (ev_is_active(&next))
		return;
	ev_timer_init(&next, on_next, 0., 0.);
	ev_timer_start(l->loop, &next);
}

void
link_leave_turns(struct link *l)
{
	if (!l->waiting)
		return;
	l->waiting = false;
	TAILQ_REMOVE(&waiting, l, turn);
}
