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
	double		 retry_min, retry_max;	/* seconds; 0: 1 and 60 */
	double		 ping_interval;	/* seconds of silence; 0: 60 */
	size_t		 queue_max;	/* bytes unsent; 0: 16 MiB */
	size_t		 held_max;	/* bytes kept while down; 0: 4 MiB */
	size_t		 stanza_max;	/* bytes of one stanza in; 0: 1 MiB */
};

/* Starts connecting; goes on for ever with back-off.  The config is copied.
 * A wrong secret and a conflict are told in the log in words that say what to
 * do, and are tried again at the longest interval. */
struct link	*component_create(struct ev_loop *,
		    const struct component_config *, const struct link_events *,
		    void *ctx);

#endif
