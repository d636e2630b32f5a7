/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poll.h - when X is asked for news again: it costs money, and hundreds of
 * users must not ask in the same second.  Seconds since 1970 by our clock. */
#ifndef BACKENDS_TWITTER_POLL_H
#define BACKENDS_TWITTER_POLL_H

#include <time.h>

#define POLL_ACTIVE_FOR	600	/* seconds after the user last wanted something */

struct poll {
	double		 last;		/* when it was asked; 0: never */
	double		 not_before;	/* as X or a failure wants it */
	double		 first;		/* when to begin */
	double		 jitter;	/* 0 <= x < 1, drawn for each time */
	unsigned	 failures;	/* in a row */
};

/* How often, in seconds, for a user of this presence, which may be NULL, who
 * has wanted nothing for so long.  The presence is away also when no client is
 * there, and the main process keeps the session. */
double	poll_pause(const char *show, double idle);

void	poll_begin(struct poll *, double now);
/* When is it due, with that pause? */
double	poll_due(struct poll *, double pause, double now);
/* It was asked, and answered: not again before until, if that is not 0. */
void	poll_ok(struct poll *, double now, time_t until);
void	poll_failed(struct poll *, double now, time_t until);
/* The user wants to see it now. */
void	poll_soon(struct poll *, double now);

#endif
