/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entity.h - which program, what time is it: asked of us, and of others
 * (XEP-0092, XEP-0202, XEP-0199). */
#ifndef BACKENDS_XMPP_ENTITY_H
#define BACKENDS_XMPP_ENTITY_H

#include "backends/xmpp/session.h"

#define NS_VERSION	"jabber:iq:version"
#define NS_TIME		"urn:xmpp:time"

/* Rows of iq.c's table. */
void	entity_version(struct session *, xmpp_stanza_t *);
void	entity_time(struct session *, xmpp_stanza_t *);

#endif
