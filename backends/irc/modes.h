/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modes.h - the modes of a channel as a form, by the server's CHANMODES. */
#ifndef BACKENDS_IRC_MODES_H
#define BACKENDS_IRC_MODES_H

#include "backends/irc/network.h"

/* Answered by room_config's result: the user's settings for the room, then the
 * modes. */
void	modes_get(struct network *, request_t, struct channel *);
/* The modes of that form, filled in; other fields are passed over.  Answered when the server has them so, or
 * has refused. */
void	modes_set(struct network *, request_t, struct channel *,
	    const struct pairs *);

/* 324 and 329. */
void	modes_line(struct network *, struct line *);
void	modes_created(struct network *, struct line *);
/* The server does not do one of the changes; true: it was one of ours. */
bool	modes_refused(struct network *, const struct line *, const char *code);

#endif
