/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolve_private.h - what resolve.c and srv.c share: one c-ares channel a
 * loop. */
#ifndef NET_RESOLVE_PRIVATE_H
#define NET_RESOLVE_PRIVATE_H

#include <ares.h>
#include <ev.h>
#include <stddef.h>
#include <time.h>

struct channel {
	struct channel	*next;
	struct ev_loop	*loop;
	ares_channel	 ares;		/* NULL: could not be opened */
	ev_timer	 timer;
	struct socket	*sockets;
	size_t		 queries;	/* asked and not answered */
	struct timespec	 stamp;		/* of resolv.conf when it was read */
};

/* Made at first use, never NULL. */
struct channel	*resolve_channel(struct ev_loop *);
/* Ready for a question, with the name servers of now.  An ARES_ status. */
int		 resolve_refresh(struct channel *);
/* Set the timer, after every question. */
void		 resolve_arm(struct channel *);
/* An ARES_ status in words; static. */
const char	*resolve_explain(int status);

#endif
