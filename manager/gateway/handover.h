/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover.h - all that the gateway knows, from one run of the program to the
 * next: users with their clients, contacts, rooms and messages.
 *
 *	handover.c	the gateway itself, and requests in flight
 *	user_pack.c	one user
 *	room_pack.c	the rooms of a user
 *
 * What concerns the network's side of a session is in its backend, which stays
 * as it is; what is here makes XMPP see no difference. */
#ifndef MANAGER_GATEWAY_HANDOVER_H
#define MANAGER_GATEWAY_HANDOVER_H

#include "manager/gateway/user.h"
#include "util/pack.h"

/* The last moment before gateway_handover(): what cannot be handed over is
 * brought to an end (our own iqs). */
void	 gateway_settle(struct gateway *);
/* Into a map that is open. */
void	 gateway_handover(struct gateway *, struct packer *);
/* Before gateway_start(), and before anything calls the gateway; pool and link
 * are not there yet. */
void	 gateway_adopt(struct gateway *, const struct packed *);

/* For pool_events. */
bool	 handover_pack_request(void *ctx, enum method, rpc_reply *, void *rctx,
	    struct packer *);
int	 handover_unpack_request(void *ctx, enum method,
	    const struct packed *, rpc_reply **, void **rctx);

/* user_pack.c: into a map without a name, and back. */
void	 user_pack(struct user *, struct packer *);
void	 user_unpack(struct gateway *, const struct packed *);

/* room_pack.c: into a list, and back. */
void	 rooms_pack(struct user *, struct packer *);
void	 rooms_unpack(struct user *, const struct packed *);
/* Ask again for what was asked when we were replaced. */
void	 rooms_resume(struct user *);
/* The store is there: what rooms had of it. */
void	 rooms_reload(struct user *);

#endif
