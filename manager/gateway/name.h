/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name.h - names on the network as JIDs and back, exactly as the C++ program
 * does it, since rosters are full of them:
 *	jid_escaping on		XEP-0106
 *	off, or the network	the last '@' becomes '%'
 *	says no_jid_escaping
 * Back: a node without escape sequences has its last '%' turned into '@';
 * otherwise all sequences are unescaped. */
#ifndef MANAGER_GATEWAY_NAME_H
#define MANAGER_GATEWAY_NAME_H

#include "manager/gateway/gateway.h"

/* What a contact speaks as, since clients cache by full JID. */
#define CONTACT_RESOURCE "bot"

/* bare JID of a contact or room, NULL when it cannot be one. */
char	*name_to_jid(const struct gateway *, struct arena *, const char *name);
/* The same with CONTACT_RESOURCE: who a contact's messages come from. */
char	*name_to_full(const struct gateway *, struct arena *, const char *name);
/* The same of one of its clients, as the network names it; one that cannot be a
 * resource, or is none, is the contact. */
char	*name_to_client(const struct gateway *, struct arena *,
	    const char *name, const char *resource);
/* The resource it is shown with; NULL: it is the contact. */
char	*name_resource(struct arena *, const char *resource);
/* Which client of a contact an address means; NULL: whichever. */
const char *name_client(const struct jid *to);
/* Name of a prepared node. */
char	*name_from_node(struct arena *, const char *node);
/* Is this the id of a room by its looks?  (feature "room_prefixes=#&+!") */
bool	 name_is_room(const struct gateway *, const char *name);
/* Is it a server?  Where there are several (feature "networks") people and
 * rooms have theirs behind an '@', so what has none and is no room is one. */
bool	 name_is_server(const struct gateway *, const char *name);

#endif
