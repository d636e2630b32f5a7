/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn.h - how a backend process is started. */
#ifndef MANAGER_POOL_SPAWN_H
#define MANAGER_POOL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/macros.h"

struct spawn {
	char *const	*argv;		/* argv[0] is looked up in PATH */
	bool		 stamps;	/* it should put times on its stderr
					 * lines, as nobody else will */
};

/* Our ends; the caller closes them.  Not blocking, close-on-exec. */
struct process {
	pid_t	 pid;		/* also its process group and its session */
	int	 to;		/* its standard input */
	int	 from;		/* its standard output */
	int	 err;		/* its standard error */
};

/* The process has these three descriptors and no other, default signals, no
 * new privileges, leaves a core when it may, and dies with us.  When the
 * program cannot be executed this is known at once: -1, with why in words. */
int	 spawn(const struct spawn *, struct process *, char *why, size_t size)
	    MUST_CHECK;

#endif
