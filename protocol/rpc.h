/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rpc.h - requests sent and not yet answered; no I/O, no clock of its own. */
#ifndef PROTOCOL_RPC_H
#define PROTOCOL_RPC_H

#include "protocol/schema.h"
#include "util/macros.h"

/* Called exactly once for every request: with a result (error NULL), or with
 * an error (result NULL).  It may do anything, rpc_destroy() included. */
typedef void rpc_reply(void *ctx, const struct msg_error *error,
    const union result *result);

struct rpc;

struct rpc	*rpc_create(void);
/* Answers everything pending with ERR_LOST first, also what the replies add
 * meanwhile. */
void		 rpc_destroy(struct rpc *);		/* NULL is fine */

/* Remember a request that will be sent; returns its id.  deadline is in the
 * caller's clock, seconds.  reply may be NULL when nobody cares. */
uint32_t	 rpc_add(struct rpc *, enum method, double deadline,
		    rpc_reply *, void *ctx);
/* Where the request begins among all bytes that go this way. */
void		 rpc_begins(struct rpc *, uint32_t id, uint64_t at);
/* What an id was for, METHOD_NONE if it was never sent or is answered. */
enum method	 rpc_method(const struct rpc *, uint32_t id);
/* Answer one; unknown ids are ignored. */
void		 rpc_finish(struct rpc *, uint32_t id,
		    const struct msg_error *, const union result *);
/* Answer with ERR_TIMEOUT what was due by now. */
void		 rpc_expire(struct rpc *, double now);
/* Answer all of them with this error, in the order in which they were added. */
void		 rpc_fail(struct rpc *, const char *code, const char *text);
/* The peer is gone, and has read so many bytes: what begins behind them is
 * answered with ERR_UNSENT, the rest with ERR_LOST, in order. */
void		 rpc_lost(struct rpc *, uint64_t read, const char *text);
size_t		 rpc_count(const struct rpc *);

/* For whoever goes on in the place of this one, in another process. */
struct rpc_call {
	uint32_t	 id;
	enum method	 method;
	double		 deadline;
	uint64_t	 at;		/* see rpc_begins() */
	rpc_reply	*reply;
	void		*ctx;
};

/* All that wait, oldest first; visit may not change anything here. */
void		 rpc_each(const struct rpc *,
		    void (*visit)(void *arg, const struct rpc_call *),
		    void *arg);
uint32_t	 rpc_last_id(const struct rpc *);
/* An rpc without requests goes on behind this id ... */
void		 rpc_resume(struct rpc *, uint32_t last_id);
/* ... and waits for these answers as well; -1: the id is taken. */
int		 rpc_restore(struct rpc *, const struct rpc_call *) MUST_CHECK;
/* Forget all of them and answer none: somebody else will. */
void		 rpc_abandon(struct rpc *);

#endif
