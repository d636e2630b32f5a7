/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iq.h - requests that we send and whose answers we want. */
#ifndef MANAGER_GATEWAY_IQ_H
#define MANAGER_GATEWAY_IQ_H

#include "manager/gateway/gateway.h"

/* answer: the iq of type result or error; NULL when none came in time or the
 * link went down.  Called exactly once. */
typedef void iq_answer(struct gateway *, void *ctx, struct arena *,
    const struct stanza *answer);

/* Begin <iq/> of type get or set; write the payload, then iq_send().  from
 * NULL: our domain. */
struct xml	*iq_begin(struct gateway *, const char *type, const char *from,
		    const char *to);
void		 iq_send(struct gateway *, struct xml *, const char *to,
		    double timeout, iq_answer *, void *ctx);

/* Router: an answer has come; false when it is none of ours. */
bool		 iq_received(struct gateway *, struct arena *,
		    const struct stanza *, const struct jid *from);
void		 iq_expire(struct gateway *, double now);
void		 iq_fail_all(struct gateway *);

#endif
