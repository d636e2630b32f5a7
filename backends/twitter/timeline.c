/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the timeline is read, and after it who mentions the user.  How pages are
 * read is in feed.c, how often in poll.c, what becomes of a post in
 * deliver.c. */
#include "backends/twitter/timeline.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/act.h"
#include "backends/twitter/deliver.h"
#include "backends/twitter/feed.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/poll.h"
#include "backends/twitter/room.h"
#include "backends/twitter/settings.h"
#include "util/xalloc.h"

#define HELD		0.3	/* seconds until it is tried again */
#define CLOCK_LATE	0.1	/* seconds */
#define NEVER		1e18
#define INVITE_AFTER	30.0	/* seconds: clients may join by themselves */
#define TOLD_MAX	512	/* posts */
#define FAILURES_TOLD	3	/* in a row: X sometimes stumbles */

enum { HOME, MENTIONS, FEEDS };

static const struct {
	const char	*what;
	struct feed_kind kind;
} feeds[FEEDS] = {
	[HOME] = { "The timeline", { E_timeline, "twitter_last_tweet", true } },
	[MENTIONS] = { "Mentions of you",
	    { E_mentions, "twitter_last_mention", false } },
};

/* Of one feed. */
struct reading {
	struct timeline	*timeline;
	unsigned	 which;
	struct feed	*feed;
	struct poll	 poll;
};

struct timeline {
	struct session	*session;
	ev_timer	 timer;
	struct reading	 readings[FEEDS];
	bool		 mentions_due;	/* the timeline has been read */
	/* The last ones that were told: both feeds may have them. */
	char		(*told)[PAGE_ID_MAX + 1];
	size_t		 ntold;
};

static void	step(struct timeline *);

/* ------------------------------------------------------------------ telling */

static bool
was_told(const struct timeline *t, const char *id)
{
	for (size_t i = 0; i < t->ntold && i < TOLD_MAX; i++)
		if (strcmp(t->told[i], id) == 0)
			return true;
	return false;
}

static void
note_told(struct timeline *t, const char *id)
{
	if (!setting_on(t->session, "show_mentions"))
		return;
	if (t->told == NULL)
		t->told = xcalloc(TOLD_MAX, sizeof(*t->told));
	snprintf(t->told[t->ntold++ % TOLD_MAX], sizeof(*t->told), "%s", id);
}

static void
tell(const struct post *p, void *ctx)
{
	struct reading *r = ctx;
	struct timeline *t = r->timeline;

	if (was_told(t, p->id))
		return;
	note_told(t, p->id);
	deliver_post(t->session, p, r->which == HOME);
}

/* Where posts are shown.  A room where the user is not has none. */
static bool
is_open(const struct session *s)
{
	return session_mode(s) != MODE_ROOM || room_joined(s);
}

/* A post that the user is making may be in what was read, and is known as such
 * only when X has answered. */
static bool
is_posting(const struct session *s)
{
	return act_posting(s) || api_busy(s, E_repost);
}

/* ------------------------------------------------------------------- timing */

static double
pause_of(const struct session *s)
{
	return poll_pause(s->show, (double)(time(NULL) - s->active));
}

static double
due(struct timeline *t, unsigned which, double now)
{
	struct reading *r = &t->readings[which];
	/* The user may have asked for the same, as often as X allows it.  The
	 * clock of whole seconds may be somewhat late. */
	double at, allowed = (double)api_wait(t->session,
	    feeds[which].kind.endpoint) + CLOCK_LATE;

	if (feed_state(r->feed) == FEED_STUCK)
		at = r->poll.not_before;
	else if (which == HOME)
		at = poll_due(&r->poll, pause_of(t->session), now);
	else
		at = t->mentions_due && setting_on(t->session,
		    "show_mentions") ? r->poll.not_before : NEVER;
	return at > allowed ? at : allowed;
}

/* The user may begin to do something meanwhile, which nobody tells. */
static void
arm(struct timeline *t, double after)
{
	double most = poll_pause(NULL, 0);

	ev_timer_stop(EV_DEFAULT_ &t->timer);
	ev_timer_set(&t->timer, after < 0 ? 0 : after < most ? after : most,
	    0);
	ev_timer_start(EV_DEFAULT_ &t->timer);
}

static void
on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	step(w->data);
}

static void
answered(struct feed *f, const struct api_answer *a, void *ctx)
{
	struct reading *r = ctx;
	double now = ev_time();

	(void)f;
	if (a->outcome == API_OK)
		poll_ok(&r->poll, now, a->until);
	else
		poll_failed(&r->poll, now, a->until);
	/* What concerns the budget is told by that. */
	if (a->outcome != API_BUDGET && (a->outcome != API_FAILED ||
	    r->poll.failures >= FAILURES_TOLD))
		notice_state(r->timeline->session, feeds[r->which].what, a);
	step(r->timeline);
}

/* -------------------------------------------------------------------- steps */

/* false: this one is not done with, and the timer is set. */
static bool
step_feed(struct timeline *t, unsigned which, double now)
{
	struct feed *f = t->readings[which].feed;

	if (feed_state(f) == FEED_ASKING)
		return false;
	if (feed_state(f) == FEED_READ) {
		if (is_posting(t->session) || !feed_say(f)) {
			arm(t, HELD);
			return false;
		}
		if (which == HOME)
			t->mentions_due = true;
		else
			t->mentions_due = false;
	}
	if (due(t, which, now) > now)
		return true;
	if (!feed_may()) {
		arm(t, HELD);
		return false;
	}
	feed_ask(f);
	return false;
}

static void
step_closed(struct timeline *t, double now)
{
	double wait = poll_pause(NULL, 0);
	double after = (double)t->session->up +
	    (wait < INVITE_AFTER ? wait : INVITE_AFTER) - now;

	if (after <= 0) {
		room_invite(t->session);
		after = wait;
	}
	arm(t, after);
}

static void
step(struct timeline *t)
{
	double now = ev_time(), next = NEVER, at;

	if (!is_open(t->session)) {
		step_closed(t, now);
		return;
	}
	for (unsigned i = 0; i < FEEDS; i++)
		if (!step_feed(t, i, now))
			return;
	for (unsigned i = 0; i < FEEDS; i++)
		if ((at = due(t, i, now)) < next)
			next = at;
	arm(t, next - now);
}

/* --------------------------------------------------------------------- life */

static void
tell_contact(const struct session *s)
{
	const struct msg_contact contact = { .user = s->user,
	    .contact = CONTACT, .name = "X" };
	const struct msg_contact_presence presence = { .user = s->user,
	    .contact = CONTACT, .show = "online" };

	kit_notify(METHOD_contact, &contact);
	kit_notify(METHOD_contact_presence, &presence);
}

void
timeline_up(struct session *s)
{
	struct timeline *t = xcalloc(1, sizeof(*t));

	tell_contact(s);
	s->timeline = t;
	t->session = s;
	for (unsigned i = 0; i < FEEDS; i++) {
		struct reading *r = &t->readings[i];

		r->timeline = t;
		r->which = i;
		r->feed = feed_create(s, &feeds[i].kind, answered, tell, r);
		poll_begin(&r->poll, ev_time());
	}
	ev_timer_init(&t->timer, on_timer, 0, 0);
	t->timer.data = t;
	arm(t, 0);
}

void
timeline_end(struct session *s)
{
	struct timeline *t = s->timeline;

	if (t == NULL)
		return;
	ev_timer_stop(EV_DEFAULT_ &t->timer);
	for (unsigned i = 0; i < FEEDS; i++)
		feed_destroy(t->readings[i].feed);
	free(t->told);
	free(t);
	s->timeline = NULL;
}

void
timeline_show(struct session *s)
{
	arm(s->timeline, 0);
}

void
timeline_setting(struct session *s, const char *name)
{
	if (strcmp(name, "mode") == 0)
		timeline_soon(s);
	else
		arm(s->timeline, 0);
}

void
timeline_soon(struct session *s)
{
	poll_soon(&s->timeline->readings[HOME].poll, ev_time());
	arm(s->timeline, 0);
}
