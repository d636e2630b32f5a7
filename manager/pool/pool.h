/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.h - which backend serves which user.  Users are names here (bare JIDs),
 * backends are numbers; what they say to each other is passed through.
 *
 * A user gets the least loaded ready backend that has room and stays there.
 * A backend that dies gives all its users back by events->lost; it is for the
 * caller to assign them again. */
#ifndef MANAGER_POOL_POOL_H
#define MANAGER_POOL_POOL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "manager/pool/place.h"
#include "protocol/codec.h"
#include "protocol/rpc.h"
#include "util/buf.h"
#include "util/macros.h"
#include "util/pack.h"

struct pool;

struct pool_config {
	const char	*instance;	/* JID */
	const char	*command;	/* shell-like words; BACKEND_ID
					 * becomes the backend's number */
	struct sections	 config;	/* for initialize; copied */
	struct places	 places;	/* in the file it is from; copied */
	const char	*log_path;	/* of backends' standard error,
					 * BACKEND_ID replaced; NULL: our own */
	unsigned	 users_max;	/* per backend */
	unsigned	 backends_max;	/* 0: no limit */
	unsigned	 backends_min;	/* kept running when nobody is there */
	bool		 spare;		/* start one before all is full */
	double		 start_timeout;	/* seconds to answer initialize */
	double		 ping_interval;	/* two unanswered: hung */
	double		 stop_timeout;	/* from exit to SIGKILL */
	double		 retire_after;	/* seconds empty */
	double		 request_timeout;	/* of those without their own */
	size_t		 queue_max;	/* bytes unsent to one: high-water */
	unsigned	 memory_limit_mb; /* resident; above it a backend is
					 * replaced, and killed above twice
					 * that; 0: none */
	double		 max_age;	/* seconds, then it is replaced, not
					 * all at once; 0: never */
};

/* Each may be NULL, and each may call anything here, pool_destroy() too. */
struct pool_events {
	/* The first backend has answered initialize, or a later one said
	 * something else than before: what this network can do. */
	void	(*features)(void *ctx, const struct msg_initialize_result *);
	/* pool_assign() has found a place. */
	void	(*assigned)(void *ctx, const char *user, unsigned backend);
	/* The backend of this user is gone, why in words.  Not assigned any
	 * more; what was in flight has been answered before, in order: with
	 * ERR_UNSENT what the backend has certainly not read a byte of, with
	 * ERR_LOST the rest. */
	void	(*lost)(void *ctx, const char *user, const char *why);
	/* A notification or request from a backend. */
	void	(*message)(void *ctx, unsigned backend, const struct msg *);
	/* Below the low-water mark again after a queue was full. */
	void	(*drained)(void *ctx, unsigned backend);
	/* This user should leave its backend, which is being replaced, why in
	 * words: log out there, then pool_release() and pool_assign() again;
	 * it will not be the same one.  A few users are asked at a time, while
	 * there is room elsewhere; who has not left within 30 seconds is
	 * logged out and given back by lost, what was in flight for it being
	 * answered later.  NULL: users of such a backend are given back by lost
	 * all at once, when there is room for all of them. */
	void	(*move)(void *ctx, const char *user, const char *why);
	/* Something the admin may want to know has happened, in words:
	 * "backend 3 (pid 4711): ready after 120 ms". */
	void	(*changed)(void *ctx, const char *text);
	/* Write what is behind reply and its ctx into the open map, so that
	 * unpack_request can make them again in the next process; false: not
	 * this one.  May be called twice for a request. */
	bool	(*pack_request)(void *ctx, enum method, rpc_reply *,
		    void *reply_ctx, struct packer *);
	/* Called by pool_adopt(), which has not returned yet.  -1: nobody wants
	 * the answer. */
	int	(*unpack_request)(void *ctx, enum method,
		    const struct packed *, rpc_reply **, void **reply_ctx);
};

/* Starts backends_min backends.  ctx is given to every callback, and none is
 * called before pool_create() has returned. */
struct pool	*pool_create(struct ev_loop *, const struct pool_config *,
		    const struct pool_events *, void *ctx);
/* All backends are killed at once and reaped later by init. */
void		 pool_destroy(struct pool *);		/* NULL is fine */
/* Tell all backends to exit, kill what has not gone after stop_timeout, then
 * call done.  Nobody is assigned or lost any more; what is in flight is still
 * answered, in the end with ERR_LOST or ERR_UNSENT. */
void		 pool_stop(struct pool *, void (*done)(void *ctx), void *ctx);
/* Stop reading from backends, or go on: for the time when there is no room for
 * what they say.  Their pipes fill, and they have to wait. */
void		 pool_hold(struct pool *, bool hold);

/* Give the user a backend now or as soon as there is one; events->assigned
 * comes later in any case, at the earliest in the next loop turn.  A user who
 * has one keeps it, and the event comes again. */
void		 pool_assign(struct pool *, const char *user);
/* The same, but not to that backend while another one has room, is starting or
 * can be started. */
void		 pool_assign_avoiding(struct pool *, const char *user,
		    unsigned backend);
/* The same, to a backend that has no other user and gets none: it is started
 * for this user and retired with it.  There are eight of these at most, who
 * comes later shares one of them; and as they are there to keep trouble away
 * from everybody else, they do not count for backends_max, which they thus
 * exceed. */
void		 pool_assign_alone(struct pool *, const char *user);
/* Forget the user (also while waiting).  Sends nothing: log out first. */
void		 pool_release(struct pool *, const char *user);
/* 0: not assigned. */
unsigned	 pool_backend(const struct pool *, const char *user);

/* To the user's backend.  The request is answered exactly once through reply,
 * at the earliest after this function has returned.  Returns -1, and reply is
 * never called, when the user has no backend or its queue is full
 * (pool_is_full() tells which). */
int		 pool_request(struct pool *, const char *user, enum method,
		    const void *params, double timeout, rpc_reply *, void *ctx)
		    MUST_CHECK;
int		 pool_notify(struct pool *, const char *user, enum method,
		    const void *params);
/* A request that concerns no user, to any ready backend. */
int		 pool_request_any(struct pool *, enum method,
		    const void *params, double timeout, rpc_reply *, void *ctx)
		    MUST_CHECK;
bool		 pool_is_full(const struct pool *, const char *user);
/* Answer a backend's request, once; ignored when that backend is gone.  id as
 * in the message that events->message was given: it is the pool's own, so that
 * it fits no request of another process with the same number. */
void		 pool_answer(struct pool *, unsigned backend, uint32_t id,
		    enum method, const void *result);
void		 pool_refuse(struct pool *, unsigned backend, uint32_t id,
		    const char *code, const char *text);

/* What this network can do; NULL until a backend is ready. */
const struct msg_initialize_result *pool_features(const struct pool *);
bool		 pool_can(const struct pool *, const char *feature);

/* For the admin. */
struct backend_info {
	unsigned	 id;
	pid_t		 pid;
	const char	*state;		/* "starting", "ready", "draining",
					 * "hung" or "stopping" */
	unsigned	 users;
	bool		 alone;		/* see pool_assign_alone() */
	double		 age;		/* seconds */
	long		 rss_kb;
	unsigned long	 sent, received;	/* messages */
	size_t		 queued;	/* bytes */
	unsigned long	 restarts;	/* ends of those who had this number,
					 * asked for or not */
	/* How the last of them ended, and its last lines; "": none. */
	char		 last_exit[400];	/* "signal 11, 20 s ago" */
	char		 last_words[400];
};
/* Returns how many there are; fills at most max. */
size_t		 pool_backends(const struct pool *, struct backend_info *,
		    size_t max);
unsigned	 pool_ready_count(const struct pool *);
unsigned long	 pool_crashes(const struct pool *);
/* Lines "PID id N: signal 11, 3 users, 12 s ago: last words", newest last. */
void		 pool_crash_report(const struct pool *, struct buf *);
/* Pids of crashed backends, one a line: what the C++ program prints. */
void		 pool_crashed_pids(const struct pool *, struct buf *);
/* Replace a backend: it takes nobody new; as soon as there is room elsewhere
 * its users are moved by events->move, and when the last one has gone it exits.
 * While its replacement does not start it goes on serving.  -1: no such
 * backend. */
int		 pool_restart(struct pool *, unsigned backend) MUST_CHECK;
/* The same with all of them, one after the other (for a new program, say).
 * Returns how many there are. */
unsigned	 pool_restart_all(struct pool *);

/* For a successor that goes on with the same backends in this process, behind
 * execve(2): they stay its children, their pipes stay open, and they notice
 * nothing.
 *
 * Requests in flight but for those of the pool itself and for messages
 * (METHOD_send), if there is events->pack_request: best wait for 0. */
size_t		 pool_pending(const struct pool *);
/* Stop all reading, writing and timers, or go on; nothing changes meanwhile.
 * Not out of a callback of the pool. */
void		 pool_freeze(struct pool *, bool freeze);
/* Only when frozen: write all that the successor needs into the open map:
 * processes, descriptors, half-read and unsent bytes, users, requests that
 * events->pack_request takes.  The others are answered with ERR_LOST at once.
 * The pool itself is as before, and can be thawed if nothing comes of it. */
void		 pool_handover(struct pool *, struct packer *);
/* Whether pool_adopt() will be able to; touches nothing.  -1 with *why. */
int		 pool_can_adopt(const struct packed *, const char **why)
		    MUST_CHECK;
/* Go on where pool_handover() left off.  Settings are the new ones, also for
 * old backends.  NULL with *why, which the caller frees: that cannot be. */
struct pool	*pool_adopt(struct ev_loop *, const struct pool_config *,
		    const struct pool_events *, void *ctx,
		    const struct packed *, char **why) MUST_CHECK;
/* What execve(2) does to a pool, for tests: forget it, but leave processes and
 * descriptors to a successor.  Nothing is answered, nobody is told. */
void		 pool_abandon(struct pool *);

/* A new configuration for backends started from now on. */
void		 pool_configure(struct pool *, const struct pool_config *);

#endif
