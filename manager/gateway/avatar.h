/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avatar.h - pictures.
 *
 * Those of contacts are kept in memory, the last ones of the whole instance:
 * after a restart the network tells them again, or is asked (profile).  XMPP
 * knows two ways: a hash in presence and the picture in the vCard (XEP-0153),
 * and events of the contact's address (XEP-0084, avatar_pep.c).
 *
 * The user's own goes to the network when it changes (avatar_own.c). */
#ifndef MANAGER_GATEWAY_AVATAR_H
#define MANAGER_GATEWAY_AVATAR_H

#include "manager/gateway/contact.h"
#include "manager/gateway/digest.h"
#include "manager/gateway/down.h"

#define AVATAR_MAX	(256 * 1024)	/* bytes of one */
#define AVATAR_ID_SIZE	DIGEST_SIZE
#define AVATAR_SETTING	"avatar"	/* the id that the network was given */

struct avatar {
	TAILQ_ENTRY(avatar) entry;	/* newest use first */
	char		 id[AVATAR_ID_SIZE];
	char		 type[32];	/* media type */
	bool		 published;	/* by a client, not told by the network */
	size_t		 len;
	unsigned char	 data[];
};

/* Keep it; NULL: it is empty or too large.  Valid until the loop's next turn. */
const struct avatar *avatar_keep(struct gateway *, const char *type,
	    const void *data, size_t len);
/* The same for what the user has published, in place of what he published
 * before: nobody can push out what others have. */
const struct avatar *avatar_publish(struct user *, const void *data,
	    size_t len);
/* NULL: not here (id may be NULL). */
const struct avatar *avatar_find(struct gateway *, const char *id);
void	 avatars_destroy(struct gateway *);

/* base64 (RFC 4648 4) and back: with line breaks, as in vCards.  len 0: it is
 * none, or too large. */
char	*avatar_encode(const void *data, size_t len);
struct bin avatar_decode(struct arena *, const char *text);

/* ---- avatar_pep.c */
/* A client has come: is it one that wants events? */
void	 avatar_client_up(struct user *, const char *full);
/* Tell the clients that want to know; empty: it has none any more. */
void	 avatar_tell(struct user *, const struct contact *);

/* ---- avatar_own.c */
/* Presence of a client behind a server has the hash (XEP-0153). */
void	 avatar_note(struct user *, const struct down *);
/* Is that another picture than the network was given?  Then it gets it. */
void	 avatar_look(struct user *);

#endif
