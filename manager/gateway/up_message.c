/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-to-one events from the network to the user's clients. */
#include <stdio.h>
#include <string.h>

#include "manager/gateway/files.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/name.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/repeats.h"
#include "manager/gateway/say_chat.h"
#include "manager/gateway/up.h"
#include "util/log.h"

/* Who speaks: an address for the name, and the client if one is named; or NULL
 * and a line in the log. */
static const char *
speaker(const struct up *up, struct arena *a, const char *name,
    const char *resource)
{
	const char *jid;

	if (*name == '\0')		/* feature "console" */
		return up->gw->config->jid;
	jid = name_to_client(up->gw, a, name, resource);
	if (jid == NULL)
		log_warn("%s: %s: \"%s\" cannot be made an address",
		    up->gw->config->jid, up->user->jid, name);
	return jid;
}

/* What is answered, in the client's words: by its own id where it is the
 * user's. */
static void
set_reply(const struct up *up, const struct msg_message *msg,
    struct say_message *m, struct msg_reply *reply)
{
	const char *author = msg->reply_to->author;

	*reply = *msg->reply_to;
	reply->id = ids_origin(up->user, reply->id);
	m->reply_to = reply;
	if (author != NULL)
		m->reply_jid = strncmp(author, msg->from,
		    strlen(author)) == 0 ? m->from : up->user->jid;
}

/* One stanza of it. */
static void
deliver(struct up *up, struct say_message *m)
{
	struct gateway *gw = up->gw;
	char serial[32];

	if (m->id == NULL) {
		snprintf(serial, sizeof(serial), "%s-m%lu", gw->iq_token,
		    ++gw->iq_serial);
		m->id = serial;
	}
	if (up->params->message.carbon) {
		say_own_message(up->user, m->from, m);
	} else if (say_message(gw, m) < 0) {
		gw->undelivered++;
		log_debug("%s: a message to %s could not be delivered",
		    gw->config->jid, up->user->jid);
	}
	m->id = NULL;
}

/* Its files, each in a message that clients show as what it is. */
static void
deliver_files(struct up *up, const struct say_message *like)
{
	const struct msg_message *msg = &up->params->message;

	for (size_t i = 0; i < files_shown(msg->attachments.n); i++) {
		const struct msg_attachment *file = &msg->attachments.v[i];
		struct say_message m = {
			.from = like->from, .to = like->to,
			.type = like->type, .thread = like->thread,
			.id = i == 0 ? like->id : NULL,
			.time = like->time, .delay_from = like->delay_from,
			.body = file->url, .attachments = file,
			.nattachments = files_is_fetchable(file->url),
			.no_store = like->no_store,
		};

		/* They go by its id, which the words may have already. */
		if (m.id != NULL) {
			m.wants_receipt = like->wants_receipt;
			m.markable = like->markable;
		}

		deliver(up, &m);
	}
}

static bool
wants(const struct msg_message *msg, const char *state)
{
	for (size_t i = 0; i < msg->wants.n && !msg->carbon; i++) {
		if (strcmp(msg->wants.v[i], state) == 0)
			return true;
	}
	return false;
}

static void
chat(struct up *up, struct arena *a)
{
	const struct msg_message *msg = &up->params->message;
	struct gateway *gw = up->gw;
	struct msg_reply reply;
	struct say_message m = {
		.from = speaker(up, a, msg->from, msg->resource),
		.to = up->user->jid,
		.type = msg->headline && *user_setting(up->user,
		    "send_headlines", gw->config->send_headlines ? "1" : "0") ==
		    '1' ? "headline" : "chat",
		.id = msg->id, .thread = msg->thread, .lang = msg->lang,
		.body = files_words(a, msg->body, msg->attachments.v,
		    msg->attachments.n),
		.xhtml = gw->config->enable_xhtml ? msg->xhtml : NULL,
		.replaces = msg->replaces,
		.time = msg->time, .delay_from = gw->config->jid,
		.no_store = msg->headline,
		.wants_receipt = wants(msg, "received"),
		.markable = wants(msg, "displayed"),
		.extra = raw_extra_up(gw, msg->extra),
	};

	if (!msg->carbon)
		keys_heard(up->user, m.extra);
	/* Not an address: the gateway says it for them, nothing is lost. */
	if (m.from == NULL)
		m.from = gw->config->jid;
	if (msg->reply_to != NULL && !msg->carbon)
		set_reply(up, msg, &m, &reply);
	if (!msg->headline && !msg->carbon && gateway_can(gw, "chat_states"))
		m.chat_state = "active";
	if (*m.body != '\0' || m.extra != NULL || msg->attachments.n == 0)
		deliver(up, &m);
	deliver_files(up, &m);
}

static bool
came_before(const struct up *up)
{
	const struct msg_message *msg = &up->params->message;

	return repeats_heard(up->user, msg->from, msg->id, msg->body,
	    msg->time != 0);
}

void
up_message(struct up *up)
{
	const char *kind = up->params->message.kind;
	struct arena a = { 0 };

	up->gw->messages_up++;
	if (strcmp(kind, "groupchat") == 0) {
		up_room_message(up);
	} else if (strcmp(kind, "private") == 0) {
		up_room_private(up);
	} else if (!came_before(up)) {
		chat(up, &a);
		arena_free(&a);
	}
}

void
up_receipt(struct up *up)
{
	const struct msg_receipt *msg = &up->params->receipt;
	struct arena a = { 0 };
	const char *from = speaker(up, &a, msg->peer, NULL);
	struct say_message m = {
		.from = from, .to = up->user->jid, .type = "chat",
		.received = msg->id,
	};

	if (from != NULL && strcmp(msg->state, "read") == 0)
		say_marker(up->gw, from, up->user->jid, msg->id, "displayed");
	else if (from != NULL)
		say_message(up->gw, &m);
	arena_free(&a);
}

/* Which client has sent it is not known any more: all are told, and those that
 * know no message of that id do not care.  An error cannot be kept for later,
 * so when no client is there it is said in words. */
void
up_undelivered(struct up *up)
{
	const struct msg_undelivered *msg = &up->params->undelivered;
	enum stanza_error error = say_error_of(msg->code);
	struct gateway *gw = up->gw;
	struct arena a = { 0 };
	const char *from = name_to_jid(gw, &a, msg->peer);
	const struct client *client;

	if (from == NULL)
		from = gw->config->jid;
	TAILQ_FOREACH(client, &up->user->clients, entry)
		say_error_to(gw, "message", from, client->full, msg->id, error,
		    msg->text);
	if (TAILQ_EMPTY(&up->user->clients))
		say_notice(gw, up->user->jid, arena_printf(&a,
		    "A message to %s was not delivered: %s", msg->peer,
		    msg->text != NULL ? msg->text : msg->code));
	arena_free(&a);
}

void
up_marker(struct up *up)
{
	const struct msg_marker_up *msg = &up->params->marker_up;
	struct arena a = { 0 };
	const char *from = speaker(up, &a, msg->peer, NULL);
	const struct say_message own = { .displayed = msg->id };

	if (from != NULL && msg->carbon)
		say_own_message(up->user, from, &own);
	else if (from != NULL)
		say_marker(up->gw, from, up->user->jid, msg->id, msg->state);
	arena_free(&a);
}

void
up_attention(struct up *up)
{
	struct arena a = { 0 };
	struct say_message m = {
		.from = speaker(up, &a, up->params->attention_up.peer, NULL),
		.to = up->user->jid, .type = "chat", .attention = true,
	};

	if (m.from != NULL)
		say_message(up->gw, &m);
	arena_free(&a);
}
