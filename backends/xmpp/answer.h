/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.h - requests that are answered when the server has what was sent for
 * them, or by an error that comes back before that. */
#ifndef BACKENDS_XMPP_ANSWER_H
#define BACKENDS_XMPP_ANSWER_H

#include "backends/xmpp/session.h"

/* Send it for that request. */
void	answer_send(struct session *, const struct kit_call *,
	    xmpp_stanza_t *);
/* A stanza came back from where it went to.  false: nobody waits for it. */
bool	answer_refuse(struct session *, const char *id, const char *from,
	    const char *code, const char *text);

#endif
