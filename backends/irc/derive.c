/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose key is worked on in this turn?  Everybody's in turn, one slice each,
 * so that a server which asks for much work delays its own user most. */
#include "backends/irc/derive.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "util/xalloc.h"

#define SLICE	4096	/* iterations: about a millisecond or two */

struct derive {
	TAILQ_ENTRY(derive) entry;
	struct scram	*scram;
	void		(*done)(void *ctx);
	void		*ctx;
};

static TAILQ_HEAD(, derive) queue = TAILQ_HEAD_INITIALIZER(queue);
static struct ev_timer timer;		/* runs while the queue is not empty */
static struct ev_loop *loop_of;

static void
on_turn(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct derive *d = TAILQ_FIRST(&queue);

	(void)revents;
	TAILQ_REMOVE(&queue, d, entry);
	if (!scram_derive(d->scram, SLICE)) {
		TAILQ_INSERT_TAIL(&queue, d, entry);
	} else {
		void (*done)(void *) = d->done;
		void *ctx = d->ctx;

		free(d);
		done(ctx);
	}
	if (!TAILQ_EMPTY(&queue) && !ev_is_active(w)) {
		ev_timer_set(w, 0, 0);
		ev_timer_start(loop, w);
	}
}

struct derive *
derive_start(struct ev_loop *loop, struct scram *s, void (*done)(void *),
    void *ctx)
{
	struct derive *d = xcalloc(1, sizeof(*d));

	d->scram = s;
	d->done = done;
	d->ctx = ctx;
	if (TAILQ_EMPTY(&queue) && !ev_is_active(&timer)) {
		loop_of = loop;
		ev_timer_init(&timer, on_turn, 0, 0);
		ev_timer_start(loop, &timer);
	}
	TAILQ_INSERT_TAIL(&queue, d, entry);
	return d;
}

void
derive_cancel(struct derive *d)
{
	if (d == NULL)
		return;
	TAILQ_REMOVE(&queue, d, entry);
	if (TAILQ_EMPTY(&queue))
		ev_timer_stop(loop_of, &timer);
	free(d);
}
