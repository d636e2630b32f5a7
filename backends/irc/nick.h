/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nick.h - which nick do we ask for, and how do we get back the one that the
 * user would like? */
#ifndef BACKENDS_IRC_NICK_H
#define BACKENDS_IRC_NICK_H

#include "backends/irc/network.h"

/* What may stand in a nick, made of any text; "user" when nothing is left. */
void	nick_clean(char out[NICK_BYTES_MAX], const char *text);

/* A new connection: begin with the wanted one. */
void	nick_begin(struct network *);
/* 432, 433, 436, 437, 438, 447 before the welcome: another, or give up. */
void	nick_refused(struct network *, struct line *);

/* Welcomed: when it is not the wanted one, try to get that. */
void	nick_welcome(struct network *);
/* The user has another nick of his own will: no more trying. */
void	nick_settled(struct network *);
/* ev_now() of the next try; 0: none is due. */
double	nick_due(const struct network *);
/* Time has passed. */
void	nick_tick(struct network *, double now);
/* Nobody has this nick any more: he left, changed it, or is not online (731).
 * Any nick will do, most are none of ours. */
void	nick_gone(struct network *, const char *nick);

#endif
