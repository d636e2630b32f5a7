/* SPDX-License-Identifier: GPL-2.0-or-later */
/* direct_id.h - what the ids of conversations and messages say, and the names
 * in front of a text: nothing of X is asked for that. */
#ifndef BACKENDS_TWITTER_DIRECT_ID_H
#define BACKENDS_TWITTER_DIRECT_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/twitter/page.h"

/* Clients take what begins with # for a room before they have joined it; the
 * room is known without that, too. */
#define DIRECT_ROOM		"#dm-"
#define DIRECT_ROOM_SIZE	(sizeof(DIRECT_ROOM) + PAGE_ID_MAX)

/* Of a conversation of two people, "ID-ID", one of whom is me: who is the other
 * one?  Into peer; somebody may write to oneself.  false: it is none. */
bool		 direct_id_peer(const char *conversation, const char *me,
		    char peer[PAGE_ID_MAX + 1]);
/* Is this a conversation of any number of people? */
bool		 direct_id_is_group(const char *conversation);
/* The conversation of a room, or the event of a message; NULL: it is none.
 * Part of what was given. */
const char	*direct_id_of_room(const char *room);
const char	*direct_id_of_message(const char *id);

/* When an event was made, by its id: ms since 1970. */
int64_t		 direct_id_time(const char *event);

/* "@anna, @bob TEXT": how many names are there, max at most, without @?  *text:
 * what follows. */
#define DIRECT_NAME_SIZE	31
size_t		 direct_id_names(const char *line,
		    char (*names)[DIRECT_NAME_SIZE], size_t max,
		    const char **text);

#endif
