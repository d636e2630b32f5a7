/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-to-one messages of users: to contacts, and to the gateway itself. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/admin.h"
#include "manager/gateway/ask.h"
#include "manager/gateway/asked.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/files.h"
#include "manager/gateway/gesture.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/repeats.h"
#include "manager/gateway/room.h"
#include "manager/gateway/say_chat.h"
#include "manager/gateway/session.h"
#include "manager/gateway/watch.h"
#include "manager/gateway/xhtml.h"
#include "protocol/features.h"
#include "util/log.h"
#include "util/xalloc.h"

/* ------------------------------------------------------------- to a contact */

/* The name as the network writes it: JIDs are lower case. */
static const char *
network_name(const struct down *d)
{
	const struct contact *contact = contact_find_jid(d->user, d->to->bare);

	return contact ? contact->name : d->name;
}

static void
pass_marker(const struct down *d, const char *name)
{
	const struct stanza *displayed = stanza_child(d->stanza, "displayed",
	    NS_MARKERS);
	const struct stanza *received = stanza_child(d->stanza, "received",
	    NS_RECEIPTS);
	struct msg_marker msg = {
		.user = d->user->jid, .peer = name,
		.id = gesture_id(d, NULL, NULL, stanza_attr(displayed ?
		    displayed : received, "id")),
		.state = displayed ? "displayed" : "received",
	};

	if (msg.id != NULL && gateway_can(d->gw, "markers"))
		session_notify(d->user, METHOD_marker, &msg);
}

static void
send_text(struct down *d, const char *name)
{
	struct msg_attachment files[FILES_MAX];
	struct say_message copy = {
		.to = d->to->full, .id = d->id,
		.body = files_body(d->arena, d->stanza),
		.xhtml = xhtml_get(d->arena, d->stanza),
		.attachments = files,
		.nattachments = files_list(d->arena, files_take(d->arena,
		    d->stanza), files),
		.extra = d->extra,
	};
	struct outgoing *o;
	enum repeat repeat;
	uint64_t mark;

	repeat = repeats_note(d->user, d->to->bare, d->id, copy.body, &mark);
	if (repeat != REPEAT_NONE)
		log_debug("%s: a message to %s came again", d->user->jid,
		    d->to->bare);
	if (repeat == REPEAT_UNCERTAIN)
		say_error(d, E_REMOTE_SERVER_TIMEOUT, REPEAT_UNCERTAIN_TEXT);
	if (repeat != REPEAT_NONE)
		return;
	d->gw->messages_down++;
	if (stanza_child(d->stanza, "private", NS_CARBONS) == NULL)
		say_sent(d->user, d->from->full, &copy);
	o = outgoing_create(d->user, d, "chat", name, NULL);
	o->mark = mark;
	outgoing_send(d->user, o);
}

/* XEP-0249: an invitation that the client sends itself.  To a room elsewhere
 * the network can invite nobody; what is written beside it is sent as text. */
static bool
pass_invitation(struct down *d, const char *name)
{
	const struct stanza *x = stanza_child(d->stanza, "x", NS_CONFERENCE);
	const char *to = x ? stanza_attr(x, "jid") : NULL;
	struct msg_room_invite m = { .user = d->user->jid, .peer = name };
	const struct room *room;
	struct jid jid;

	if (to == NULL)
		return false;
	if (jid_parse(d->arena, to, &jid) < 0 || jid.node == NULL ||
	    strcmp(jid.domain, d->gw->config->jid) != 0) {
		if (stanza_child(d->stanza, "body", NULL) != NULL)
			return false;
		say_error(d, E_NOT_ACCEPTABLE,
		    "That room is not on this network.");
		return true;
	}
	room = room_find(d->user, jid.bare);
	m.room = room ? room_id(room) : name_from_node(d->arena, jid.node);
	m.reason = stanza_attr(x, "reason");
	session_request(d->user, METHOD_room_invite, &m, asked_answered,
	    asked_by(d));
	return true;
}

void
down_message_chat(struct down *d)
{
	const char *name = network_name(d);
	const struct stanza *m = d->stanza;
	struct msg_attention attention = {
		.user = d->user->jid, .peer = name,
	};
	bool words;

	if (gesture_down(d, NULL, NULL, name) || pass_invitation(d, name))
		return;
	words = files_body(d->arena, m) != NULL;
	if (words)
		send_text(d, name);
	if (stanza_child(m, "attention", NS_ATTENTION) != NULL)
		session_notify(d->user, METHOD_attention, &attention);
	if (words)
		return;
	pass_marker(d, name);
	gesture_state(d, NULL, NULL, name);
	raw_message(d);
}

/* ----------------------------------------------------------- to the gateway */

struct reply {
	struct gateway	*gw;
	char		 to[];
};

static void
admin_answered(void *ctx, const char *text)
{
	struct reply *reply = ctx;
	struct say_message m = {
		.from = reply->gw->config->jid, .to = reply->to,
		.type = "chat", .body = text,
	};

	say_message(reply->gw, &m);
	free(reply);
}

void
down_message_gateway(struct down *d)
{
	const char *body = stanza_child_text(d->arena, d->stanza, "body",
	    NULL);
	struct reply *reply;
	size_t size;

	/* Chat states and receipts for our own words. */
	if (body == NULL || *body == '\0')
		return;
	/* Server mode: notes to oneself are no words to us. */
	if (d->to->node != NULL) {
		say_error(d, E_SERVICE_UNAVAILABLE,
		    "Messages to oneself are not kept here.");
		return;
	}
	if (d->user != NULL && ask_answer(d->user, body))
		return;
	if (d->user != NULL && d->user->guest) {
		say_error(d, E_NOT_AUTHORIZED, "There is no question now; "
		    "wait for the network's answer.");
		return;
	}
	if (!admin_is(d->gw, d->from->bare) && d->user != NULL &&
	    gateway_can(d->gw, FEATURE_CONSOLE) && session_expected(d->user)) {
		send_text(d, "");
		return;
	}
	if (!admin_is(d->gw, d->from->bare)) {
		say_error(d, E_SERVICE_UNAVAILABLE, "This is the gateway "
		    "itself: write to a contact or a room of the network.");
		return;
	}
	size = strlen(d->from->full) + 1;
	reply = xmalloc(sizeof(*reply) + size);
	reply->gw = d->gw;
	memcpy(reply->to, d->from->full, size);
	admin_command(d->gw, body, admin_answered, reply);
}

/* ------------------------------------------------------------------ bounces */

/* Errors that mean "this client is not there any more". */
static bool
means_gone(const struct stanza *stanza)
{
	static const char *const conditions[] = {
		"gone", "internal-server-error", "item-not-found",
		"jid-malformed", "recipient-unavailable", "redirect",
		"remote-server-not-found", "remote-server-timeout",
		"service-unavailable",
	};
	const struct stanza *error = stanza_child(stanza, "error", NULL);

	for (size_t i = 0; i < LENGTH(conditions); i++) {
		if (stanza_child(error, conditions[i], NS_STANZAS) != NULL)
			return true;
	}
	return false;
}

void
down_message_error(struct down *d)
{
	if (d->user == NULL || d->from->resource == NULL ||
	    !means_gone(d->stanza))
		return;
	/* A room would go on talking to nobody for ever. */
	if (d->room != NULL && room_has_client(d->room, d->from->full))
		watch_remove(d->user, d->from->full);
}
