/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exponential back-off with jitter, so that a crowd does not come back in
 * step. */
#include "util/backoff.h"

#include "util/rand.h"

double
backoff_next(struct backoff *b)
{
	double pause = b->min;

	for (unsigned i = 0; i < b->failures && pause < b->max; i++)
		pause *= 2;
	if (pause > b->max)
		pause = b->max;
	b->failures++;
	return pause * (0.75 + rand_unit() / 2);
}

void
backoff_reset(struct backoff *b)
{
	b->failures = 0;
}
