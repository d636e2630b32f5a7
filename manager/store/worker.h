/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker.h - the thread that works for the store. */
#ifndef MANAGER_STORE_WORKER_H
#define MANAGER_STORE_WORKER_H

#include <stddef.h>

#include "manager/store/job.h"

struct worker;

/* Starts the thread and waits until it has opened the database; NULL and *why
 * (caller frees).  done() is called by that thread whenever there is something
 * for worker_take(). */
struct worker	*worker_create(const struct store_config *,
		    void (*done)(void *ctx), void *ctx, char **why) MUST_CHECK;
/* Waits until every job is done and the thread has ended. */
void		 worker_stop(struct worker *);
void		 worker_destroy(struct worker *);	/* once stopped */

/* Takes the job.  Returns -1, and the job stays the caller's, when too many
 * wait already. */
int		 worker_add(struct worker *, struct job *) MUST_CHECK;
/* Jobs that are done and have something to tell, in the order they came; they
 * are the caller's.  NULL: none. */
struct job	*worker_take(struct worker *);

size_t		 worker_pending(const struct worker *);
unsigned long	 worker_failures(const struct worker *);

#endif
