/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_inside.h - the loop's side of the store among itself: store.c has the
 * calls, archive.c gathers what is said in rooms. */
#ifndef MANAGER_STORE_STORE_INSIDE_H
#define MANAGER_STORE_STORE_INSIDE_H

#include "manager/store/archive.h"
#include "manager/store/worker.h"

struct store {
	struct ev_loop	*loop;
	struct ev_async	 done;		/* the worker has something for us */
	struct ev_timer	 refused;	/* answers jobs that did not fit */
	struct ev_timer	 gathered;	/* runs while a tail has something */
	struct worker	*worker;	/* NULL: closed */
	bool		 persistent;
	struct job_list	 refusals;
	LIST_HEAD(, store_tail) tails;	/* all; those with something first */
	ev_tstamp	 complained;	/* when a refusal was last logged */
};

/* store.c */
void	store_add(struct store *, struct job *);

/* archive.c */
void	archive_open(struct store *);
void	archive_close(struct store *);	/* all tails are written, and let go */

#endif
