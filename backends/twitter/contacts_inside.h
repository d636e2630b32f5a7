/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contacts_inside.h - what contacts.c (what was told), contacts_read.c (the
 * list of X) and contacts_down.c (what the user wants) know of each other. */
#ifndef BACKENDS_TWITTER_CONTACTS_INSIDE_H
#define BACKENDS_TWITTER_CONTACTS_INSIDE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/twitter/contacts.h"
#include "util/map.h"

#define CONTACTS_MAX	10000	/* of a session: more has no user of ours */

struct walk;

/* One on the user's list, or told to be.  Hashes save the texts; 0: none was
 * told. */
struct contact {
	uint32_t	 name, status, picture;	/* of the last that was told */
	bool		 told;		/* in this session, by contact */
	bool		 online;	/* and so it was told */
	bool		 renamed;	/* by the user, in this session */
	char		 id[];		/* as in struct known */
};

struct contacts {
	struct map	 all;		/* struct contact */
	enum mode	 mode;		/* as last told */
	struct walk	*walk;		/* of contacts_read.c, or NULL */
	ev_timer	 due;		/* the list is to be read then */
	time_t		 profiles_since;	/* of profile.c: how many */
	unsigned	 profiles;	/* cost money since then */
};

/* In contacts.c.  NULL: there are too many. */
struct contact	*contacts_get(struct session *, const char *id);
void		 contacts_tell(struct session *, struct contact *,
		    const char *name, const char *subscription);
void		 contacts_online(struct session *, struct contact *,
		    const char *status);
/* It is on the list of those who are followed: as contacts_seen(), without a
 * post. */
void		 contacts_listed(struct session *, const struct known *);
/* These are all, in any order: others are gone. */
void		 contacts_only(struct session *,
		    const char (*ids)[CONTACT_SIZE], size_t n);
void		 contacts_drop(struct session *, const char *id);

/* In contacts_read.c.  Mode 1 has begun, or a session in it; it is over; the
 * session is, in whatever mode. */
void		 contacts_read_begin(struct session *);
void		 contacts_read_stop(struct session *);
void		 contacts_read_end(struct session *);

#endif
