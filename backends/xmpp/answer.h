/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.h - requests that are answered when the server has what was sent for
 * them, or by an error that comes back before that. */
#ifndef BACKENDS_XMPP_ANSWER_H
#define BACKENDS_XMPP_ANSWER_H

#include "backends/xmpp/ledger.h"
#include "backends/xmpp/session.h"

struct answer;

/* For a stanza, with its id and address (both may be NULL). */
struct answer	*answer_create(struct session *, const struct kit_call *,
		    xmpp_stanza_t *);
/* A stanza came back from where it went to.  false: nobody waits for it. */
bool		 answer_refuse(struct session *, const char *id,
		    const char *from, const char *code, const char *text);
/* The stanza has come to its end; frees it. */
void		 answer_end(struct answer *, enum ledger_end);
/* It was never taken. */
void		 answer_full(struct answer *);

#endif
