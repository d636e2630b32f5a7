/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_parts.h - what the files of control share; for nobody else. */
#ifndef MANAGER_CONTROL_PARTS_H
#define MANAGER_CONTROL_PARTS_H

#include <stdbool.h>

#include "manager/control.h"
#include "util/buf.h"

enum client_state {
	READING,	/* the line is not whole */
	WAITING,	/* for control_reply() or control_more() */
	STREAMING,	/* control_more() has come, control_reply() has not */
	WRITING,	/* the answer is not out */
};

struct client {
	struct client	*next;
	struct control	*control;
	uint64_t	 id;
	enum client_state state;
	bool		 half;		/* streaming; it sends no more */
	struct ev_io	 io;
	struct ev_timer	 timer;		/* never while streaming */
	struct buf	 in, out;
};

struct control {
	struct ev_loop	*loop;
	char		*path;
	uid_t		 owner;
	gid_t		 group;
	unsigned	 clients_max;
	double		 line_timeout, answer_timeout;
	size_t		 output_max;
	void		(*gone)(void *, uint64_t);
	const struct control_command *commands;
	size_t		 ncommands;
	void		*ctx;
	struct ev_io	 listener;
	struct ev_timer	 rest;		/* listener stopped: no descriptors */
	struct client	*clients;
	unsigned	 nclients;	/* in the list */
	uint64_t	 next_id;
};

/* A listening socket at k->path, or -1 and *why. */
int	 control_open(const struct control *k, char **why) MUST_CHECK;
bool	 control_may_ask(const struct control *k, int fd);

#endif
