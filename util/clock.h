/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - seconds that nobody sets back (ev_now() is wall clock). */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <time.h>

static inline double
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
