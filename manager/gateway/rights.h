/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rights.h - what the XMPP servers let us do for their users (XEP-0356).
 * Rights belong to a domain, not to a connection (the servers differ in which
 * connection they tell). */
#ifndef MANAGER_GATEWAY_RIGHTS_H
#define MANAGER_GATEWAY_RIGHTS_H

#include <stdbool.h>

#include "manager/gateway/gateway.h"
#include "util/pack.h"

struct rights {
	const char	*ns;		/* NS_PRIVILEGE2 or NS_PRIVILEGE1 */
	bool		 roster_get, roster_set;
	bool		 message;	/* outgoing, on behalf of users */
	bool		 presence_roster;
};

/* Of the server of a JID; never NULL. */
const struct rights *rights_of(const struct gateway *, const char *jid);
/* It refused although it had said so (ejabberd 23.01: roster set). */
void	rights_refused_roster_set(struct gateway *, const char *jid);
/* Over an upgrade, as servers grant only once: into a list, and back. */
void	rights_pack(const struct gateway *, struct packer *);
void	rights_unpack(struct gateway *, const struct packed *);
void	rights_destroy(struct gateway *);

#endif
