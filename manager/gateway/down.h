/* SPDX-License-Identifier: GPL-2.0-or-later */
/* down.h - handlers of stanzas, named in router.c's table.  A handler starts
 * with a stanza whose addresses are valid and whose sender may send it, and
 * sees to it that every get or set is answered and every message is delivered,
 * queued or answered. */
#ifndef MANAGER_GATEWAY_DOWN_H
#define MANAGER_GATEWAY_DOWN_H

#include "manager/gateway/room.h"
#include "manager/gateway/user.h"

/* One stanza on its way down; dies when the handler returns. */
struct down {
	struct gateway	*gw;
	struct arena	*arena;		/* for scratch */
	const struct stanza *stanza;
	const struct stanza *payload;	/* the child the route asked for */
	const struct jid *from, *to;
	const char	*id, *type;	/* attributes, or NULL */
	struct user	*user;		/* of from, NULL when unknown */
	const char	*name;		/* network name of to's node, or NULL */
	const char	*extra;		/* of a message: XML that passes as it
					 * is (raw.h), or NULL */
	struct room	*room;		/* user's room at to's bare JID, or NULL */
};

typedef void down_handler(struct down *);

/* down_message.c: one-to-one */
down_handler down_message_chat;		/* to a contact */
down_handler down_message_gateway;	/* to the gateway: admin commands */
down_handler down_message_error;	/* a bounce of ours: rooms want to know */

/* down_presence.c: to the gateway itself */
down_handler down_presence_available, down_presence_unavailable;
down_handler down_presence_probe, down_presence_error;
down_handler down_gateway_subscribe, down_gateway_subscribed;
down_handler down_gateway_unsubscribe, down_gateway_unsubscribed;

/* down_register.c: XEP-0077, XEP-0100 */
down_handler down_register_get, down_register_set;

/* down_contact.c: subscriptions and probes to contacts */
down_handler down_contact_subscribe, down_contact_subscribed;
down_handler down_contact_unsubscribe, down_contact_unsubscribed;
down_handler down_contact_probe;
down_handler down_contact_presence;	/* directed presence: ignored */

/* down_roster.c: server mode */
down_handler down_roster_get, down_roster_set;

/* down_room.c, down_room_admin.c: XEP-0045 */
down_handler down_room_presence;	/* join, nick change */
down_handler down_room_leave;
down_handler down_room_message;		/* groupchat, subject */
down_handler down_room_private;		/* to an occupant */
down_handler down_room_mediated;	/* invitations, declines, voice requests */
down_handler down_room_admin_get, down_room_admin_set;
down_handler down_room_owner_get, down_room_owner_set;
down_handler down_room_ping;		/* XEP-0410 */

/* gesture.c: XEP-0425 */
down_handler down_room_moderate;

/* mam.c: XEP-0313 */
down_handler down_mam_query, down_mam_form, down_mam_metadata;

/* down_disco.c: XEP-0030, XEP-0115 */
down_handler down_disco_info, down_disco_items;

/* down_query.c: the small ones */
down_handler down_gateway_get, down_gateway_set;	/* jabber:iq:gateway */
down_handler down_version, down_ping, down_time, down_last;
down_handler down_vcard_get, down_vcard4_get, down_vcard_set;
down_handler down_private_get, down_private_set;	/* XEP-0049 */
down_handler down_search_get, down_search_set;		/* XEP-0055 */
down_handler down_carbons;

/* avatar_pep.c, avatar_own.c: XEP-0060 as far as pictures need it */
down_handler down_pubsub_get, down_pubsub_set;

/* block.c: XEP-0191 */
down_handler down_blocklist_get, down_block, down_unblock;

/* down_command.c: XEP-0050 */
down_handler down_command;

/* rights.c: what the XMPP server says of our privileges (XEP-0356) */
down_handler down_privilege;

#endif
