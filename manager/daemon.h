/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon.h - what makes a process a service: directories, one instance at a
 * time, the background, limits, another user.  Called by main in the order of
 * this page; each returns -1 and *why (caller frees) for what the admin must
 * put right. */
#ifndef MANAGER_DAEMON_H
#define MANAGER_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "manager/config.h"
#include "util/pack.h"

/* Make the directories of pidfile, control socket, logs and database, and the
 * working directory.  Those made are given to service.user and group when root
 * does it. */
int	 daemon_directories(const struct config *, char **why) MUST_CHECK;
/* Lock the pidfile until this process and what it forks is gone; "already
 * running as process N" when somebody else has it. */
int	 daemon_lock(const struct config *, char **why) MUST_CHECK;
/* Returns in a child in the background, without a terminal and with standard
 * input from /dev/null.  The parent stays until the child has called
 * daemon_ready(), and exits 0; or until the child is gone, and exits as it did.
 * Not called with -n. */
int	 daemon_detach(char **why) MUST_CHECK;
/* Write the pidfile, go to the working directory, umask 0007, as many
 * descriptors as the hard limit allows, ignore SIGPIPE. */
int	 daemon_settle(const struct config *, char **why) MUST_CHECK;
/* Become service.user and group, for good.  Does nothing when both are empty
 * or it is us already; an error when they are set and we may not. */
int	 daemon_drop_privileges(const struct config *, char **why) MUST_CHECK;

/* Everything runs: lets the parent go, tells systemd (sd_notify(3)). */
void	 daemon_ready(void);
/* At the end: the pidfile goes, the lock with the process. */
void	 daemon_release(void);

/* For a successor that is executed in our place: the lock of the pidfile.  It
 * adopts instead of locking, detaching and dropping privileges. */
void	 daemon_handover(struct packer *);
int	 daemon_adopt(const struct config *, const struct packed *, char **why)
	    MUST_CHECK;

/* To systemd, when it listens: "STOPPING=1" and such. */
void	 daemon_notify(const char *state);
bool	 daemon_is_supervised(void);	/* it listens */
/* One line about us; told when it is another than the last time. */
void	 daemon_status(const char *text);
/* A reload begins; daemon_ready() when it is over. */
void	 daemon_reloading(void);
/* Seconds after which it wants "WATCHDOG=1" again, half of what it allows; 0:
 * it does not. */
double	 daemon_watchdog(void);

/* Ids of service.user and group as numbers, (uid_t)-1 and (gid_t)-1 for those
 * not set: the user's own group when only the user is. */
int	 daemon_ids(const struct config *, uid_t *, gid_t *, char **why)
	    MUST_CHECK;

/* The process that holds this pidfile's lock; 0: nobody runs; -1 with errno
 * when that cannot be found out. */
pid_t	 daemon_running(const char *pidfile);

#endif
