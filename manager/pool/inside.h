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

struct pool_user {
	TAILQ_ENTRY(pool_user) link;	/* in backend->users or pool->waiting */
	TAILQ_ENTRY(pool_user) told;	/* in pool->untold */
	struct backend	*backend;	/* NULL: waiting */
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
	struct pool_user_list untold;	/* have a backend, and do not know */
	struct backend_list backends;	/* owned; by id */
	struct features	 features;
	struct report	 report;

	struct backoff	 backoff;	/* of starts */
	ev_timer	 retry;		/* active: no start before it fires */
	unsigned	 young_deaths;	/* in a row: ready, and dead soon */
	ev_timer	 expiry;	/* of requests; active if needed */
	ev_timer	 give_up;	/* of pool_stop() */
	bool		 held;		/* nothing is read from backends */
	bool		 turn_due;	/* pool_turn() is scheduled */
	bool		 stopping;
	bool		 destroyed;	/* the memory goes after the turn */
	void		(*stopped)(void *ctx);
	void		*stopped_ctx;
};

/* Something has changed: look at everything again at the end of the turn. */
void		 pool_touch(struct pool *);

/* assign.c */
/* Serve the waiting while there is room. */
void		 assign_waiting(struct pool *);
/* The users of a backend are given back by events->lost. */
void		 assign_lost(struct backend *, const char *why);
/* Forget them without a word. */
void		 assign_forget(struct pool *, struct pool_user_list *);
/* Slots for new users: now, or with those that start as well. */
unsigned	 assign_room(const struct pool *, bool starting);

/* avail.c */
void		 avail_init(struct pool *);
/* Start what is missing, move users off what drains, retire what is empty. */
void		 avail_review(struct pool *);
/* Seconds until a start is tried again; 0: at once. */
double		 avail_pause(struct pool *);
/* What a backend's fate says of the next start. */
void		 avail_ready(struct pool *);
void		 avail_tick(struct pool *, const struct backend *);
void		 avail_left(struct pool *, const struct backend *);

extern const struct backend_owner pool_owner;

#endif
