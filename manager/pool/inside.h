/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inside.h - the pool as its own files see it. */
#ifndef MANAGER_POOL_INSIDE_H
#define MANAGER_POOL_INSIDE_H

#include <ev.h>

#include "manager/pool/backend.h"
#include "manager/pool/features.h"
#include "manager/pool/pool.h"
#include "manager/pool/report.h"
#include "util/arena.h"
#include "util/backoff.h"
#include "util/map.h"

#define ALONE_MAX	8	/* backends outside of backends_max */

struct pool_user {
	TAILQ_ENTRY(pool_user) link;	/* in backend->users, pool->waiting
					 * or pool->loners */
	TAILQ_ENTRY(pool_user) told;	/* in pool->untold */
	struct backend	*backend;	/* NULL: waiting */
	unsigned	 avoid;		/* backend not wanted; 0: none */
	bool		 alone;		/* wants a backend of its own */
	double		 asked;		/* to leave, clock_now(); 0: not */
	bool		 untold;	/* events->assigned is due */
	char		 name[];
};

struct pool {
	struct ev_loop	*loop;
	struct pool_config config;	/* strings and sections in .memory */
	struct arena	 memory;	/* of .config */
	const struct pool_events *events;
	void		*ctx;

	struct map	 users;		/* name to struct pool_user, owned */
	struct pool_user_list waiting;	/* first come, first served */
	unsigned	 nwaiting;
	struct pool_user_list loners;	/* wait for a backend of their own */
	unsigned	 nloners;
	struct pool_user_list untold;	/* have a backend, and do not know */
	struct backend_list backends;	/* owned; by id */
	struct features	 features;
	struct report	 report;

	struct backoff	 backoff;	/* of starts */
	ev_timer	 retry;		/* active: no start before it fires */
	struct backoff	 recycle;	/* of those that grow too large */
	double		 recycle_after;	/* clock_now(); none before */
	unsigned	 young_deaths;	/* in a row: ready, and dead soon */
	ev_timer	 expiry;	/* of requests; active if needed */
	ev_timer	 give_up;	/* of pool_stop() */
	bool		 held;		/* nothing is read from backends */
	bool		 frozen;	/* nothing happens at all ... */
	double		 retry_left, expiry_left, give_up_left;	/* s; < 0:
					 * ... and then these go on */
	bool		 turn_due;	/* pool_turn() is scheduled */
	bool		 stopping;
	bool		 destroyed;	/* the memory goes after the turn */
	void		(*stopped)(void *ctx);
	void		*stopped_ctx;
};

/* Something has changed: look at everything again at the end of the turn. */
void		 pool_touch(struct pool *);

/* In words: what the admin may want to know; told after the turn. */
void		 pool_news(struct pool *, const char *fmt, ...) PRINTF(2, 3);
/* Users of one backend: what the admin and what the backend itself say. */
unsigned	 pool_users_max(const struct pool *);
struct backend	*pool_find(const struct pool *, unsigned id);	/* or NULL */

/* settings.c */
/* Copy it, and forget the one before. */
void		 settings_use(struct pool *, const struct pool_config *);

/* assign.c */
/* Slots for new users of backends that are for everybody. */
struct room {
	unsigned	 now;
	unsigned	 silent;	/* of backends that may hang: not now */
	unsigned	 fresh;		/* of these: of backends that stay */
	unsigned	 soon;		/* with those that start */
};

/* Serve the waiting while there is room. */
void		 assign_waiting(struct pool *);
/* The users of a backend are given back by events->lost. */
void		 assign_lost(struct backend *, const char *why);
/* One of them is. */
void		 assign_evict(struct pool *, struct pool_user *,
		    const char *why);
/* As another process had it: a user of like->backend, or a waiting one. */
void		 assign_restore(struct pool *, const char *name,
		    const struct pool_user *like);
/* Forget them without a word. */
void		 assign_forget(struct pool *, struct pool_user_list *);
/* The number will be that of another one. */
void		 assign_gone(struct pool *, const struct backend *);
struct room	 assign_room(const struct pool *);

/* avail.c */
void		 avail_init(struct pool *);
/* What every backend gets to begin with. */
struct backend_start avail_start(struct pool *, unsigned id);
void		 avail_insert(struct pool *, struct backend *);
/* Start what is missing, replace what is marked, retire what is empty. */
void		 avail_review(struct pool *);
/* No more backends are allowed. */
bool		 avail_is_at_max(const struct pool *);
/* More backends are needed than are ready, or will be. */
bool		 avail_wanted(const struct pool *);
/* Who does not like the backends that are there can wait for one more. */
bool		 avail_another_way(const struct pool *);
/* Seconds until a start is tried again; 0: at once. */
double		 avail_pause(struct pool *);
/* What a backend's fate says of the next start. */
void		 avail_ready(struct pool *);
void		 avail_tick(struct pool *, const struct backend *);
void		 avail_left(struct pool *, const struct backend *);

extern const struct backend_owner pool_owner;

#endif
