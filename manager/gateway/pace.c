/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of those who come back.  A token bucket: a few go at once, as when
 * one backend with a handful of users has died, then login_rate a second, with
 * gaps that are not all alike.
 *
 * However high the rate, these few are no more than the smallest queues of
 * servers hold (ngircd: listen(2) with 10).  Connections beyond that are
 * repeated by both kernels in step with each other and overflow the queue
 * again: of eighty at once, the last ones waited for eight seconds. */
#include "manager/gateway/pace.h"

#include <stdlib.h>

#include "manager/gateway/session_inside.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define BURST		0.2	/* seconds' worth that may go at once ... */
#define BURST_MIN	4
#define BURST_MAX	8

struct pace {
	struct gateway	*gw;
	ev_timer	 timer;
	struct user	**v;		/* who waits */
	size_t		 n, cap;
	bool		 sorted;	/* by .active, the latest at the end */
	double		 tokens;	/* as of .counted; <= burst() */
	double		 counted;	/* ev_now() */
};

static int
by_activity(const void *a, const void *b)
{
	const struct user *const *x = a, *const *y = b;

	return ((*x)->active > (*y)->active) - ((*x)->active < (*y)->active);
}

static double
burst(const struct pace *p)
{
	double n = p->gw->config->login_rate * BURST;

	return n < BURST_MIN ? BURST_MIN : n > BURST_MAX ? BURST_MAX : n;
}

static void
take_last(struct pace *p)
{
	struct user *user = p->v[--p->n];

	user->paced = false;
	session_assign(user);
}

static void
run(struct pace *p)
{
	double rate = p->gw->config->login_rate, now = ev_now(p->gw->loop);

	p->tokens += (now - p->counted) * rate;
	p->counted = now;
	if (p->tokens > burst(p))
		p->tokens = burst(p);
	if (!p->sorted && p->n > 1)
		qsort(p->v, p->n, sizeof(struct user *), by_activity);
	p->sorted = true;
	while (p->n > 0 && (rate <= 0 || p->tokens >= 1)) {
		p->tokens--;
		take_last(p);
	}
	if (p->n == 0)
		return;
	ev_timer_set(&p->timer, (0.5 + rand_unit()) / rate, 0);
	ev_timer_start(p->gw->loop, &p->timer);
}

static void
timer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	run(w->data);
}

static struct pace *
pace_of(struct gateway *gw)
{
	struct pace *p = gw->pace;

	if (p != NULL)
		return p;
	p = gw->pace = xcalloc(1, sizeof(*p));
	p->gw = gw;
	p->tokens = burst(p);
	p->counted = ev_now(gw->loop);
	ev_timer_init(&p->timer, timer_cb, 0, 0);
	p->timer.data = p;
	return p;
}

void
pace_login(struct user *user)
{
	struct pace *p = pace_of(user->gw);

	if (user->paced)
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->v = xreallocarray(p->v, p->cap, sizeof(struct user *));
	}
	p->v[p->n++] = user;
	p->sorted = false;
	user->paced = true;
	/* Not before all who were lost together are here. */
	if (!ev_is_active(&p->timer)) {
		ev_timer_set(&p->timer, 0, 0);
		ev_timer_start(user->gw->loop, &p->timer);
	}
}

void
pace_forget(struct user *user)
{
	struct pace *p = user->gw->pace;

	if (!user->paced)
		return;
	user->paced = false;
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i] != user)
			continue;
		p->v[i] = p->v[--p->n];
		p->sorted = false;
		return;
	}
}

void
pace_destroy(struct gateway *gw)
{
	if (gw->pace == NULL)
		return;
	ev_timer_stop(gw->loop, &gw->pace->timer);
	free(gw->pace->v);
	free(gw->pace);
	gw->pace = NULL;
}
