/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.h - are the users' clients still there? */
#ifndef MANAGER_GATEWAY_WATCH_H
#define MANAGER_GATEWAY_WATCH_H

#include "manager/gateway/user.h"
#include "util/pack.h"

/* The link has come (back): ask after every client that we knew, and after
 * the other users. */
void	watch_link_up(struct gateway *);
/* After an upgrade: who was being asked is asked again. */
void	watch_resume(struct gateway *);
void	watch_link_down(struct gateway *);
/* Over an upgrade, who is still to be asked: into a list, and back. */
void	watch_pack(const struct gateway *, struct packer *);
void	watch_unpack(struct gateway *, const struct packed *);
/* Once a second. */
void	watch_tick(struct gateway *);
void	watch_destroy(struct gateway *);
/* This client is gone without a word. */
void	watch_client_gone(struct gateway *, const char *full);
/* Take a client away that is not there any more, and end the session with the
 * last one (gateway_is_lenient(): not yet). */
void	watch_remove(struct user *, const char *full);
/* It has said so itself. */
void	watch_goodbye(struct user *, const char *full);

#endif
