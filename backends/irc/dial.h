/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dial.h - to which host and port does a network connect, and how: in turn with
 * others, by the ports and the TLS that its user has set, by SRV, by what the
 * server has promised (sts.h).  The routes of one round are tried one after the
 * other; a server that has TLS, be its certificate wrong, is never tried in
 * plain. */
#ifndef BACKENDS_IRC_DIAL_H
#define BACKENDS_IRC_DIAL_H

#include "backends/irc/network.h"

/* Begin a round.  anew: not after a loss. */
void		 dial_begin(struct network *, bool anew);
/* The route in use has failed: take the next of this round.  False: there is
 * none left. */
bool		 dial_next(struct network *, const char *why);
/* Leave the connection at once for one with TLS, on that port of the same
 * host, and nowhere else. */
void		 dial_upgrade(struct network *, long port);
/* Welcomed, given up, or destroyed: nothing more will be tried. */
void		 dial_end(struct network *);
/* The port of the route in use; "" when there is none. */
const char	*dial_port(const struct network *);

#endif
