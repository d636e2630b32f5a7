/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room.h - the timeline as a room, #twitter, whose occupants are the user and
 * whoever has written something lately. */
#ifndef BACKENDS_TWITTER_ROOM_H
#define BACKENDS_TWITTER_ROOM_H

#include <stdbool.h>

#include "backends/twitter/page.h"
#include "backends/twitter/session.h"

#define ROOM		"#twitter"

/* The user is in it. */
bool	room_joined(const struct session *);
/* Ask the user in, once. */
void	room_invite(struct session *);
/* Is there an occupant of this nick, which is a name of X?  Case does not
 * matter. */
bool	room_has(const struct session *, const char *nick);
/* Somebody says something: is there from now on. */
void	room_enter(struct session *, const struct person *);

void	room_setting(struct session *, const char *name);
void	room_end(struct session *);

#endif
