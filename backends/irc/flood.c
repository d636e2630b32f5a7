/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bucket that keeps servers from throwing a user out for flooding. */
#include "backends/irc/flood.h"

void
flood_init(struct flood *f, const struct flood_limit *limit, double now)
{
	f->tokens = (float)limit->burst;
	f->then = now;
}

static void
fill(struct flood *f, const struct flood_limit *limit, double now)
{
	/* A clock that was set back must not empty the bucket. */
	if (now > f->then)
		f->tokens += (float)((now - f->then) * limit->rate);
	if (f->tokens > limit->burst)
		f->tokens = (float)limit->burst;
	f->then = now;
}

bool
flood_take(struct flood *f, const struct flood_limit *limit, double now)
{
	if (limit->burst <= 0)
		return true;
	fill(f, limit, now);
	if (f->tokens < 1)
		return false;
	f->tokens -= 1;
	return true;
}

double
flood_wait(struct flood *f, const struct flood_limit *limit, double now,
    unsigned lines)
{
	if (limit->burst <= 0)
		return 0;
	fill(f, limit, now);
	return f->tokens >= lines ? 0 : (lines - f->tokens) / limit->rate;
}

unsigned
flood_within(struct flood *f, const struct flood_limit *limit, double now,
    double seconds)
{
	fill(f, limit, now);
	return seconds <= 0 ? 0 : (unsigned)(f->tokens + seconds * limit->rate);
}
