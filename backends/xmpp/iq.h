/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iq.h - requests of others that no other part answers: by us, or by the user's
 * client (pass.h). */
#ifndef BACKENDS_XMPP_IQ_H
#define BACKENDS_XMPP_IQ_H

#include "backends/xmpp/session.h"

/* The beginning of an answer to a request, for session_send(). */
xmpp_stanza_t	*iq_answer(struct session *, xmpp_stanza_t *request);
/* The whole of it: done, or an error of type cancel. */
void		 iq_result(struct session *, xmpp_stanza_t *request);
void		 iq_refuse(struct session *, xmpp_stanza_t *request,
		    const char *condition);

bool		 iq_stanza(struct session *, xmpp_stanza_t *);

#endif
