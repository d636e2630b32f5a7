/* SPDX-License-Identifier: GPL-2.0-or-later */
/* occupant.h - who is in a room.
 *
 * To libpurple an occupant has a name, which for some networks is an id that
 * nobody wants to read, and an alias.  The main process knows a nick, which is
 * the alias where there is one, and never the same for two. */
#ifndef BACKENDS_PURPLE_OCCUPANT_H
#define BACKENDS_PURPLE_OCCUPANT_H

#include "backends/purple/room_state.h"

/* What the main process calls the one with this name; lives until the next
 * change in the room. */
const char	*occupant_nick(const struct room *, const char *name);
/* libpurple's name of a nick; NULL: nobody has it. */
const char	*occupant_name(const struct room *, const char *nick);
/* Is it the user?  Not by libpurple's flag, to which Ana and ANA are one. */
bool		 occupant_is_me(const struct room *, const char *name);
/* The main process hears of all, the user last, and the nick of that one is
 * returned. */
const char	*occupants_tell(struct room *);
/* Something of an occupant has changed that libpurple does not keep. */
void		 occupant_tell(struct room *, const char *name);
void		 occupants_finish(struct room *);
void		 occupants_init(void);

#endif
