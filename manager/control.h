/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.h - the socket on which spectrum2_manager asks a running instance.
 * A client sends one line of words and gets a text; then the connection ends.
 * Only root, our own user and members of the group may ask. */
#ifndef MANAGER_CONTROL_H
#define MANAGER_CONTROL_H

#include <ev.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/macros.h"

#define CONTROL_LINE_MAX	8192	/* bytes of a request */

struct control;

/* Answer by control_reply(), before returning or any time later; args is what
 * follows the name, "" for nothing.  A client that has waited too long, or has
 * gone, is forgotten: a late answer to it is harmless. */
typedef void control_handler(void *ctx, uint64_t id, const char *args);

struct control_command {
	const char	*name;		/* NULL: every other one; args is the
					 * whole line then */
	control_handler	*handle;
};

struct control_config {
	const char	*path;
	uid_t		 owner;		/* (uid_t)-1: we */
	gid_t		 group;		/* may ask, too; (gid_t)-1: nobody */
	unsigned	 clients_max;	/* 0: 64 */
	double		 line_timeout;	/* seconds to send the line and to
					 * take the answer; 0: 10 */
	double		 answer_timeout;	/* seconds for us; 0: 60 */
};

/* Listens from now on; an old socket at that path goes.  The commands are
 * borrowed.  Returns NULL and *why (caller frees). */
struct control	*control_create(struct ev_loop *, const struct control_config *,
		    const struct control_command *, size_t n, void *ctx,
		    char **why) MUST_CHECK;
void		 control_reply(struct control *, uint64_t id, const char *text);
/* Removes the socket; waiting clients see an end without an answer. */
void		 control_destroy(struct control *);	/* NULL is fine */

#endif
