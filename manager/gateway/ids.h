/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ids.h - how the user's own messages are called on both sides: clients know
 * them by the id that they gave, the network by its own.  In rooms both use
 * the network's (XEP-0359), so this is about all others. */
#ifndef MANAGER_GATEWAY_IDS_H
#define MANAGER_GATEWAY_IDS_H

#include "manager/gateway/user.h"
#include "util/pack.h"

#define IDS_MAX 200		/* of one user: the newest */

/* Sent under this id, and called network by the network. */
void		 ids_note(struct user *, const char *origin,
		    const struct strs *network);
/* Each returns the other's name for it, or what it was given (NULL is fine). */
const char	*ids_network(const struct user *, const char *id);
const char	*ids_origin(const struct user *, const char *id);
void		 ids_free(struct ids *);

/* The handover: into the user's facts, and out of them. */
void		 ids_pack(const struct user *, struct packer *);
void		 ids_unpack(struct user *, const struct packed *facts);

#endif
