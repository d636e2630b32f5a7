/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asked.h - who asked?  Kept until the answer comes from the store or the
 * network: the stanza is gone by then.  An object is used up by exactly one of
 * the functions that answer. */
#ifndef MANAGER_GATEWAY_ASKED_H
#define MANAGER_GATEWAY_ASKED_H

#include "manager/gateway/say.h"

struct asked {
	struct gateway	*gw;
	const char	*kind;		/* "iq" or "message": a literal */
	char		*from, *to;	/* of the stanza, full JIDs */
	char		*id;		/* or NULL */
};

/* May the user ask one thing more of the network?  False: the stanza has been
 * answered. */
bool		 asked_may(const struct down *, bool reachable);
struct asked	*asked_by(const struct down *);

/* An iq result: begin, write the payload, end (which frees). */
struct xml	*asked_begin(const struct asked *);
void		 asked_end(struct asked *, struct xml *);
/* The same, of type "result" or "error". */
struct xml	*asked_begin_as(const struct asked *, const char *type);
/* An empty one. */
void		 asked_done(struct asked *);
void		 asked_refuse(struct asked *, enum stanza_error,
		    const char *text);
/* Somebody else has answered. */
void		 asked_drop(struct asked *);
void		 asked_refuse_by(struct asked *, const struct msg_error *);

/* The whole answer of a request without a result (a rpc_reply; ctx is the
 * object): an empty result for an iq, nothing for a message, or the error. */
void		 asked_answered(void *ctx, const struct msg_error *,
		    const union result *);

#endif
