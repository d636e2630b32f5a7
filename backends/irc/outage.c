/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has lost the connection and not got it back yet, as numbers. */
#include "backends/irc/outage.h"

#include "util/log.h"

static struct {
	unsigned	 now;		/* connections that are away */
	unsigned	 all;		/* since there were none */
	double		 since;		/* ev_now() */
} outage;

void
outage_begin(struct network *n, const char *why)
{
	if (!network_is_fixed(n) || n->counted)
		return;
	n->counted = true;
	if (outage.now++ == 0) {
		outage.all = 0;
		outage.since = ev_now(n->irc->loop);
		log_warn("connections to the network are lost: %s", why);
	}
	outage.all++;
}

void
outage_end(struct network *n)
{
	if (!n->counted)
		return;
	n->counted = false;
	if (--outage.now == 0)
		log_info("connections to the network are back or over: %u, "
		    "after %.1f s", outage.all, ev_now(n->irc->loop) -
		    outage.since);
}
