/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netsplit.h - two servers have lost each other: many people quit at once, and
 * many are back later; rooms are told of them in one line each. */
#ifndef BACKENDS_IRC_NETSPLIT_H
#define BACKENDS_IRC_NETSPLIT_H

#include "backends/irc/network.h"

/* Does the text of a QUIT name two servers, "a.example b.example"? */
bool	netsplit_is(const char *text);
/* Is this QUIT one of a split: in a batch of that kind, or by its text? */
bool	netsplit_has(const struct network *, const struct line *);
/* Who quits by this split was in that channel, which hears how many they were
 * shortly after the first, or at the end of the batch. */
void	netsplit_count(struct network *, struct channel *, const struct line *);
/* Somebody joined the channel: if it is one who went by a split, or in a batch
 * of those who are back, the channel hears how many, as above. */
void	netsplit_back(struct network *, struct channel *, const struct line *);
/* batch.c: one of the two kinds is over. */
void	netsplit_ended(struct network *);
/* Who is not back by now is no news when he comes. */
void	netsplit_expire(struct network *, double now);
/* The channels have been told or are gone. */
void	netsplit_forget(struct network *);

#endif
