/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact_client.h - the clients of one contact, where the network tells of
 * them apart.  Most contacts have none: how a contact is as a whole is in
 * struct contact, and is shown beside them. */
#ifndef MANAGER_GATEWAY_CONTACT_CLIENT_H
#define MANAGER_GATEWAY_CONTACT_CLIENT_H

#include "manager/gateway/contact.h"
#include "util/pack.h"

#define CONTACT_CLIENTS_MAX 20			/* of one contact */
#define CONTACT_CLIENTS_BYTES_MAX (8 << 20)	/* of all of one user's */

struct contact_client {
	struct contact_client *next;
	char		*status;	/* or NULL */
	char		*extra;		/* what else is in its presence, to be
					 * written as it is (raw.h); or NULL */
	int64_t		 since;		/* idle: ms since 1970; 0: it is not */
	enum show	 show;		/* it is there: not SHOW_OFFLINE */
	int		 priority;
	bool		 shown;		/* presence has been sent to the user */
	bool		 stale;		/* told in a session that was lost */
	char		 resource[];	/* prepared */
};

/* Is it there, as a whole or with a client; and has the user seen that? */
bool	 contact_is_there(const struct contact *);
bool	 contact_is_shown(const struct contact *);

struct contact_client *contact_client_find(const struct contact *,
	    const char *resource);	/* or NULL */
/* It is there, and so: facts are copied.  NULL when there are too many;
 * *changed: the user has not seen this yet. */
struct contact_client *contact_client_put(struct user *, struct contact *,
	    const char *resource, const struct contact_client *facts,
	    bool *changed);
/* Without a word to anybody. */
void	 contact_client_remove(struct user *, struct contact *,
	    struct contact_client *);
void	 contact_clients_clear(struct user *, struct contact *);

/* A session begins in which all are told again: who is shown stays so for the
 * time being ... */
void	 contact_clients_untold(struct user *);
/* ... it is up now: those not told in a minute will be withdrawn ... */
void	 contact_clients_wait(struct user *);
/* ... which is over: user->presence_due is past. */
void	 contact_clients_sweep(struct user *);

/* The facts of all, into the contact's map; and back. */
void	 contact_clients_pack(const struct contact *, struct packer *);
void	 contact_clients_unpack(struct user *, struct contact *,
	    const struct packed *);

#endif
