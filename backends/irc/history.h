/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history.h - what was said while we were not there (draft/chathistory). */
#ifndef BACKENDS_IRC_HISTORY_H
#define BACKENDS_IRC_HISTORY_H

#include "backends/irc/network.h"

/* The room is joined: ask for what we have missed since we were last in it, or
 * for the usual few messages; a few rooms at a time, and not before what the
 * user says. */
void	history_joined(struct network *, struct channel *);
/* Ask for those whose turn has come; network->history_due: call it again. */
void	history_move(struct network *);
/* The main process wants some. */
void	history_ask(struct network *, request_t, struct channel *,
	    const struct msg_room_history *);

/* A message of a chathistory batch; true: it is not to be told, as somebody
 * asked for it in particular, or as it was heard live. */
bool	history_takes(struct network *, const struct channel *,
	    const struct line *, unsigned long label);
/* Such a batch is complete. */
void	history_ended(struct network *, const char *target,
	    unsigned long label);
/* The server refuses. */
void	history_refused(struct network *, struct line *, const char *text);

/* The last message of the channel, and our own JOIN. */
void	history_heard(struct channel *, const struct line *, const char *msgid);
void	history_begin(const struct network *, struct channel *,
	    const struct line *);

#endif
