/* SPDX-License-Identifier: GPL-2.0-or-later */
/* roster.h - the list that the server keeps (RFC 6121 2). */
#ifndef BACKENDS_XMPP_ROSTER_H
#define BACKENDS_XMPP_ROSTER_H

#include "backends/xmpp/session.h"

void	roster_read(struct session *);
bool	roster_stanza(struct session *, xmpp_stanza_t *);

#endif
