/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which handler takes a backend's message, and does that backend hold the user
 * it speaks of? */
#include "manager/gateway/dispatch.h"

#include <string.h>

#include "manager/gateway/trace.h"
#include "manager/gateway/up.h"
#include "protocol/errors.h"
#include "util/log.h"

/* Every message that comes up has its user as the first field. */
struct any {
	char		 none;
	const char	*user;
};

enum when {
	IN_LOGIN = 1,		/* the login is out */
	ONLINE = 2,
	EVER = 3,
};

static const struct {
	up_handler	*handle;
	enum when	 when;
} handlers[METHOD_COUNT] = {
	[METHOD_connected]          = { up_connected,          EVER },
	[METHOD_disconnected]       = { up_disconnected,       EVER },
	[METHOD_ask]                = { up_ask,                EVER },
	[METHOD_ask_gone]           = { up_ask_gone,           EVER },
	[METHOD_setting_up]         = { up_setting,            EVER },
	[METHOD_commands]           = { up_commands,           EVER },
	/* A backend may fill the list in before it says connected. */
	[METHOD_contact]            = { up_contact,            EVER },
	[METHOD_contact_presence]   = { up_contact_presence,   EVER },
	[METHOD_avatar]             = { up_avatar,             EVER },
	[METHOD_message]            = { up_message,            EVER },
	[METHOD_receipt]            = { up_receipt,            ONLINE },
	[METHOD_undelivered]        = { up_undelivered,        EVER },
	[METHOD_marker_up]          = { up_marker,             ONLINE },
	[METHOD_chat_state_up]      = { up_chat_state,         ONLINE },
	[METHOD_reaction]           = { up_reaction,           ONLINE },
	[METHOD_retracted]          = { up_retracted,          ONLINE },
	[METHOD_attention_up]       = { up_attention,          ONLINE },
	[METHOD_contact_removed]    = { up_contact_removed,    EVER },
	[METHOD_contacts_end]       = { up_contacts_end,       EVER },
	[METHOD_contact_request]    = { up_contact_request,    EVER },
	[METHOD_query_up]           = { up_query,              ONLINE },
	[METHOD_stanza_up]          = { up_stanza,             ONLINE },
	[METHOD_room_name]          = { up_room_name,          ONLINE },
	[METHOD_room_subject]       = { up_room_subject,       ONLINE },
	[METHOD_room_occupant]      = { up_room_occupant,      ONLINE },
	[METHOD_room_occupant_gone] = { up_room_occupant_gone, ONLINE },
	[METHOD_room_invited]       = { up_room_invited,       ONLINE },
	[METHOD_room_closed]        = { up_room_closed,        ONLINE },
};

static bool
holds(const struct user *user, unsigned backend)
{
	return user != NULL && user->backend == backend;
}

static bool
right_time(const struct user *user, enum when when)
{
	if (user->state == USER_ONLINE ||
	    (user->state == USER_MOVING && !user->asked))
		return (when & ONLINE) != 0;
	return (when & IN_LOGIN) != 0 && (user->asked ||
	    user->state == USER_LEAVING);
}

void
dispatch_message(struct gateway *gw, unsigned backend, const struct msg *msg)
{
	struct up up = {
		.gw = gw, .backend = backend, .id = msg->id,
		.params = msg->params,
	};
	bool request = msg->kind == REQUEST;
	const char *jid;

	if (handlers[msg->method].handle == NULL) {
		if (request)
			pool_refuse(gw->pool, backend, msg->id,
			    ERR_NOT_SUPPORTED, NULL);
		return;
	}
	jid = ((const struct any *)(const void *)msg->params)->user;
	up.user = user_find(gw, jid);
	if (!holds(up.user, backend)) {
		/* Usual for a moment after a logout, so not worth more. */
		log_debug("%s: backend %u: %s for %s, whom it does not hold",
		    gw->config->jid, backend, method_wire(msg->method), jid);
		if (request)
			pool_refuse(gw->pool, backend, msg->id,
			    ERR_NOT_CONNECTED, NULL);
		return;
	}
	if (trace_runs(gw))
		trace_up(up.user, msg->method, msg->params);
	if (right_time(up.user, handlers[msg->method].when))
		handlers[msg->method].handle(&up);
	else if (request)
		pool_refuse(gw->pool, backend, msg->id, ERR_NOT_CONNECTED,
		    NULL);
}
