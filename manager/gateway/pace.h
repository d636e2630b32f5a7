/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pace.h - in which order, and how fast, do users come back whose backends were
 * lost?  So many a second that the network is not stormed, those first who
 * have talked last. */
#ifndef MANAGER_GATEWAY_PACE_H
#define MANAGER_GATEWAY_PACE_H

#include "manager/gateway/user.h"

/* session_assign() when it is this user's turn, at the earliest after the loop
 * turn.  Once is enough. */
void	pace_login(struct user *);
/* Not any more; harmless for those who do not wait. */
void	pace_forget(struct user *);
void	pace_destroy(struct gateway *);

#endif
