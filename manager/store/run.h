/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.h - do jobs on an engine, in the worker's thread.  May block. */
#ifndef MANAGER_STORE_RUN_H
#define MANAGER_STORE_RUN_H

#include "manager/store/job.h"

struct run;

/* Open the database and the key, seal what is not sealed.  NULL and *why. */
struct run	*run_open(const struct store_config *, char **why) MUST_CHECK;
void		 run_close(struct run *);	/* NULL is fine */

/* Do one job, or n gathered ones in one transaction.  Their answers and errors
 * are set; an error for all of several is set on the first one alone, with the
 * number of those lost. */
void		 run_jobs(struct run *, struct job **, size_t n);

#endif
