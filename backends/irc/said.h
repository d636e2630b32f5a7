/* SPDX-License-Identifier: GPL-2.0-or-later */
/* said.h - what the user says, until the server has taken it. */
#ifndef BACKENDS_IRC_SAID_H
#define BACKENDS_IRC_SAID_H

#include "backends/irc/network.h"

/* Send to a nick or to a channel we are in; via: the room that a private
 * message goes through, or NULL.  came: ev_now() of the request.  Answers it
 * by and by, and before the main process has lost patience. */
void	said_send(struct network *, request_t, const struct msg_send *,
	    const char *target, struct channel *via, double came);

/* A line for a nick that is nobody's message: NickServ's IDENTIFY.  Its echo
 * is swallowed. */
void	said_quietly(struct network *, const char *target, const char *text);

/* PONG: what was sent before that PING has not been refused. */
void	said_fenced(struct network *, struct line *);

/* Time has passed: what waits too long fails. */
void	said_expire(struct network *, double now);

/* Nothing more will leave: fail what has not.  What has left and may still be
 * answered before the server hangs up is asked about a last time. */
void	said_last(struct network *);

/* The connection is no more, its link not closed yet: fail all that has no
 * answer, and say whether it may have arrived. */
void	said_lost(struct network *, const char *why);

#endif
