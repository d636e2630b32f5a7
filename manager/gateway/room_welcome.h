/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_welcome.h - a client comes into a room that the user is in: occupants,
 * own presence, history, subject (XEP-0045 7.1).  At once where the history
 * that it wishes is at hand, else when the archive has answered. */
#ifndef MANAGER_GATEWAY_ROOM_WELCOME_H
#define MANAGER_GATEWAY_ROOM_WELCOME_H

#include "manager/gateway/room_data.h"

/* Every client that has a wish, once the room's history is there. */
void	room_welcome_all(struct room *);

#endif
