/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caps.h - who can do what (XEP-0030, XEP-0115): our contacts, and the users'
 * clients as far as we have had to ask. */
#ifndef MANAGER_GATEWAY_CAPS_H
#define MANAGER_GATEWAY_CAPS_H

#include "manager/gateway/user.h"
#include "manager/xmpp/xml.h"

#define CAPS_NODE "spectrum"	/* as the C++ program */

/* The verification strings of every contact and of the gateway itself. */
const char	*caps_of_contacts(struct gateway *);
const char	*caps_of_gateway(struct gateway *);
/* <c/> with it, inside an open presence: of contacts and of occupants; and of
 * the gateway. */
void		 caps_put(struct gateway *, struct xml *);
void		 caps_put_self(struct gateway *, struct xml *);
/* What the network is, such as "irc"; never empty. */
const char	*caps_network_type(const struct gateway *);
/* Is this the node that such a <c/> names? */
bool		 caps_is_node(const char *node, const char *ver);
/* Identities and features, inside an open query element. */
void		 caps_put_contact(const struct gateway *, struct xml *);
void		 caps_put_gateway(const struct gateway *, struct xml *);

/* Does this client want roster item exchange (XEP-0144)?  done comes later,
 * with false when the client does not answer. */
void		 caps_ask_rosterx(struct gateway *, const char *full,
		    void (*done)(struct gateway *, const char *full,
		    bool wants));
/* The same: does it want to know of pictures (XEP-0084 4.1)? */
void		 caps_ask_avatars(struct gateway *, const char *full,
		    void (*done)(struct gateway *, const char *full,
		    bool wants));

#endif
