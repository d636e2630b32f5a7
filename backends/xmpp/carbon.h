/* SPDX-License-Identifier: GPL-2.0-or-later */
/* carbon.h - what the user writes and reads with other clients of the account
 * (XEP-0280).  Rows of session.c's table. */
#ifndef BACKENDS_XMPP_CARBON_H
#define BACKENDS_XMPP_CARBON_H

#include "backends/xmpp/session.h"

void	carbon_online(struct session *);
bool	carbon_stanza(struct session *, xmpp_stanza_t *);

/* The message in a <forwarded/> (XEP-0297) inside this, if it is one between
 * two; *time: when it was said, in ms, or 0. */
xmpp_stanza_t *carbon_forwarded(xmpp_stanza_t *, int64_t *time);
bool	carbon_is_one(xmpp_stanza_t *);

#endif
