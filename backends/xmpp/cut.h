/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cut.h - stanzas that were too large (guard.h). */
#ifndef BACKENDS_XMPP_CUT_H
#define BACKENDS_XMPP_CUT_H

#include "backends/xmpp/session.h"

/* See session_cut(). */
void	cut_stanza(struct session *, xmpp_stanza_t *);

#endif
