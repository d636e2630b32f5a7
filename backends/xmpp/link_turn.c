/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may work, and for how long, so that all others are served meanwhile.
 *
 * Logins take turns.  One hashes a password some ten thousand times, or as
 * often as its server likes; hundreds at once, after a restart, would leave
 * nobody else served for seconds.
 *
 * A link that is up rests after what took long, as libstrophe needs quadratic
 * time for an element with many others in it. */
#include "backends/xmpp/link_private.h"
#include "util/clock.h"

#define SHARE	0.005		/* seconds of a turn of the loop */
#define REST	5		/* times as long as the work */

static TAILQ_HEAD(, link) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static ev_timer next;

static void
listen_on(struct link *l)
{
	if (l->conn != NULL && !l->paused && !l->resting)
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

static void
on_rested(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct link *l = CONTAINER(w, struct link, rest);

	(void)loop, (void)revents;
	l->resting = false;
	link_pump(l);
	listen_on(l);
}

bool
link_rests(struct link *l, double since)
{
	double took;

	if (l->state != UP || l->wire.eof ||
	    (took = clock_now() - since) < SHARE)
		return false;
	l->resting = true;
	conn_pause(l->conn);
	ev_timer_init(&l->rest, on_rested, REST * took, 0.);
	ev_timer_start(l->loop, &l->rest);
	return true;
}

void
link_wake(struct link *l)
{
	if (l->resting)
		ev_timer_stop(l->loop, &l->rest);
	l->resting = false;
}
