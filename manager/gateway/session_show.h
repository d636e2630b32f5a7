/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_show.h - what XMPP is told of a session, for session.c alone. */
#ifndef MANAGER_GATEWAY_SESSION_SHOW_H
#define MANAGER_GATEWAY_SESSION_SHOW_H

#include "manager/gateway/user.h"

/* The gateway and the contacts become available to all clients; or not any
 * more, text saying why (NULL: nothing). */
void	session_show_online(struct user *);
void	session_show_offline(struct user *, const char *text);
/* It is not available yet, and why. */
void	session_show_trouble(struct user *, const char *text);

#endif
