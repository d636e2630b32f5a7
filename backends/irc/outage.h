/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outage.h - is the configured network there?  The first connection that is
 * lost makes a line in the log, and so does the last one that is back; a whole
 * crowd that loses its server makes two lines and not hundreds.  Only with
 * irc_server= set: where users name servers, those are their own business. */
#ifndef BACKENDS_IRC_OUTAGE_H
#define BACKENDS_IRC_OUTAGE_H

#include "backends/irc/network.h"

/* A connection that was up is lost. */
void	 outage_begin(struct network *, const char *why);
/* It is up again, or not wanted any more; harmless for others. */
void	 outage_end(struct network *);

#endif
