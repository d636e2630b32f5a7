/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact.h - the people of an account: those on its roster (roster.c), those
 * it has blocked (block.c), and how they are (contact_presence.c). */
#ifndef BACKENDS_XMPP_CONTACT_H
#define BACKENDS_XMPP_CONTACT_H

#include <ev.h>

#include "backends/xmpp/resource.h"
#include "backends/xmpp/session.h"

#define CONTACTS_MAX		10000	/* as many as the main process takes */
#define CONTACT_NAME_MAX	512	/* bytes; also of a group */
#define CONTACT_GROUPS_MAX	32
#define CONTACT_STATUS_MAX	1024	/* bytes */
#define CONTACT_HASH_SIZE	41	/* SHA-1, hex */

struct contact {
	char		*jid;		/* bare, prepared; key of the map */
	bool		 listed;	/* on the roster */
	bool		 blocked;
	bool		 marked;	/* in the list that is being read */
	char		*name;		/* or NULL */
	char		*groups[CONTACT_GROUPS_MAX];
	size_t		 ngroups;
	const char	*subscription;	/* as in the message contact */
	struct resources resources;
	bool		 there;		/* so it was told last */
	char		*status;	/* of who is not there */
	char		 hash[CONTACT_HASH_SIZE];	/* of the picture; "":
							 * not known, or none */
	bool		 published;	/* and it is there by XEP-0084 */
};

struct contacts {
	struct session	*session;
	struct map	 by_jid;
	ev_timer	 settle;	/* stale presence is believed so long */
	bool		 told;		/* the whole list, once */
	bool		 pictured;	/* it is known what the user's own is */
	char		 hash[CONTACT_HASH_SIZE];	/* that; "": none */
};

/* NULL: nobody, or text that can be no name.  Names are prepared here. */
struct contact	*contact_find(struct session *, const char *jid);
/* Made, if need be; NULL: one too many, or no name. */
struct contact	*contact_get(struct session *, const char *jid);
/* Free it, if there is no reason left to know it. */
void		 contact_prune(struct session *, struct contact *);
/* What the roster says. */
void		 contact_tell(struct session *, struct contact *);
/* The user's picture of it is another one; "" is none. */
void		 contact_set_hash(struct session *, struct contact *,
		    const char *hash, bool published);
/* Is the user to be seen by it? */
bool		 contact_sees(struct contact *);
/* And is it to be seen by the user? */
bool		 contact_is_seen(const struct contact *);

/* Nothing is known any more of how they are. */
void		 contacts_unseen(struct session *);

/* ---- contact_presence.c */
bool		 contact_presence(struct session *, xmpp_stanza_t *);
/* None of its clients is there. */
void		 contact_absent(struct session *, struct contact *,
		    const char *status);
/* Those that were heard of in a session before only, are not there. */
void		 contact_sweep(struct session *, struct contact *);

/* Row of session.c's table. */
void		 contacts_begin(struct session *);
void		 contacts_online(struct session *);
bool		 contacts_stanza(struct session *, xmpp_stanza_t *);
void		 contacts_end(struct session *);

#endif
