/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.h - requests that are answered when the server has what was sent for
 * them, or by an error that comes back before that.
 *
 * The main process waits for service.request_timeout, and says then that nothing
 * came of it.  A break is bridged for longer: what has not left in time is taken
 * back, so that nothing arrives that was said not to have. */
#ifndef BACKENDS_XMPP_ANSWER_H
#define BACKENDS_XMPP_ANSWER_H

#include "backends/xmpp/session.h"

/* Send it for that request. */
void	answer_send(struct session *, const struct kit_call *,
	    xmpp_stanza_t *);
/* The same of several, in this order: what has come of the worst of them is the
 * answer. */
void	answer_send_all(struct session *, const struct kit_call *,
	    xmpp_stanza_t *const *, size_t n);
/* A stanza came back from where it went to.  false: nobody waits for it. */
bool	answer_refuse(struct session *, const char *id, const char *from,
	    const char *code, const char *text);

/* Seconds in which a request has to be answered, at most so many. */
double	answer_patience(double most);

#endif
