/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_fill.h - what the network remembers of a room and nobody has asked to
 * be told goes into the archive all the same. */
#ifndef MANAGER_GATEWAY_ROOM_FILL_H
#define MANAGER_GATEWAY_ROOM_FILL_H

#include "manager/gateway/room_data.h"

/* The user is in, for the first time since the room was made. */
void	room_fill(struct room *);
/* Will the archive soon have more of what was said before now? */
bool	room_is_filling(const struct room *);

#endif
