/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl.h - spectrum2_manager: what its commands share. */
#ifndef MANAGER_CTL_CTL_H
#define MANAGER_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/macros.h"

/* Exit codes; up to 8, and 11, they are the C++ program's. */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1,		/* also: usage, for those who asked for it */
	CTL_USAGE = 2,
	CTL_STOPPED = 3,	/* status: some instance does not run */
	CTL_CONFIG = 4,		/* our own file */
	CTL_DIRECTORY = 5,	/* cannot be read */
	CTL_NO_DIRECTORY = 6,
	CTL_NOT_DIRECTORY = 7,
	CTL_NO_PROGRAM = 8,	/* spectrum2 is not found */
	CTL_UNKNOWN = 9,	/* no instance of that JID */
	CTL_NO_ANSWER = 10,	/* it does not run, or says nothing in time */
	CTL_INCOMPLETE = 11,	/* a JID and no command */
};

struct ctl {
	char		*directory;	/* of the instances' files */
	double		 timeout;	/* seconds for an answer */
	bool		 broken;	/* some file could not be loaded */
	bool		 named;		/* answers begin with whose they are */
};

/* One JID of one file: vhosts count each. */
struct ctl_instance {
	char		*path, *jid;
	char		*pidfile, *control;
	char		*log;		/* NULL: standard error */
	bool		 vhost;
	int		 patience;	/* seconds that its stop may take */
	pid_t		 stopping;	/* stop: what was told to; 0: nothing */
	unsigned long long started;	/* of that process; 0: not known */
};

struct ctl_instances {
	struct ctl_instance *v;
	size_t		 n;
};

int	 ctl_main(int argc, char **argv);

/* Our own configuration; NULL path: the usual file, which may be absent.
 * Returns -1 after saying why. */
int	 ctl_settings(struct ctl *, const char *path) MUST_CHECK;

/* All instances by name of file; returns CTL_OK, or what to exit with after
 * saying why.  What is wrong with a file is told; it is left out only when it
 * does not even say whose it is. */
int	 ctl_instances_find(struct ctl *, struct ctl_instances *) MUST_CHECK;
void	 ctl_instances_finish(struct ctl_instances *);
struct ctl_instance *ctl_instances_get(const struct ctl_instances *,
	    const char *jid);	/* or NULL */
/* 0: it does not run. */
pid_t	 ctl_instance_pid(const struct ctl_instance *);

/* Commands over some instances; they return what to exit with. */
typedef int ctl_command(struct ctl *, struct ctl_instance *, size_t n);
ctl_command ctl_start, ctl_stop, ctl_restart, ctl_status, ctl_list, ctl_reload,
	    ctl_upgrade;

/* Parts of restart.  ctl_start_one() says on standard error what went wrong.
 * ctl_stop_one() reports on standard output; false: the process is still
 * there. */
int	 ctl_start_one(struct ctl_instance *) MUST_CHECK;
void	 ctl_stop_signal(struct ctl_instance *);
bool	 ctl_stop_one(struct ctl_instance *);

/* The words as one command to the instance; prints its answer, on standard
 * error and with CTL_FAILED when it is an error. */
int	 ctl_query(struct ctl *, const struct ctl_instance *, char **words,
	    size_t n);
/* Ask a control socket.  Returns the answer (caller frees), or NULL with *why
 * (NULL before; caller frees). */
char	*ctl_ask(const char *socket, const char *line, double timeout,
	    char **why) MUST_CHECK;
/* The same for an answer that comes in pieces and may go on for days; timeout
 * is for the first.  -1 and *why when there was none. */
typedef void ctl_piece(void *ctx, const char *bytes, size_t n);
int	 ctl_follow(const char *socket, const char *line, double timeout,
	    ctl_piece *, void *ctx, char **why) MUST_CHECK;

#endif
