/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - seconds that nobody sets back (ev_now() is wall clock). */
#ifndef MANAGER_POOL_CLOCK_H
#define MANAGER_POOL_CLOCK_H

#include <time.h>

static inline double
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
