/* SPDX-License-Identifier: GPL-2.0-or-later */
/* turn.h - who may connect to a server now?  After a restart of it hundreds of
 * users would like to at once, and servers turn away whoever comes in crowds.
 * One queue a server host, over all users of this process. */
#ifndef BACKENDS_IRC_TURN_H
#define BACKENDS_IRC_TURN_H

#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "backends/irc/flood.h"
#include "util/map.h"

struct gate;

/* A member of whoever waits; all zero: does not wait.  Fields are turn.c's. */
struct turn {
	TAILQ_ENTRY(turn) entry;
	struct gate	*gate;		/* NULL: does not wait */
	bool		 anew;
	void		(*come)(struct turn *);
};

/* A member of struct irc; all zero is valid. */
struct turns {
	struct map	 gates;		/* host -> struct gate */
};

/* True: now, and come will not be called.  False: come is called when it is.
 * Those who come anew and those who come back after a loss take turns, so that
 * nobody who logs in waits behind all the others. */
bool	turn_take(struct turns *, struct ev_loop *, const struct flood_limit *,
	    struct turn *, const char *host, bool anew,
	    void (*come)(struct turn *));
/* Waits no more; fine when it does not. */
void	turn_cancel(struct turn *);
/* The server says that we come too fast: nobody for so many seconds. */
void	turn_hold(struct turns *, struct ev_loop *, const struct flood_limit *,
	    const char *host, double seconds);

#endif
