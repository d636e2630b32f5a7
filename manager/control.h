/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.h - the socket on which spectrum2_manager asks a running instance.
 * A client sends one line of words and gets a text, at once or in pieces as
 * they come; then the connection ends.  Only root, our own user and members of
 * the group may ask. */
#ifndef MANAGER_CONTROL_H
#define MANAGER_CONTROL_H

#include <ev.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/macros.h"
#include "util/pack.h"

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
	double		 answer_timeout;	/* seconds for us to begin; 0:
						 * 60 */
	size_t		 output_max;	/* bytes not taken by a client that gets
					 * pieces; 0: 262144 */
	/* A client that got control_more() has gone, not by control_reply().
	 * Comes from the loop only; may be NULL. */
	void		(*gone)(void *ctx, uint64_t id);
};

/* Listens from now on; an old socket at that path goes.  The commands are
 * borrowed.  Returns NULL and *why (caller frees). */
struct control	*control_create(struct ev_loop *, const struct control_config *,
		    const struct control_command *, size_t n, void *ctx,
		    char **why) MUST_CHECK;
void		 control_reply(struct control *, uint64_t id, const char *text);
/* A piece of an answer that goes on for as long as we like; control_reply()
 * ends it.  -1: that client is gone, or does not read (it is told, and dropped);
 * gone() does not come for it. */
int		 control_more(struct control *, uint64_t id, const char *text)
		    MUST_CHECK;

/* For a successor: the socket, and the one client that waits for its answer; 0
 * is nobody.  Writes into the map that is open. */
void		 control_handover(const struct control *, uint64_t id,
		    struct packer *);
/* As control_create(), with the socket and the client that were handed over;
 * *id of the latter is new, 0 when there is none. */
struct control	*control_adopt(struct ev_loop *, const struct control_config *,
		    const struct control_command *, size_t n, void *ctx,
		    const struct packed *, uint64_t *id, char **why) MUST_CHECK;
/* Removes the socket; waiting clients see an end without an answer. */
void		 control_destroy(struct control *);	/* NULL is fine */

#endif
