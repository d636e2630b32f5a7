/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contacts.h - people of X on the user's list.
 *
 * Whom the user adds is followed on X, whom the user removes is not any more,
 * in every mode.  In mode 1 all who are followed are contacts: each appears
 * with the first post that is shown, and all of them when the list is read,
 * which costs money and happens once in a week at most.  Who was unfollowed
 * elsewhere goes when a list has been read to its end.  Leaving mode 1 takes
 * all these contacts away; those that the user has added by hand stay.
 *
 * X does not say who is online.  Whoever is on the list is shown so, in mode 1
 * with the last post as status. */
#ifndef BACKENDS_TWITTER_CONTACTS_H
#define BACKENDS_TWITTER_CONTACTS_H

#include "backends/twitter/api.h"
#include "backends/twitter/people.h"
#include "backends/twitter/session.h"

/* Mode 1: somebody who is followed has posted this, which is shown.  The
 * contact and its status are told when they have changed.  status may be long,
 * and NULL. */
void	contacts_seen(struct session *, const struct known *,
	    const char *status);

/* Who is followed, as far as it was read; dies with the call. */
struct followed {
	const char *const *contacts;	/* as in struct known, in X's order */
	size_t		 n;
	bool		 whole;		/* these are all */
};

typedef void contacts_done(struct session *, const struct api_answer *,
    const struct followed *, void *ctx);
/* Read the list now, as the user wants to see it; in mode 1 the contacts are
 * told.  As api_call(): done is called once, later, and not after the session.
 * What was read before it came to an end that is not OK is there too. */
void	contacts_refresh(struct session *, contacts_done *, void *ctx);

/* Follow somebody by other ways than the user's list, or not any more: the list
 * is to show it.  pending: the account is protected, and has not answered. */
void	contacts_followed(struct session *, const struct known *,
	    bool pending);
void	contacts_unfollowed(struct session *, const struct known *);

/* Whose direct messages X does not let through, or does again; nor are the
 * posts shown then. */
void	contacts_block(struct session *, const struct known *, bool);
/* The user does not want to see or hear this one. */
bool	contacts_blocked(const struct session *, const char *contact);

void	contacts_up(struct session *);
void	contacts_end(struct session *);
void	contacts_setting(struct session *, const char *name);

#endif
