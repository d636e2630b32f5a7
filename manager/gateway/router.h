/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router.h - stanzas from the link to their handlers. */
#ifndef MANAGER_GATEWAY_ROUTER_H
#define MANAGER_GATEWAY_ROUTER_H

#include "manager/gateway/gateway.h"

/* Every get and set is answered, every message delivered, queued or answered;
 * results and errors never are. */
void	router_stanza(struct gateway *, struct arena *, const struct stanza *,
	    const struct jid *from, const struct jid *to);

#endif
