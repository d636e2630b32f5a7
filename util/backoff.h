/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backoff.h - how long to wait before the next try. */
#ifndef UTIL_BACKOFF_H
#define UTIL_BACKOFF_H

struct backoff {
	double		min, max;	/* seconds; set by the owner */
	unsigned	failures;	/* since the last success */
};

/* The next pause: min, doubled for every failure up to max, +-25 % jitter. */
double	backoff_next(struct backoff *);
void	backoff_reset(struct backoff *);

#endif
