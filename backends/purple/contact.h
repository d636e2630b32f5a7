/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact.h - the people on the list of one account, as the main process sees
 * them: one contact, where libpurple has a buddy for each group it is in.
 *
 * libpurple has one list for all accounts of the process, and tells of every
 * little change: what has changed is noted, and told once in a while. */
#ifndef BACKENDS_PURPLE_CONTACT_H
#define BACKENDS_PURPLE_CONTACT_H

#include <purple.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "backends/purple/module.h"
#include "backends/purple/session.h"

#define CONTACT_NAME_MAX	512	/* bytes; also of a group */
#define CONTACT_GROUPS_MAX	32

struct contact {
	struct session	*session;
	char		*key;		/* of the map of all: the protocol's
					 * normal form of the name */
	char		*id;		/* what the main process calls them: the
					 * key, as a rule, or what it has called
					 * them first, which normalizes to it */
	GSList		*buddies;	/* never empty, except while dirty; the
					 * ui_data of each is this */
	TAILQ_ENTRY(contact) entry;	/* of the dirty ones */
	uint64_t	 told;		/* digest of the contact message sent
					 * last; 0: none */
	uint64_t	 shown;		/* of contact_presence */
	struct kept_presence *kept;	/* of a buddy that has just left, until
					 * the change is told; or NULL */
	unsigned char	*avatar;	/* SHA-1 of what was told, or NULL */
	bool		 dirty;
	bool		 icon_dirty;	/* look at its picture, too */
	bool		 watched;	/* here because the user wants to know:
					 * the network has no list */
	bool		 passing;	/* was last on the list only while it
					 * was there */
};

extern const struct module contacts_module;

/* The id of somebody, as the main process knows them; of a stranger what the
 * protocol makes of the name.  Lives until the next call of this or of
 * purple_normalize().  NULL: no name to be passed on. */
const char	*contact_id(const PurpleAccount *, const char *who);
/* One who is on the list.  NULL: nobody. */
struct contact	*contact_find(const struct session *, const char *who);
/* How the plug-in calls the one whom the main process means: NULL with text
 * that cannot be a name.  Lives as long as id and the contact. */
const char	*contact_buddy_name(const struct session *, const char *id);
bool		 contacts_empty(const struct session *);
/* Walk over all: size_t at = 0; while ((c = contacts_next(s, &at)) != NULL) */
struct contact	*contacts_next(const struct session *, size_t *at);

/* A buddy is on the list, under this name: its contact, made if need be.  NULL
 * when it is nobody's, one too many, or the user's own account. */
struct contact	*contact_attach(PurpleBuddy *);
/* It is not any more. */
void		 contact_detach(PurpleBuddy *);
static inline struct contact *
contact_of(const PurpleBuddy *buddy)
{
	return buddy->node.ui_data;
}

/* Something is different: tell what soon, in one with all else that changes
 * meanwhile. */
void		 contact_changed(struct contact *);
/* The main process calls it so: unless it has been told another id. */
void		 contact_call(struct contact *, const char *id);
/* Nothing has to be told about its leaving the list. */
void		 contact_forget(struct contact *);

#endif
