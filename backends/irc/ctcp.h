/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctcp.h - what programs ask each other through messages, in both directions.
 * ACTION is no question: see message.c. */
#ifndef BACKENDS_IRC_CTCP_H
#define BACKENDS_IRC_CTCP_H

#include "backends/irc/network.h"

/* Ask somebody's program: what is "version", "ping" or "time".  Answers the
 * request with METHOD_query's result. */
void	ctcp_ask(struct network *, request_t, const char *nick,
	    const char *what);

/* Somebody asks us.  false: it is nothing that we answer. */
bool	ctcp_asked(struct network *, const char *nick, const char *command,
	    const char *arguments);
/* Somebody answers.  false: we have not asked. */
bool	ctcp_answered(struct network *, const char *nick, const char *command,
	    const char *arguments);

#endif
