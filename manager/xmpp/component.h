/* SPDX-License-Identifier: GPL-2.0-or-later */
/* component.h - our stream to an XMPP server (XEP-0114). */
#ifndef MANAGER_XMPP_COMPONENT_H
#define MANAGER_XMPP_COMPONENT_H

#include <ev.h>

#include "manager/xmpp/link.h"

struct component_config {
	const char	*domain;	/* our JID */
	const char	*host, *port;	/* of the XMPP server */
	const char	*secret;
	double		 retry_min, retry_max;	/* seconds; 0: 0.25 and 60 */
	double		 ping_interval;	/* seconds of silence; 0: 60 */
	size_t		 queue_max;	/* bytes unsent; 0: 16 MiB */
	size_t		 held_max;	/* bytes kept while down; 0: 4 MiB */
	double		 held_age;	/* seconds that they are; 0: a day */
	size_t		 stanza_max;	/* bytes of one stanza in; 0: 1 MiB */
};

/* What is sent with LINK_KEEP is kept until a ping that we sent to ourselves
 * behind it has come back, within the larger of queue_max and held_max while
 * the link is up; where such pings do not come back, several processes sharing
 * one domain for example, until ten seconds after it left.
 *
 * Starts connecting; goes on for ever with back-off.  The config is copied.
 * A wrong secret and a conflict are told in the log in words that say what to
 * do, and are tried again at the longest interval. */
struct link	*component_create(struct ev_loop *,
		    const struct component_config *, const struct link_events *,
		    void *ctx);
/* Go on with what link_handover() has put into this map: with the very
 * connection where that was possible, and then it is up from the start, and
 * events->up does not come; otherwise it connects again.  No bytes of kept
 * stanzas are lost in either case. */
struct link	*component_adopt(struct ev_loop *,
		    const struct component_config *, const struct link_events *,
		    void *ctx, const struct packed *);

#endif
