/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw_address.h - between whom does a stanza pass that goes as it is? */
#ifndef MANAGER_GATEWAY_RAW_ADDRESS_H
#define MANAGER_GATEWAY_RAW_ADDRESS_H

#include "manager/gateway/down.h"
#include "manager/gateway/up.h"
#include "protocol/schema.h"

/* Fill in from whom and to whom; borrowed from d.  false: there is nobody on
 * the network who could be meant, or no session. */
bool		 raw_address(const struct down *, struct msg_stanza *) MUST_CHECK;
/* The address of who says it on the network; NULL: that is none, or nobody in
 * a room that the user is in. */
const char	*raw_source(const struct up *, struct arena *,
		    const struct msg_stanza_up *);
/* The addresses in a list of discovered items (XEP-0030) inside of this are
 * the network's: make them ours. */
void		 raw_map_items(const struct gateway *, struct arena *,
		    const struct stanza *parent);
/* The client that is meant, a full JID; NULL: it is not there.  None is named:
 * the one with the highest priority. */
const char	*raw_client(const struct user *, struct arena *,
		    const struct msg_stanza_up *);

#endif
