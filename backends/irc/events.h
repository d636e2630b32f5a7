/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events.h - what the server says, by command. */
#ifndef BACKENDS_IRC_EVENTS_H
#define BACKENDS_IRC_EVENTS_H

#include "backends/irc/network.h"

/* One line from the server; the network may be over afterwards. */
void	events_line(struct network *, struct line *);

/* A member that JOIN, NAMES or WHO speaks of: found or made; NULL when it
 * cannot be one, or there are too many. */
struct member *events_member(struct network *, struct channel *,
	    const char *nick);
/* The person is logged in under this name; "", "*" and "0": not. */
void	events_account(struct network *, struct person *, const char *account);
/* The person is a program. */
void	events_bot(struct network *, struct person *);
/* The person is away or back: tell every room we share. */
void	events_away(struct network *, struct person *, bool away,
	    const char *status);

#endif
