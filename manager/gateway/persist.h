/* SPDX-License-Identifier: GPL-2.0-or-later */
/* persist.h - rooms in which a user stays without any client (setting
 * persistent), and who is brought online at the start without one. */
#ifndef MANAGER_GATEWAY_PERSIST_H
#define MANAGER_GATEWAY_PERSIST_H

#include "manager/gateway/room_data.h"

/* Does the room go on when its last client goes? */
bool	persist_stays(const struct room *);
/* The user is in, or has another nick or password there: remembered, if it is
 * to be joined again after a restart. */
void	persist_joined(struct room *);
/* The user has left, or does not want to stay any more. */
void	persist_left(struct room *);
/* What the store remembers: rooms that wait for the session. */
void	persist_load(struct user *, const struct store_room *, size_t n);
/* The user is logged in again: also into the rooms that he was put out of, or
 * not let in. */
void	persist_retry(struct user *);
/* The instance begins: bring those online who should be. */
void	persist_start(struct gateway *);

#endif
