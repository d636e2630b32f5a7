/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact.h - the people on the network's list of one user.  Facts only. */
#ifndef MANAGER_GATEWAY_CONTACT_H
#define MANAGER_GATEWAY_CONTACT_H

#include <stdbool.h>

#include "manager/gateway/user.h"

enum subscription {
	SUB_NONE, SUB_ASK,	/* we have asked the user, no answer yet */
	SUB_FROM, SUB_TO, SUB_BOTH,
};

struct contact {
	char		*name;		/* on the network; key in user->contacts */
	char		*jid;		/* bare */
	char		*nickname;	/* for humans, or NULL */
	char		*groups;	/* joined by newlines, or NULL */
	char		*status;	/* or NULL */
	char		*avatar_hash;	/* or NULL */
	enum show	 show;
	enum subscription subscription;
	bool		 escaped;	/* its JID is written with XEP-0106 */
	bool		 blocked;
	bool		 ignored;	/* the user said no: not offered again */
	bool		 requested;	/* waits for allow or deny */
	bool		 pending;	/* the XMPP roster has to be told */
	bool		 shown;		/* presence has been sent to the user */
	bool		 watched;	/* the backend knows that it matters */
};

struct contact	*contact_find(const struct user *, const char *name);
/* Names on the network may differ in case from a JID's; of several that differ
 * in nothing else it is the one first seen. */
struct contact	*contact_find_jid(const struct user *, const char *bare);
/* Find or make; NULL when there are CONTACTS_MAX or the name cannot be an
 * address. */
#define CONTACTS_MAX 10000	/* of one user */
struct contact	*contact_add(struct user *, const char *name);
void		 contact_remove(struct user *, struct contact *);
void		 contact_save(struct user *, const struct contact *);
/* From the store, when the user is loaded. */
void		 contacts_load(struct user *, const struct store_contact *,
		    size_t n);
/* One that was known before, under this address; for user_pack.c. */
struct contact	*contact_restore(struct user *, const char *name,
		    const char *jid);
void		 contacts_destroy(struct user *);

/* ---- what session.c and down_presence.c call; written in roster.c */
/* The session is up: bring the XMPP roster up to date (XEP-0356, XEP-0144 or
 * subscription requests, never repeated once answered). */
void		 roster_session_up(struct user *);
/* Server mode: the clients have been kept from seeing the roster. */
void		 roster_push_all(struct user *);
/* A client has become available: presences of all contacts go to it. */
void		 roster_client_up(struct user *, const char *full);
/* It has left, or the session is over (full NULL: to the bare JID). */
void		 roster_client_down(struct user *, const char *full);
/* This contact is new or has another name or groups: the roster is to be told,
 * together with whatever else changes in the same second. */
void		 roster_changed(struct user *, struct contact *);
/* The network has removed it: off the roster; contact_remove() comes next. */
void		 roster_removed(struct user *, const struct contact *);
/* Once a second while user->roster_due is past. */
void		 roster_flush(struct user *);
/* Show one contact's presence, if the user may see it. */
void		 roster_show(struct user *, struct contact *);
/* Tell a backend that is new whose presence matters. */
void		 roster_watch(struct user *);
/* Its presence does not matter any more. */
void		 roster_unwatch(struct user *, struct contact *);
/* The user has registered, or is gone for good. */
void		 roster_registered(struct user *);
void		 roster_unregistered(struct gateway *, const char *bare,
		    const struct store_contact *, size_t n);

#endif
