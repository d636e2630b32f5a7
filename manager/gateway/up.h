/* SPDX-License-Identifier: GPL-2.0-or-later */
/* up.h - handlers of what backends say, named in dispatch.c's table.  The user
 * exists and is held by the backend that speaks. */
#ifndef MANAGER_GATEWAY_UP_H
#define MANAGER_GATEWAY_UP_H

#include "manager/gateway/user.h"

/* id and backend are for answering a request. */
struct up {
	struct gateway	*gw;
	struct user	*user;
	unsigned	 backend;
	uint32_t	 id;
	const union params *params;
};

typedef void up_handler(struct up *);

/* up_session.c */
up_handler up_connected, up_disconnected, up_ask, up_ask_gone, up_setting;
up_handler up_commands;
/* up_message.c: kind chat; the others go to up_room.c's functions */
up_handler up_message, up_receipt, up_undelivered, up_marker, up_attention;
/* gesture.c */
up_handler up_chat_state, up_reaction, up_retracted;
/* up_contact.c */
up_handler up_contact, up_contact_presence, up_contact_removed;
up_handler up_contacts_end;
up_handler up_contact_request, up_avatar;
/* query.c */
up_handler up_query;
/* raw_iq.c; it gives raw_tell.c those of kind message */
up_handler up_stanza, up_stanza_message;
/* up_room.c; up_message gives it kind groupchat and private */
up_handler up_room_message, up_room_private;
up_handler up_room_name, up_room_subject, up_room_occupant, up_room_occupant_gone;
up_handler up_room_invited, up_room_closed;

#endif
