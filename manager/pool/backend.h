/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backend.h - one backend process from its start to its burial. */
#ifndef MANAGER_POOL_BACKEND_H
#define MANAGER_POOL_BACKEND_H

#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "manager/pool/channel.h"
#include "manager/pool/tail.h"
#include "protocol/rpc.h"
#include "util/log.h"
#include "util/macros.h"

enum backend_state {
	BACKEND_STARTING,	/* has not answered initialize */
	BACKEND_READY,
	BACKEND_DRAINING,	/* serves its users, gets no new ones */
	BACKEND_HUNG,		/* is being killed; keeps its users until it
				 * is dead, lest the network sees them twice */
	BACKEND_STOPPING,	/* takes part no more, is not dead yet */
	BACKEND_GONE,		/* reaped or given up; freed after the turn */
	BACKEND_STATES
};

enum backend_event {
	BACKEND_HELLO,		/* it has answered initialize well */
	BACKEND_RETIRE,		/* somebody wants it replaced or gone */
	BACKEND_MOVE,		/* there is room for its users elsewhere */
	BACKEND_STOP,		/* the whole pool stops */
	BACKEND_TIMEOUT,	/* too slow for its state, or hung */
	BACKEND_GARBAGE,	/* it broke the protocol */
	BACKEND_LOST,		/* end of file, or a broken pipe */
	BACKEND_EXITED,		/* reaped */
	BACKEND_EVENTS
};

#define BACKEND_WORDS	1500	/* bytes of one line about it */
#define BACKEND_TICKS	4	/* looks at it in a ping interval */

struct backend;

/* All are called with nothing of ours further up in the stack, but message
 * and drained, which come out of the channel.  Each may destroy the backend. */
struct backend_owner {
	void	(*ready)(struct backend *,
		    const struct msg_initialize_result *);
	/* STOPPING from now on; what was in flight is answered.  Its users are
	 * for the owner to move; why: backend_words(). */
	void	(*leaving)(struct backend *);
	/* GONE: destroy it. */
	void	(*gone)(struct backend *);
	/* A notification or request while READY or DRAINING. */
	void	(*message)(struct backend *, const struct msg *);
	void	(*drained)(struct backend *);
	/* A few times in a ping interval, and after each answer while
	 * DRAINING. */
	void	(*tick)(struct backend *);
	/* It has changed in a way worth telling.  May be NULL, and must not
	 * destroy the backend. */
	void	(*changed)(struct backend *, const char *what);
};

struct backend_limits {
	double		 start_timeout, ping_interval, stop_timeout;	/* s */
	size_t		 queue_max;		/* bytes */
};

/* A request of the backend that is not answered yet.  The token stands for it
 * above the pool: the backend's own ids begin again in its successor. */
struct backend_ask {
	uint32_t	 token, id;
};

struct pool_user;
TAILQ_HEAD(pool_user_list, pool_user);
TAILQ_HEAD(backend_list, backend);

struct backend {
	/* Written by the owner only. */
	TAILQ_ENTRY(backend) link;
	void		*pool;
	struct pool_user_list users;
	unsigned	 nusers;
	unsigned	 all_users;	/* of the pool: told with each ping */
	unsigned	 users_lost;	/* it had when it was lost */
	unsigned	 nasked;	/* of its users: to leave */
	double		 empty_since;
	bool		 alone;		/* see pool_assign_alone() */
	bool		 used;		/* it has had a user */
	char		 replace[100];	/* why it is to go; "": it stays */
	double		 lifespan;	/* share of max_age, 0.8 to 1 */

	unsigned	 id;		/* > 0, unique among the living */
	char		*instance;	/* owned; begins every log line */
	enum backend_state state;
	const struct backend_owner *owner;
	const struct places *places;	/* or NULL */
	struct backend_limits limits;
	struct ev_loop	*loop;
	ev_timer	 timer;		/* start, ping or stop, by state */
	ev_child	 child;
	pid_t		 pid;		/* 0: none */
	struct channel	 channel;
	struct tail	 tail;
	struct rpc	*rpc;

	double		 born, ready_at, drain_at; /* clock_now(); 0: never */
	bool		 frozen;	/* nothing happens to it ... */
	double		 left;		/* ... then .timer fires so late; < 0:
					 * it was off */
	bool		 asked;		/* we wanted it to leave */
	bool		 exited;	/* then status is as of waitpid(2) */
	int		 status;
	int		 killed;	/* last signal that we sent; 0: none */
	bool		 aborted;	/* SIGABRT was the first */
	unsigned	 futile;	/* SIGKILLs after the first */
	char		 why[800];	/* our reason to drop it; "": none */
	char		 comm[32];	/* name of the process; "": unknown */

	bool		 pinging;	/* a ping is not answered */
	uint64_t	 ping_end;	/* its last byte, as .written counts */
	unsigned	 ping_ticks;	/* since it has left */
	unsigned	 stuck_ticks;	/* the pipe is full and does not move */
	uint64_t	 last_written;	/* of the channel, at the last tick */
	unsigned	 ticks;
	long		 rss_kb;	/* as of the last ping; 0: none yet */

	struct backend_ask *asks;	/* owned */
	size_t		 nasks;
};

struct backend_start {
	const char	*instance, *command, *log_path;
	unsigned	 id;
	const struct sections *config;
	struct backend_limits limits;
	const struct backend_owner *owner;
	void		*pool;
	const struct places *places;	/* outlive the backend; may be NULL */
};

/* Start the process and send it initialize.  NULL and why in words when that
 * does not even begin. */
struct backend	*backend_start(struct ev_loop *, const struct backend_start *,
		    char *why, size_t size) MUST_CHECK;
/* An object in STARTING without a process: backend_start() fills it in, the
 * tests of the state table use it as it is. */
struct backend	*backend_create(struct ev_loop *, const struct backend_start *);
/* Kills what is still alive, answers what is in flight as lost or unsent; NULL
 * is fine. */
void		 backend_destroy(struct backend *);

/* The only way to change the state. */
void		 backend_event(struct backend *, enum backend_event);
/* The same for a reason, which is kept if it is the first one. */
void		 backend_fail(struct backend *, enum backend_event,
		    const char *fmt, ...) PRINTF(3, 4);
/* One step of the watch over a running backend: ping it, or notice that it
 * hangs.  Called by its timer. */
void		 backend_tick(struct backend *);

/* Stand still: nothing is read, written or timed, and an end is noticed later;
 * or go on. */
void		 backend_freeze(struct backend *, bool freeze);
/* Go on with what another process has left: watch the child, and start the
 * timer, which has .left seconds. */
void		 backend_resume(struct backend *);
/* As backend_destroy(), but process and pipes belong to somebody else now, who
 * answers its requests as well. */
void		 backend_abandon(struct backend *);

/* deadline: as of clock_now().  A request that is too large is answered with
 * ERR_TOO_LONG. */
void		 backend_request(struct backend *, enum method,
		    const void *params, double deadline, rpc_reply *,
		    void *ctx);
int		 backend_notify(struct backend *, enum method,
		    const void *params);	/* -1: too large */
/* Answer what was asked under this token; unknown ones are ignored.  code
 * NULL: a result. */
void		 backend_answer(struct backend *, uint32_t token, enum method,
		    const void *result, const char *code, const char *text);

/* READY or DRAINING. */
bool		 backend_serves(const struct backend *);
/* The same, or HUNG: what it is asked now is answered when it is lost. */
bool		 backend_has_users(const struct backend *);
/* No sign of life for half a ping's time: it may hang. */
bool		 backend_is_silent(const struct backend *);
/* No request but our own ping is in flight. */
bool		 backend_is_idle(const struct backend *);
const char	*backend_state_name(enum backend_state);
/* -1: there is no such state; name may be NULL. */
int		 backend_state_parse(const char *name, enum backend_state *);
/* Why it was lost: our reason, or how it ended. */
void		 backend_words(const struct backend *, struct buf *);
/* The same of one that is gone: our reason, and what has ended it. */
void		 backend_end_words(const struct backend *, struct buf *);
/* A log line "INSTANCE: backend ID (pid PID): ...". */
void		 backend_log(const struct backend *, enum log_level,
		    const char *fmt, ...) PRINTF(3, 4);
/* The same, for the owner as well. */
void		 backend_changed(struct backend *, enum log_level,
		    const char *fmt, ...) PRINTF(3, 4);

#endif
