/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - a user's login on the network, from wish to end.  session.c
 * holds the table state x event; nothing else assigns user->state.  What XMPP
 * sees of it is in session_show.c, what goes to the backend in
 * session_send.c. */
#ifndef MANAGER_GATEWAY_SESSION_H
#define MANAGER_GATEWAY_SESSION_H

#include "manager/gateway/user.h"

/* The user wants to be online: load, check, assign, log in.  Harmless when
 * under way.  hint: the account name to register when auto_register applies,
 * or NULL for the node of the JID. */
void	session_want(struct user *, const char *hint);
/* Server mode: a client wants to log in as this user with this password. */
void	session_login(struct user *, uint64_t client, const char *password);
/* The user does not any more (last client gone, unregistered): log out. */
void	session_end(struct user *, const char *reason);

/* After an upgrade: what waited for an answer that will not come asks again. */
void	session_resume(struct user *);
/* The service stops: tell the user, log nobody out (the pool does that). */
void	session_shutdown(struct user *);
/* The object goes: let go of everything, tell nobody. */
void	session_destroy(struct user *);

/* Events, called by login.c, the pool's callbacks and up_session.c. */
void	session_loaded(struct user *);
void	session_turned_away(struct user *, const char *reason,
	    const char *text);
void	session_assigned(struct user *, unsigned backend);
void	session_lost(struct user *, const char *why);
void	session_connected(struct user *);
void	session_disconnected(struct user *, const char *reason,
	    const char *text, bool retry);
/* This user should leave its backend for another. */
void	session_move(struct user *);
/* One less of what is counted in user->inflight. */
void	session_answered(struct user *);
/* Once a second for every user whose due is not 0 and past. */
void	session_due(struct user *);

/* The user has so many seconds to answer a question, the network has to wait so
 * long; 0: it has been answered. */
void	session_answer_due(struct user *, double seconds);

/* Tell a client that has just come that its session is up. */
void	session_greet(struct user *, const struct client *);
/* Merged presence of the clients has changed: tell the backend. */
void	session_presence(struct user *);
/* The same in words: without any client the user is away. */
void	session_presence_of(struct user *, struct msg_presence *);

const char *session_state_name(const struct user *);
/* Is there a session that can take requests now? */
bool	session_ready(const struct user *);
/* Is there one, or will there be one soon? */
bool	session_expected(const struct user *);

/* A request for the user's session (room joins, contact changes, ...).
 * Answered exactly once by reply, also with an error when there is no session:
 * the caller need not look at a return value. */
void	session_request(struct user *, enum method, const void *params,
	    rpc_reply *, void *ctx);
void	session_notify(struct user *, enum method, const void *params);
/* The same whatever the state is, for those who know it: pool_request(). */
int	session_ask(struct user *, enum method, const void *params,
	    double timeout, rpc_reply *, void *ctx) MUST_CHECK;

#endif
