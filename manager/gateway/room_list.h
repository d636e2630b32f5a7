/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_list.h - which rooms are there?  The network is asked once and the
 * answer kept for a short while, so that a client reading it page by page
 * (XEP-0059) reads one list. */
#ifndef MANAGER_GATEWAY_ROOM_LIST_H
#define MANAGER_GATEWAY_ROOM_LIST_H

#include "manager/gateway/down.h"

/* Answers disco#items of the gateway, or of a server of the network (d->name
 * is its name then), now or later. */
down_handler	 room_list_answer;
/* What a room that the user is not in is called there, as far as a list has been
 * asked for; or NULL. */
const char	*room_list_name(const struct gateway *, const char *user,
		    const char *room_jid);
/* Gateway's end: forget all lists and who waits for them. */
void		 room_lists_destroy(struct gateway *);

#endif
