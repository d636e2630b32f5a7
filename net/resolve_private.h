/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolve_private.h - what resolve.c and srv.c share: one c-ares channel a
 * loop. */
#ifndef NET_RESOLVE_PRIVATE_H
#define NET_RESOLVE_PRIVATE_H

#include <ev.h>

#include "net/nameserver.h"
#include "util/macros.h"

struct channel {
	struct channel	*next;
	struct ev_loop	*loop;
	struct nameservers servers;
	ev_timer	 timer;
	struct socket	*sockets;
};

/* Made at first use, never NULL. */
struct channel	*resolve_channel(struct ev_loop *);
/* Ready for a question, with the name servers of now.  An ARES_ status. */
int		 resolve_refresh(struct channel *) MUST_CHECK;
/* Set the timer, after every question. */
void		 resolve_arm(struct channel *);

#endif
