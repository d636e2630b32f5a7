/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the network, as the main process knows them, and back. */
#include "backends/purple/peer.h"

#include <string.h>

#include "backends/purple/contact.h"
#include "backends/purple/room.h"

bool
peer_of(struct session *s, const char *who, struct peer *peer)
{
	const char *id = who ? contact_id(s->account, who) : NULL;
	size_t len = id ? strlen(id) : 0;

	if (len == 0 || len >= sizeof(peer->id))
		return false;
	memcpy(peer->id, id, len + 1);
	peer->room = peer->nick = NULL;
	room_private(s, who, &peer->room, &peer->nick);
	return true;
}

const char *
peer_name(struct session *s, const char *id)
{
	return *id != '\0' && strlen(id) < PEER_MAX ?
	    contact_buddy_name(s, id) : NULL;
}
