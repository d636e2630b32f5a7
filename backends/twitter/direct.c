/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When is X asked for direct messages?  Every dm_poll seconds while the user is
 * about; more seldom otherwise, in the proportion of poll_active to poll_idle
 * and poll_away; and up to five times as often for some minutes after somebody
 * has said something.  That does not cost more: what has been read is free for
 * the rest of the day, so that only what is new is paid for.  Nor is it oftener
 * than X goes along with all the time, which is once in a minute. */
#include "backends/twitter/direct_inside.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/config.h"
#include "backends/twitter/feed.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/settings.h"
#include "util/clock.h"
#include "util/xalloc.h"

#define WHAT		"Direct messages"
#define LIVE_FOR	300.0		/* seconds */
#define HELD		1.0		/* seconds until it is tried again */
#define LIVE_MIN	15.0		/* seconds between two questions */
#define SETTLING	4.0		/* seconds in which rooms are joined
					 * after a login */
#define TICK		60.0		/* seconds: whether the user is about may
					 * change in between */

static bool
is_live(const struct direct *d)
{
	return clock_now() < d->live_until;
}

/* Seconds from one question to the next. */
static double
pause_of(const struct direct *d)
{
	const struct session *s = d->session;
	double usual = (double)config.dm_poll;
	double live = usual / 5 > LIVE_MIN ? usual / 5 : LIVE_MIN;

	if (is_live(d))
		return live < usual ? live : usual;
	return usual * poll_pause(s->show, (double)(time(NULL) - s->active)) /
	    poll_pause(NULL, 0);
}

static bool
is_wanted(const struct direct *d)
{
	return config.dm_poll > 0 && setting_on(d->session, "direct");
}

/* Ask, or say when. */
static void
look(struct direct *d)
{
	double now = ev_time(), wait;

	ev_timer_stop(EV_DEFAULT_ &d->timer);
	if (!is_wanted(d) || (d->reading != NULL && !direct_poll_stuck(d)))
		return;
	wait = direct_poll_stuck(d) ? d->poll.not_before - now :
	    poll_due(&d->poll, pause_of(d), now) - now;
	if (wait <= 0 && feed_may()) {
		direct_poll(d, is_live(d));
		return;
	}
	wait = wait > 0 ? wait : HELD;
	ev_timer_set(&d->timer, wait < TICK ? wait : TICK, 0);
	ev_timer_start(EV_DEFAULT_ &d->timer);
}

static void
tick(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	look(w->data);
}

void
direct_live(struct direct *d)
{
	d->live_until = clock_now() + LIVE_FOR;
	look(d);
}

void
direct_soon(struct direct *d)
{
	poll_soon(&d->poll, ev_time());
	look(d);
}

void
direct_polled(struct direct *d, const struct api_answer *a)
{
	/* budget.c tells of the one, for all that goes on by itself; the other
	 * is over as soon as X has said, mostly. */
	if (a->outcome != API_BUDGET && (a->outcome != API_LIMITED ||
	    d->poll.failures > 0))
		notice_state(d->session, WHAT, a);
	if (a->outcome == API_OK) {
		poll_ok(&d->poll, ev_time(), a->until);
		direct_moved_look(d);
	} else {
		poll_failed(&d->poll, ev_time(), a->until);
	}
	look(d);
}

/* --------------------------------------------------------------------- life */

struct direct *
direct_of(struct session *s)
{
	struct direct *d = s->direct;

	if (d != NULL)
		return d;
	d = s->direct = xcalloc(1, sizeof(*d));
	d->session = s;
	TAILQ_INIT(&d->groups);
	TAILQ_INIT(&d->outgoing);
	ev_timer_init(&d->timer, tick, 0, 0);
	d->timer.data = d;
	direct_group_load(d);
	return d;
}

/* Not at once: until the user has come back into the rooms, what was said there
 * would be told elsewhere. */
void
direct_up(struct session *s)
{
	struct direct *d = direct_of(s);
	double usual = (double)config.dm_poll / 2;

	poll_begin(&d->poll, ev_time());
	d->poll.first += usual < SETTLING ? usual : SETTLING;
	look(d);
}

void
direct_end(struct session *s)
{
	struct direct *d = s->direct;

	if (d == NULL)
		return;
	ev_timer_stop(EV_DEFAULT_ &d->timer);
	direct_group_finish(d);
	free(d->told);
	/* Tasks of this end after it, and see that it is gone. */
	s->direct = NULL;
	free(d);
}

void
direct_show(struct session *s)
{
	look(direct_of(s));
}

void
direct_setting(struct session *s, const char *name)
{
	if (strcmp(name, "direct") == 0)
		direct_soon(direct_of(s));
}
