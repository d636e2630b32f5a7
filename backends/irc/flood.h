/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flood.h - may one more line be sent now? (token bucket; no timer) */
#ifndef BACKENDS_IRC_FLOOD_H
#define BACKENDS_IRC_FLOOD_H

#include <stdbool.h>

struct flood {
	float	tokens;		/* 0 .. burst, as of then */
	double	then;		/* the caller's clock, seconds */
};

/* burst lines at once, then rate a second; burst 0 switches it off. */
struct flood_limit {
	double	burst, rate;
};

void	flood_init(struct flood *, const struct flood_limit *, double now);
/* Take one token; false when there is none. */
bool	flood_take(struct flood *, const struct flood_limit *, double now);
/* Seconds until so many lines may have been sent, 0: now. */
double	flood_wait(struct flood *, const struct flood_limit *, double now,
	    unsigned lines);
/* Lines that may be sent within so many seconds; not without a limit. */
unsigned flood_within(struct flood *, const struct flood_limit *, double now,
	    double seconds);

#endif
