/* SPDX-License-Identifier: GPL-2.0-or-later */
/* admin_inside.h - commands of the admin among themselves: admin.c has the
 * table, users and messages, admin_pool.c backends and memory. */
#ifndef MANAGER_GATEWAY_ADMIN_INSIDE_H
#define MANAGER_GATEWAY_ADMIN_INSIDE_H

#include "manager/gateway/admin.h"
#include "manager/gateway/user.h"

#define WORDS_MAX	8

/* One command being run. */
struct run {
	struct gateway	*gw;
	int		 argc;		/* words behind the name */
	char		*argv[WORDS_MAX];
	struct buf	 out;
	admin_answer	*answer;
	void		*ctx;
	bool		 waits;		/* finish() will be called later */
	char		*line;		/* the words point into it */
	size_t		 size;		/* of line, which may have a password */
};

typedef void command(struct run *);

size_t	admin_online(const struct gateway *);

/* admin_pool.c */
command	cmd_backends, cmd_backends_count, cmd_crashed_backends,
	cmd_crashed_backends_count, cmd_crash_report, cmd_restart_backend,
	cmd_restart_backends, cmd_res_memory, cmd_shr_memory, cmd_used_memory,
	cmd_average_memory;

#endif
