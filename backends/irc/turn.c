/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is next at the gate of a server?  A gate exists while somebody waits
 * there or has passed lately. */
#include "backends/irc/turn.h"

#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/xalloc.h"

TAILQ_HEAD(waiting_turns, turn);

struct gate {
	struct turns	*turns;
	const struct flood_limit *limit;
	struct flood	 bucket;
	double		 closed;	/* ev_now() until which nobody passes */
	struct waiting_turns queue[2];	/* coming back, coming anew */
	bool		 last;		/* from which queue the last one was */
	struct ev_timer	 timer;		/* always runs */
	struct ev_loop	*loop;
	char		 host[];
};

static bool
is_empty(const struct gate *g)
{
	return TAILQ_EMPTY(&g->queue[0]) && TAILQ_EMPTY(&g->queue[1]);
}

/* When somebody may pass; or when the gate is not worth keeping. */
static void
arm(struct gate *g)
{
	double now = ev_now(g->loop), wait;
	unsigned want = is_empty(g) ? (unsigned)g->limit->burst : 1;

	wait = flood_wait(&g->bucket, g->limit, now, want);
	if (g->closed - now > wait)
		wait = g->closed - now;
	ev_timer_stop(g->loop, &g->timer);
	ev_timer_set(&g->timer, wait > 0.01 ? wait : 0.01, 0);
	ev_timer_start(g->loop, &g->timer);
}

static struct turn *
next_of(struct gate *g)
{
	bool from = !g->last;
	struct turn *t;

	if (TAILQ_EMPTY(&g->queue[from]))
		from = !from;
	t = TAILQ_FIRST(&g->queue[from]);
	if (t != NULL)
		g->last = from;
	return t;
}

static void
on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct gate *g = CONTAINER(w, struct gate, timer);
	double now = ev_now(loop);
	struct turn *t;

	(void)revents;
	if (is_empty(g) && now >= g->closed && flood_wait(&g->bucket,
	    g->limit, now, (unsigned)g->limit->burst) < 0.1) {
		map_remove(&g->turns->gates, g->host);
		free(g);
		return;
	}
	while (now >= g->closed && !is_empty(g) &&
	    flood_take(&g->bucket, g->limit, now)) {
		t = next_of(g);
		turn_cancel(t);
		t->come(t);		/* may come again, or hold the gate */
	}
	arm(g);
}

static struct gate *
gate_of(struct turns *turns, struct ev_loop *loop,
    const struct flood_limit *limit, const char *host)
{
	struct gate *g = map_get(&turns->gates, host);
	size_t len = strlen(host) + 1;

	if (g != NULL)
		return g;
	g = xcalloc(1, sizeof(*g) + len);
	memcpy(g->host, host, len);
	g->turns = turns;
	g->limit = limit;
	g->loop = loop;
	TAILQ_INIT(&g->queue[0]);
	TAILQ_INIT(&g->queue[1]);
	flood_init(&g->bucket, limit, ev_now(loop));
	ev_init(&g->timer, on_timer);
	map_put(&turns->gates, g->host, g);
	return g;
}

bool
turn_take(struct turns *turns, struct ev_loop *loop,
    const struct flood_limit *limit, struct turn *t, const char *host,
    bool anew, void (*come)(struct turn *))
{
	struct gate *g;

	turn_cancel(t);
	if (limit->burst <= 0)
		return true;
	g = gate_of(turns, loop, limit, host);
	if (is_empty(g) && ev_now(loop) >= g->closed &&
	    flood_take(&g->bucket, limit, ev_now(loop))) {
		arm(g);
		return true;
	}
	t->gate = g;
	t->anew = anew;
	t->come = come;
	TAILQ_INSERT_TAIL(&g->queue[anew], t, entry);
	if (!ev_is_active(&g->timer) || TAILQ_NEXT(TAILQ_FIRST(
	    &g->queue[anew]), entry) == NULL)
		arm(g);
	return false;
}

void
turn_cancel(struct turn *t)
{
	if (t->gate == NULL)
		return;
	TAILQ_REMOVE(&t->gate->queue[t->anew], t, entry);
	t->gate = NULL;
}

void
turn_hold(struct turns *turns, struct ev_loop *loop,
    const struct flood_limit *limit, const char *host, double seconds)
{
	struct gate *g;

	if (limit->burst <= 0)
		return;
	g = gate_of(turns, loop, limit, host);
	if (g->closed < ev_now(loop) + seconds) {
		log_debug("%s: nobody connects for %.0f s", host, seconds);
		g->closed = ev_now(loop) + seconds;
	}
	/* And then slowly. */
	g->bucket.tokens = 0;
	arm(g);
}
