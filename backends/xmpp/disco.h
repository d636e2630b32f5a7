/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disco.h - what others may ask of us, as they find it out (XEP-0030), or know
 * it by our presence (XEP-0115). */
#ifndef BACKENDS_XMPP_DISCO_H
#define BACKENDS_XMPP_DISCO_H

#include "backends/xmpp/session.h"

#define NS_DISCO_INFO	"http://jabber.org/protocol/disco#info"
#define NS_DISCO_ITEMS	"http://jabber.org/protocol/disco#items"

/* Rows of iq.c's table. */
void	disco_info(struct session *, xmpp_stanza_t *);
void	disco_items(struct session *, xmpp_stanza_t *);

/* The element of our presence. */
void	disco_caps(struct session *, xmpp_stanza_t *presence);

/* What the user's client can do beside what we can for it; of those only what
 * may pass counts. */
void	disco_set(struct session *, const struct strs *features);
/* Row of session.c's table. */
void	disco_end(struct session *);

#endif
