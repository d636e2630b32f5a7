/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_seen.h - the last messages of a room by what tells one from another, so
 * that one that the network tells again, from its own history or that of a
 * bouncer, is known. */
#ifndef MANAGER_GATEWAY_ROOM_SEEN_H
#define MANAGER_GATEWAY_ROOM_SEEN_H

#include "manager/gateway/past.h"

struct room_seen;

/* *seen is made when it is NULL.  One that has a stanza id is known by that, one
 * that has none (or that we have given) by the rest; one from the archive by
 * both, as nobody knows whose its id is. */
void		 room_seen_add(struct room_seen **seen, const struct past *);
void		 room_seen_add_both(struct room_seen **seen,
		    const struct past *);
/* An old one (its time is the network's): was it seen?  By its stanza id; else
 * by author, text and time, where one that was heard live had another clock's,
 * and counts for one old one. */
bool		 room_seen_has(struct room_seen *, const struct past *);
void		 room_seen_destroy(struct room_seen *);	/* NULL is fine */

enum { ROOM_SEEN_MAX = 128 };

#endif
