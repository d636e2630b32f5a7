/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact.h - the people on the network's list of one user.  Facts only. */
#ifndef MANAGER_GATEWAY_CONTACT_H
#define MANAGER_GATEWAY_CONTACT_H

#include <stdbool.h>

#include "manager/gateway/iq.h"
#include "manager/gateway/user.h"

#define GROUPS_MAX 16		/* of one contact */

enum subscription {
	SUB_NONE, SUB_ASK,	/* we have asked the user, no answer yet */
	SUB_FROM, SUB_TO, SUB_BOTH,
};

/* Two lists are about the same person: the network's (listed, network) and the
 * user's roster on XMPP (subscription). */
struct contact {
	char		*name;		/* on the network; key in user->contacts */
	char		*jid;		/* bare */
	char		*nickname;	/* for humans, or NULL */
	char		*groups;	/* joined by newlines, or NULL */
	char		*status;	/* or NULL */
	char		*avatar_hash;	/* or NULL */
	struct contact_client *clients;	/* contact_client.h; or NULL */
	enum show	 show;		/* as a whole, not of its clients */
	int64_t		 since;		/* idle: ms since 1970; 0: it is not */
	enum subscription subscription;	/* what XMPP has agreed to */
	enum subscription network;	/* what the network says; SUB_BOTH
					 * until it says something; SUB_ASK:
					 * the contact has not answered */
	double		 changed;	/* ev_now() when the network has last
					 * told another name or groups */
	bool		 escaped;	/* its JID is written with XEP-0106 */
	bool		 blocked;
	bool		 ignored;	/* the user said no: not offered again */
	bool		 requested;	/* waits for allow or deny */
	bool		 listed;	/* it is on the network's list */
	bool		 told;		/* so the network says in this session */
	bool		 stated;	/* it says who may see whom (network) */
	bool		 adding;	/* it is being put there */
	bool		 waits;		/* the user's subscription request is
					 * not answered yet */
	bool		 pending;	/* the XMPP roster has to be told */
	bool		 shown;		/* presence has been sent to the user */
	bool		 stale;		/* ... and told in a session that was
					 * lost */
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
/* Does it belong on the roster?  Not one that only wants to, or is only
 * blocked. */
bool		 contact_is_friend(const struct contact *);
/* "both" ...; NULL is none. */
enum subscription subscription_parse(const char *);
/* Another list of groups; true when that changes anything. */
bool		 contact_set_groups(struct contact *, const struct strs *);
bool		 contact_set_name(struct contact *, const char *);
void		 contact_save(struct user *, const struct contact *);
/* From the store, when the user is loaded. */
void		 contacts_load(struct user *, const struct store_contact *,
		    size_t n);
/* One that was known before, under this address; for user_pack.c. */
struct contact	*contact_restore(struct user *, const char *name,
		    const char *jid);
/* A session begins: what the network has is not known. */
void		 contacts_untold(struct user *);
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
/* Server mode: the same at once. */
void		 roster_push(struct user *, struct contact *);
/* The network says how things stand with this contact: the user is told. */
void		 roster_network(struct user *, struct contact *,
		    enum subscription);
/* Behind a server whose rosters we may read (XEP-0356): has the user changed
 * names or groups of contacts?  Asked now, unless that was a moment ago. */
void		 roster_read(struct user *);
/* A session begins: in a moment. */
void		 roster_read_soon(struct user *);
/* How the user has put this contact on the roster there: into the contact, in
 * which the name and the groups are new; done comes once, and later. */
enum roster_item { ITEM_UNKNOWN /* nothing could be read */, ITEM_THERE,
	ITEM_GONE };
typedef void roster_item_read(struct gateway *, void *ctx, enum roster_item);
void		 roster_read_item(struct user *, const struct contact *,
		    roster_item_read *done, void *ctx);
/* An item as the user has it now. */
void		 roster_compare(struct user *, struct arena *,
		    const struct stanza *item, double since);
/* Behind a server: the contact lets the user see it, and the user has been told
 * so.  The other half of it goes onto the roster where the network has it. */
void		 roster_agreed(struct user *, struct contact *);
/* The network has removed it: off the roster; contact_remove() comes next. */
void		 roster_removed(struct user *, const struct contact *);
/* When user->roster_due is past, and roster_soon has fired or a second is over. */
void		 roster_flush(struct user *);
/* Show one contact's presence, and its clients that have not been shown, if
 * the user may see it. */
void		 roster_show(struct user *, struct contact *);
/* One of its clients is so now. */
void		 roster_show_client(struct user *, struct contact *,
		    struct contact_client *);
/* The user is not to see it any more: whatever is shown is withdrawn. */
void		 roster_hide(struct user *, struct contact *);
/* Tell a backend that is new whose presence matters. */
void		 roster_watch(struct user *);
/* Its presence does not matter any more. */
void		 roster_unwatch(struct user *, struct contact *);
/* XEP-0356: write an item onto the roster of a user of the server; subscription
 * as in say_roster_item(). */
void		 roster_put(struct gateway *, const char *bare,
		    const struct contact *, const char *subscription,
		    iq_answer *, void *ctx);
/* The user has registered, or is gone for good. */
void		 roster_registered(struct user *);
void		 roster_unregistered(struct gateway *, const char *bare,
		    const struct store_contact *, size_t n);

#endif
