/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener.h - sockets that accept. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <ev.h>
#include <stdbool.h>

#include "util/macros.h"
#include "util/pack.h"

struct listener;

/* Called with an accepted, non-blocking, close-on-exec descriptor that the
 * callee owns. */
typedef void listener_accept(void *ctx, int fd);

/* Listen on an address literal ("127.0.0.1", "::1", "0.0.0.0", "::") or a name
 * of this machine; "::" accepts IPv4 as well.  port 0 lets the kernel choose.
 * Returns NULL and *why (caller frees).  Running out of descriptors pauses
 * accepting for a second instead of spinning. */
struct listener	*listener_create(struct ev_loop *, const char *address,
		    unsigned port, listener_accept *, void *ctx, char **why)
		    MUST_CHECK;
/* Hand its sockets over as a list of this name, and go on with such a list;
 * NULL when there is nothing to go on with. */
void		 listener_handover(const struct listener *, struct packer *,
		    const char *key);
struct listener	*listener_adopt(struct ev_loop *, const struct packed *,
		    listener_accept *, void *ctx);
/* Accept nobody until it is thawed; whoever comes waits. */
void		 listener_freeze(struct listener *, bool frozen);
unsigned	 listener_port(const struct listener *);
void		 listener_destroy(struct listener *);	/* NULL is fine */

#endif
