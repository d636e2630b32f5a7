/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core.h - where the kernel has put the core of a process (core(5)). */
#ifndef MANAGER_POOL_CORE_H
#define MANAGER_POOL_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/buf.h"

struct core_facts {
	pid_t		 pid;
	uid_t		 uid;
	gid_t		 gid;
	int		 signal;
	int64_t		 time;		/* of death, seconds since 1970 */
	const char	*comm;		/* as in /proc/PID/comm */
	const char	*host;
};

/* The file, or the whole command line behind a '|'.  uses_pid: what
 * /proc/sys/kernel/core_uses_pid says. */
void	core_expand(const char *pattern, bool uses_pid,
	    const struct core_facts *, struct buf *);
/* In words: "core: /var/crash/core.4711", or who was given it.  status as of
 * waitpid(2); adds nothing when there is no core.  comm may be "". */
void	core_words(pid_t, const char *comm, int status, struct buf *);

#endif
