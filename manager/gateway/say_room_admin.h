/* SPDX-License-Identifier: GPL-2.0-or-later */
/* say_room_admin.h - answers to those who look after a room (XEP-0045 8-10). */
#ifndef MANAGER_GATEWAY_SAY_ROOM_ADMIN_H
#define MANAGER_GATEWAY_SAY_ROOM_ADMIN_H

#include "manager/gateway/room_data.h"
#include "manager/gateway/say.h"

/* from: the room; result NULL: nothing. */
void	say_room_affiliations(struct gateway *, const char *from,
	    const char *to, const char *id, enum affiliation,
	    const struct msg_room_affiliations_result *);
/* Everybody in the room who has this role. */
void	say_room_roles(const struct down *, const struct room *, enum role);

#endif
