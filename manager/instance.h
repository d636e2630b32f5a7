/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instance.h - all parts of one instance, put together from its configuration:
 * store, pool, gateway, link, control socket. */
#ifndef MANAGER_INSTANCE_H
#define MANAGER_INSTANCE_H

#include <ev.h>

#include "manager/config.h"
#include "util/pack.h"

struct instance;

/* Returns NULL and *why (caller frees).  The configuration is owned by the
 * instance from then on.  state: NULL, or what a process had put there that has
 * executed us to go on in its place. */
struct instance	*instance_create(struct ev_loop *, struct config *,
		    const struct packed *state, char **why) MUST_CHECK;
/* Can an instance of this configuration go on for one with these facts?  -1
 * and *why (NULL before; caller frees). */
int		 instance_can_follow(const struct config *,
		    const struct packed *facts, char **why) MUST_CHECK;
/* Execute the program on disk in our place; what comes of it is in the log. */
void		 instance_upgrade(struct instance *);
/* We are that program, and serve: for whoever has asked for it. */
void		 instance_upgraded(struct instance *, const char *text);
/* Where XMPP clients and the control socket find it: one line for the log. */
void		 instance_describe(const struct instance *);
/* How it does, in a few words: "12 users on 2 backends, XMPP link up". */
void		 instance_summary(const struct instance *, struct buf *);
/* SIGHUP and "reload": read the configuration again, reopen logs, load the
 * certificate.  NULL, or what is wrong (caller frees); nothing has changed
 * then. */
char		*instance_reload(struct instance *);
/* Take leave: users are told, sessions logged out, backends ended; then done is
 * called.  A second call hurries: it does not wait for anybody. */
void		 instance_stop(struct instance *, void (*done)(void *),
		    void *ctx);
void		 instance_destroy(struct instance *);	/* NULL is fine */

#endif
