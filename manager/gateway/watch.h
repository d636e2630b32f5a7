/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.h - are the users' clients still there? */
#ifndef MANAGER_GATEWAY_WATCH_H
#define MANAGER_GATEWAY_WATCH_H

#include "manager/gateway/user.h"

/* The link has come (back): ask after every client that we knew, and after
 * the other users. */
void	watch_link_up(struct gateway *);
void	watch_link_down(struct gateway *);
/* Once a second. */
void	watch_tick(struct gateway *);
void	watch_destroy(struct gateway *);
/* This client is gone without a word. */
void	watch_client_gone(struct gateway *, const char *full);
/* Take a client away and end the session with the last one. */
void	watch_remove(struct user *, const char *full);

#endif
