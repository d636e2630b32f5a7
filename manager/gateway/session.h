/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - a user'"'"'s login on the network, from wish to end.  session.c
 * holds the table state x event; nothing else assigns user->state. */
#ifndef MANAGER_GATEWAY_SESSION_H
#define MANAGER_GATEWAY_SESSION_H

#include "manager/gateway/user.h"

/* The user wants to be online: load, check, assign, log in.  Harmless when
 * under way. */
void	session_want(struct user *);
/* The user does not any more (last client gone, unregistered): log out. */
void	session_end(struct user *, const char *reason);

/* Events, called by the pool'"'"'s callbacks and by up_session.c. */
void	session_assigned(struct user *, unsigned backend);
void	session_lost(struct user *, const char *why);
void	session_connected(struct user *);
void	session_disconnected(struct user *, const char *reason,
	    const char *text, bool retry);
/* Once a second for every user whose due is not 0 and past. */
void	session_due(struct user *);

/* Merged presence of the clients has changed: tell the backend. */
void	session_presence(struct user *);

/* Is there a session that can take requests now? */
bool	session_ready(const struct user *);

/* A request for the user'"'"'s session (room joins, contact changes, ...).
 * Answered exactly once by reply, also with an error when there is no session:
 * the caller need not look at a return value. */
void	session_request(struct user *, enum method, const void *params,
	    rpc_reply *, void *ctx);
void	session_notify(struct user *, enum method, const void *params);

#endif
