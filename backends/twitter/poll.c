/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/poll.h"

#include <string.h>

#include "backends/twitter/config.h"
#include "util/macros.h"
#include "util/rand.h"

#define FIRST_MAX	30.0	/* seconds after the login */
#define SOON		5.0	/* seconds between two of poll_soon() */
#define SPREAD		0.3	/* of a pause, around it */
#define LATE		0.05	/* of what X makes us wait, after it */
#define UNTIL_MAX	90000.0	/* seconds: somewhat more than a day */

static double
at_least(double x, double least)
{
	return x > least ? x : least;
}

static double
at_most(double x, double most)
{
	return x < most ? x : most;
}

double
poll_pause(const char *show, double idle)
{
	static const char *const aways[] = { "away", "xa", "dnd" };
	long pause = idle < POLL_ACTIVE_FOR ? config.poll_active :
	    config.poll_idle;

	for (size_t i = 0; show != NULL && i < LENGTH(aways); i++)
		if (strcmp(show, aways[i]) == 0)
			pause = config.poll_away;
	return at_least((double)pause, 1);
}

void
poll_begin(struct poll *p, double now)
{
	*p = (struct poll){ .jitter = rand_unit() };
	p->first = now + p->jitter *
	    at_most((double)config.poll_active / 8, FIRST_MAX);
}

double
poll_due(struct poll *p, double pause, double now)
{
	double due;

	/* The clock may have been put back. */
	p->last = at_most(p->last, now);
	p->not_before = at_most(p->not_before, now + 2 * UNTIL_MAX);
	p->first = at_most(p->first, now + 2 * FIRST_MAX);
	due = p->last == 0 ? p->first :
	    p->last + pause * (1 - SPREAD / 2 + SPREAD * p->jitter);

	return at_least(due, p->not_before);
}

/* Those who were told to wait for the same moment, midnight say, do not all
 * come then. */
static double
later_than(double now, time_t until, double jitter)
{
	double wait = at_most((double)until - now, UNTIL_MAX);

	return until == 0 || wait <= 0 ? 0 :
	    now + wait * (1 + LATE * jitter);
}

void
poll_ok(struct poll *p, double now, time_t until)
{
	p->last = now;
	p->failures = 0;
	p->jitter = rand_unit();
	p->not_before = later_than(now, until, p->jitter);
}

void
poll_failed(struct poll *p, double now, time_t until)
{
	double most = at_least((double)config.poll_away, 1);
	double wait = at_least((double)config.poll_active, 1);

	for (unsigned i = 0; i < p->failures && wait < most; i++)
		wait *= 2;
	wait = at_most(wait, most);
	p->last = now;
	p->failures++;
	p->jitter = rand_unit();
	p->not_before = at_least(later_than(now, until, p->jitter),
	    now + wait * (1 - SPREAD / 2 + SPREAD * p->jitter));
}

void
poll_soon(struct poll *p, double now)
{
	p->first = p->last == 0 ? now :
	    at_least(now, p->last + at_most(SOON, (double)config.poll_active));
	p->last = 0;
}
