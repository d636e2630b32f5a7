/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.h - whom the user has blocked (XEP-0191). */
#ifndef BACKENDS_XMPP_BLOCK_H
#define BACKENDS_XMPP_BLOCK_H

#include "backends/xmpp/session.h"

void	block_read(struct session *);
bool	block_stanza(struct session *, xmpp_stanza_t *);

#endif
