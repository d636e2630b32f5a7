/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netsplit.h - two servers have lost each other: many people quit at once, and
 * rooms are told in one line. */
#ifndef BACKENDS_IRC_NETSPLIT_H
#define BACKENDS_IRC_NETSPLIT_H

#include "backends/irc/network.h"

void	netsplit_init(struct network *);
/* Does the text of a QUIT name two servers, "a.example b.example"? */
bool	netsplit_is(const char *text);
/* Somebody in that channel is gone by this split; the channel hears how many
 * they were, shortly after the first. */
void	netsplit_count(struct network *, struct channel *, const char *servers);
/* The channels have been told or are gone. */
void	netsplit_forget(struct network *);

#endif
