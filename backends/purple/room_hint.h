/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_hint.h - what the wire says of an occupant and the plug-in keeps to
 * itself.
 *
 * A plug-in that lets us see what it reads (prpl-jabber, prpl-irc) does so
 * before it acts on it: what is noted then explains the events that follow, up
 * to the next thing it reads, or the end of the turn. */
#ifndef BACKENDS_PURPLE_ROOM_HINT_H
#define BACKENDS_PURPLE_ROOM_HINT_H

#include <purple.h>
#include <stdbool.h>

struct room;

struct room_hint {
	PurpleConnection *gc;		/* NULL: there is none */
	char		*room;		/* the network's name of it; NULL: any */
	char		*name;		/* the occupant's; may be NULL */
	bool		 self;		/* it is the user */
	bool		 hush;		/* system messages say nothing new */
	const char	*how;		/* as in room_occupant_gone, or NULL */
	const char	*show;		/* these as in room_occupant, or NULL */
	const char	*role;
	const char	*affiliation;
	char		*status;
	char		*actor;
	char		*reason;
	char		*id;		/* of a message */
	char		*sent_id;	/* the sender's own id of it */
};

/* Forget the last one; the new one is of this connection, to be filled in.
 * It owns its strings. */
struct room_hint *room_hint_new(PurpleConnection *);
/* About this occupant of the room, or about the room (name NULL)?  NULL: no. */
const struct room_hint *room_hint(const struct room *, const char *name);
/* Is what this plug-in says in words at the moment known already? */
bool	room_hint_hushed(const PurpleConnection *);
void	room_hint_forget(const PurpleConnection *);

#endif
