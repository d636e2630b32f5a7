/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool.h - what waits is kept in the store, so that it outlives us.
 *
 * To the network: a message that waits for a session is there from the moment
 * it waits until it is sent or answered.  To XMPP: what the link has not
 * delivered is put there when we stop.  Where the store keeps nothing over a
 * restart, nothing of this happens. */
#ifndef MANAGER_GATEWAY_SPOOL_H
#define MANAGER_GATEWAY_SPOOL_H

#include "manager/gateway/user.h"

/* Does anything that waits outlive us? */
bool	 spool_keeps(const struct gateway *);
/* It waits; does nothing when spool_max is reached. */
void	 spool_put(struct user *, struct outgoing *);
/* It does not any more. */
void	 spool_drop(struct outgoing *);
/* At the start: what waited goes on waiting, and its users are logged in. */
void	 spool_load(struct gateway *);
/* Once a second: what the link has delivered need not be kept. */
void	 spool_tick(struct gateway *);
/* At the end: what the link has not delivered. */
void	 spool_save(struct gateway *);

#endif
