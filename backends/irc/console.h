/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console.h - the server as somebody to talk to: what it says of itself, what
 * becomes of the connection, and commands that the user types to it. */
#ifndef BACKENDS_IRC_CONSOLE_H
#define BACKENDS_IRC_CONSOLE_H

#include "backends/irc/network.h"

/* What is not needed any more is freed. */
void	console_expire(struct network *, double now);
/* What is still to be said is said now. */
void	console_finish(struct network *);

/* Shown where the user wants to see the server's talk: always with many
 * networks, by irc_motd where there is one.  What comes within a moment is one
 * message. */
void	console_tell(struct network *, const char *text);
/* An answer to what was typed: shown in any case. */
void	console_reply(struct network *, const char *text);
/* A numeric that we have no use for: shown after something was typed. */
void	console_answer(struct network *, const struct line *);
/* The same for one that nobody knows: errors are also shown otherwise, where
 * the talk is wanted. */
void	console_numeric(struct network *, const struct line *);
/* Has a JOIN been typed that awaits its answer, and before the one with that
 * deadline (room_join_deadline) was sent? */
bool	console_joins_before(const struct network *, double deadline);
/* It has got it. */
void	console_join_answered(struct network *);
/* Is the server's talk shown? */
bool	console_is_open(const struct network *);

/* The user has written this to the server, to which we are connected; gateway:
 * to the gateway itself.
 * Answers the request. */
void	console_typed(struct network *, request_t, const char *body,
	    bool gateway);

#endif
