/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iq.h - requests of others that no other part answers. */
#ifndef BACKENDS_XMPP_IQ_H
#define BACKENDS_XMPP_IQ_H

#include "backends/xmpp/session.h"

bool	iq_stanza(struct session *, xmpp_stanza_t *);

#endif
