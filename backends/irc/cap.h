/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cap.h - which capabilities the server and we have in common (IRCv3
 * capability-negotiation, version 302).
 *
 * To use one more: a bit in enum cap (network.h), a row in cap.c, and nothing
 * else; n->caps has the bit while the server has acknowledged it. */
#ifndef BACKENDS_IRC_CAP_H
#define BACKENDS_IRC_CAP_H

#include "backends/irc/network.h"

/* A new connection: ask what there is. */
void	cap_begin(struct network *);
/* CAP from the server. */
void	cap_line(struct network *, struct line *);
/* Nothing holds the registration up any more.  Once a connection; later calls
 * do nothing. */
void	cap_end(struct network *);
/* Names of those that are in use, a space before each. */
void	cap_list(const struct network *, struct buf *);

#endif
