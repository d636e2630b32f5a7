/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client_caps.h - what the user's clients can do, for a network whose people
 * ask that (feature "raw": features of presence).  A client says in its
 * presence which program it is (XEP-0115) and is asked what that means, unless
 * another of the same kind has proved it. */
#ifndef MANAGER_GATEWAY_CLIENT_CAPS_H
#define MANAGER_GATEWAY_CLIENT_CAPS_H

#include "manager/gateway/user.h"
#include "manager/xmpp/stanza.h"
#include "util/pack.h"

#define CLIENT_FEATURES_MAX	128	/* of one, and of all told */
#define CLIENT_FEATURE_BYTES	200	/* of one */
#define CLIENT_KINDS_MAX	200	/* known at a time */

/* A client's presence. */
void	 client_caps_note(struct user *, struct client *,
	    const struct stanza *presence);
/* A session is new: its backend knows nothing.  Who is not known is asked. */
void	 client_caps_session_up(struct user *);
/* session_presence(), if the backend does not know what there is to tell. */
void	 client_caps_tell(struct user *);
/* Into what is about to be told: when it is not what was told last. */
void	 client_caps_fill(struct user *, struct arena *, struct msg_presence *);
/* The client goes. */
void	 client_caps_drop(struct client *);

/* Is this what ver stands for (XEP-0115 5.4, SHA-1)?  Not proved where it has
 * forms, or what could be taken for something else in the hash. */
bool	 client_caps_verify(const struct stanza *query, const char *ver);

/* The known kinds, into a list; and back, before the users. */
void	 client_caps_pack(const struct gateway *, struct packer *);
void	 client_caps_unpack(struct gateway *, const struct packed *);
/* Of one client: the kind it is of. */
void	 client_caps_restore(struct gateway *, struct client *,
	    const char *caps);
void	 client_caps_destroy(struct gateway *);

#endif
