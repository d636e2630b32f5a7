/* SPDX-License-Identifier: GPL-2.0-or-later */
/* talk.h - messages between two. */
#ifndef BACKENDS_XMPP_TALK_H
#define BACKENDS_XMPP_TALK_H

#include "backends/xmpp/session.h"

void	talk_send(struct session *, const struct kit_call *,
	    const struct msg_send *);
bool	talk_stanza(struct session *, xmpp_stanza_t *);

#endif
