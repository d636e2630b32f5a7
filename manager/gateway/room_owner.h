/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_owner.h - the form of a room: what the network says of it (room_config),
 * and the user's own settings for it.  Offered to everybody, in the room or not,
 * as muc#owner (XEP-0045 10.2) and as a command. */
#ifndef MANAGER_GATEWAY_ROOM_OWNER_H
#define MANAGER_GATEWAY_ROOM_OWNER_H

#include "manager/gateway/down.h"

#define ROOM_OWNER_NODE		"configure"
#define ROOM_OWNER_LABEL	"Configure this room"

/* The command: show the form, or take what was filled in (form not NULL). */
void	room_owner_run(struct down *, const struct stanza *form);

#endif
