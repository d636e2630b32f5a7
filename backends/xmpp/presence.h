/* SPDX-License-Identifier: GPL-2.0-or-later */
/* presence.h - the user's presence, as the server is told. */
#ifndef BACKENDS_XMPP_PRESENCE_H
#define BACKENDS_XMPP_PRESENCE_H

#include "backends/xmpp/session.h"

void	presence_send(struct session *);

#endif
