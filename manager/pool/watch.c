/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a backend alive?  It is pinged, and what we write must move.  One that is
 * silent for a ping's time is woken first, as it may only have been stopped;
 * after twice that time it hangs. */
#include <signal.h>

#include "manager/pool/backend.h"
#include "manager/pool/proc.h"
#include "manager/pool/talk.h"

#define PATIENCE	(2 * BACKEND_TICKS)
#define DOUBT		(BACKEND_TICKS / 2)

static void
wake(struct backend *b)
{
	if (b->pid <= 1 || b->exited)
		return;
	if (proc_is_stopped(b->pid))
		backend_changed(b, LOG_WARN, "woken: somebody had stopped it");
	else
		backend_log(b, LOG_INFO, "gives no sign of life for %g s",
		    b->limits.ping_interval);
	kill(-b->pid, SIGCONT);
}

/* Ticks without a sign of life. */
static unsigned
silence(struct backend *b)
{
	bool moves = b->channel.written != b->last_written;

	b->last_written = b->channel.written;
	b->stuck_ticks = channel_queued(&b->channel) == 0 || moves ?
	    0 : b->stuck_ticks + 1;
	/* A ping behind other messages is on its way while those move. */
	if (b->pinging && b->channel.written >= b->ping_end)
		b->ping_ticks++;
	return b->pinging && b->ping_ticks > b->stuck_ticks ? b->ping_ticks :
	    b->stuck_ticks;
}

/* A sign of life may be behind much else in its pipe. */
static bool
is_hung(struct backend *b)
{
	channel_read_rest(&b->channel);
	return backend_serves(b) && (b->stuck_ticks >= PATIENCE ||
	    (b->pinging && b->ping_ticks >= PATIENCE));
}

bool
backend_is_silent(const struct backend *b)
{
	return b->stuck_ticks >= DOUBT ||
	    (b->pinging && b->ping_ticks >= DOUBT);
}

/* Counts ticks, not seconds: when it was us who slept, stopped or swapped out,
 * there was one tick however long it took, and no backend pays for it. */
void
backend_tick(struct backend *b)
{
	unsigned silent;

	b->ticks++;
	if (b->channel.held) {		/* its answer waits for us to read */
		b->last_written = b->channel.written;
		return;
	}
	silent = silence(b);
	if (silent >= PATIENCE && is_hung(b))
		backend_fail(b, BACKEND_TIMEOUT, "hung: %s for %g s",
		    b->stuck_ticks >= PATIENCE ? "has read nothing" :
		    "no answer to ping", 2 * b->limits.ping_interval);
	else if (silent == BACKEND_TICKS)
		wake(b);
	if (!backend_serves(b))
		return;			/* by now */
	if (!b->pinging && b->ticks % BACKEND_TICKS == 0)
		talk_ping(b);
	b->owner->tick(b);
}
