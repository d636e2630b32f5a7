/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_disco.h - what is this room, and who is in it? (XEP-0030) */
#ifndef MANAGER_GATEWAY_ROOM_DISCO_H
#define MANAGER_GATEWAY_ROOM_DISCO_H

#include "manager/gateway/down.h"

/* disco#info and disco#items of a bare room JID; the payload is the query. */
down_handler	 room_disco_info, room_disco_items;

#endif
