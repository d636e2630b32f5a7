/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer.h - the one whom words are from or for: a contact, or somebody in a room
 * whom a plug-in treats like one. */
#ifndef BACKENDS_PURPLE_PEER_H
#define BACKENDS_PURPLE_PEER_H

#include <stdbool.h>

#include "backends/purple/session.h"

#define PEER_MAX 512	/* bytes of a name that is not nonsense */

struct peer {
	char		 id[PEER_MAX];	/* of the contact */
	const char	*room, *nick;	/* or NULL; for this turn */
};

/* Who is this, in words of the main process?  False: a name that cannot be
 * passed on. */
bool		 peer_of(struct session *, const char *who, struct peer *);
/* What the plug-in calls a contact; NULL: no name at all.  For the length of
 * a call. */
const char	*peer_name(struct session *, const char *id);

#endif
