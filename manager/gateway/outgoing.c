/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a message between the stanza and the network's acceptance. */
#include "manager/gateway/outgoing.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ns.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "manager/gateway/xhtml.h"
#include "protocol/errors.h"
#include "util/xalloc.h"

/* --------------------------------------------------------------- creation */

/* Where the strings of a new one come from, in the order of enum part. */
enum part { USER, FROM, TO, ID, NAME, ROOM, BODY, XHTML, REPLACES, THREAD,
	REPLY_ID, REPLY_AUTHOR, NPARTS };

static const char *
keep(struct outgoing *o, const char *s)
{
	char *at = o->data + o->used;
	size_t size;

	if (s == NULL)
		return NULL;
	size = strlen(s) + 1;
	o->used += size;
	return memcpy(at, s, size);
}

static struct outgoing *
pack(const char *const part[NPARTS])
{
	struct outgoing *o;
	size_t size = 0;

	for (int i = 0; i < NPARTS; i++)
		size += part[i] ? strlen(part[i]) + 1 : 0;
	o = xmalloc(sizeof(*o) + size);
	memset(o, 0, sizeof(*o));
	o->user = keep(o, part[USER]);
	o->from = keep(o, part[FROM]);
	o->to = keep(o, part[TO]);
	o->id = keep(o, part[ID]);
	o->name = keep(o, part[NAME]);
	o->room = keep(o, part[ROOM]);
	o->body = keep(o, part[BODY]);
	o->xhtml = keep(o, part[XHTML]);
	o->replaces = keep(o, part[REPLACES]);
	o->thread = keep(o, part[THREAD]);
	o->reply_id = keep(o, part[REPLY_ID]);
	o->reply_author = keep(o, part[REPLY_AUTHOR]);
	return o;
}

struct outgoing *
outgoing_create(struct user *user, const struct down *d, const char *kind,
    const char *name, const char *room)
{
	const struct stanza *m = d->stanza;
	const struct stanza *reply = stanza_child(m, "reply", NS_REPLY);
	const char *part[NPARTS] = {
		[USER] = user->jid, [FROM] = d->from->full,
		[TO] = d->to->full, [ID] = d->id, [NAME] = name,
		[ROOM] = room,
		[BODY] = stanza_child_text(d->arena, m, "body", NULL),
		[XHTML] = xhtml_get(d->arena, m),
		[REPLACES] = stanza_attr(stanza_child(m, "replace",
		    NS_CORRECT), "id"),
		[THREAD] = stanza_child_text(d->arena, m, "thread", NULL),
		[REPLY_ID] = stanza_attr(reply, "id"),
		[REPLY_AUTHOR] = stanza_attr(reply, "to"),
	};
	struct outgoing *o = pack(part);

	o->gw = d->gw;
	o->kind = kind;
	o->receipt = stanza_child(m, "request", NS_RECEIPTS) != NULL;
	return o;
}

/* ------------------------------------------------------------------- ends */

static void
fail(struct outgoing *o, const char *code, const char *text)
{
	if (strcmp(code, ERR_LOST) == 0)
		text = "The connection to the network was lost while this "
		    "message was on its way; it may have been delivered.";
	say_error_to(o->gw, "message", o->to, o->from, o->id,
	    say_error_of(code), text);
	free(o);
}

static void
done(struct outgoing *o, const struct msg_send_result *result)
{
	if (o->accepted != NULL)
		o->accepted(o, result);
	/* Accepted is not arrived: a receipt says that it is (XEP-0184 5). */
	if (o->receipt && result->delivered && o->id != NULL) {
		struct say_message m = {
			.from = o->to, .to = o->from, .type = "chat",
			.received = o->id,
		};

		say_message(o->gw, &m);
	}
	free(o);
}

static void
answered(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_send_result nothing;	/* nil: accepted */
	struct outgoing *o = ctx;
	struct user *user = user_find(o->gw, o->user);

	if (user != NULL) {
		user->inflight--;
		user_tidy(user);
	}
	if (error != NULL)
		fail(o, error->code, error->text);
	else
		done(o, result ? &result->send : &nothing);
}

/* ------------------------------------------------------------------- send */

static int
request(struct user *user, struct outgoing *o)
{
	struct msg_reply reply = { .id = o->reply_id,
	    .author = o->reply_author };
	struct msg_send msg = {
		.user = user->jid, .to = o->name, .kind = o->kind,
		.room = o->room, .body = o->body ? o->body : "",
		.xhtml = o->xhtml, .id = o->id, .replaces = o->replaces,
		.thread = o->thread, .reply_to = o->reply_id ? &reply : NULL,
	};

	if (pool_request(user->gw->pool, user->jid, METHOD_send, &msg, 0,
	    answered, o) < 0)
		return -1;
	user->inflight++;
	return 0;
}

void
outgoing_send(struct user *user, struct outgoing *o)
{
	const struct gateway_config *config = user->gw->config;

	if (session_ready(user)) {
		if (user->inflight >= config->inflight_max)
			fail(o, ERR_QUEUE_FULL, "Too many of your messages "
			    "are still on their way; try again.");
		else if (request(user, o) < 0)
			fail(o, ERR_QUEUE_FULL, "The network is slow; this "
			    "message was not sent, try again.");
		return;
	}
	if (!session_expected(user)) {
		fail(o, ERR_NOT_CONNECTED, "You are not logged in.");
		return;
	}
	if (user->outbox_count >= config->outbox_max) {
		fail(o, ERR_QUEUE_FULL, "The login is still under way and too "
		    "many messages wait for it; try again.");
		return;
	}
	TAILQ_INSERT_TAIL(&user->outbox, o, entry);
	user->outbox_count++;
}

static struct outgoing *
take(struct user *user)
{
	struct outgoing *o = TAILQ_FIRST(&user->outbox);

	if (o != NULL) {
		TAILQ_REMOVE(&user->outbox, o, entry);
		user->outbox_count--;
	}
	return o;
}

void
outgoing_flush(struct user *user)
{
	struct outgoing *o;

	while ((o = take(user)) != NULL) {
		if (request(user, o) < 0)
			fail(o, ERR_QUEUE_FULL, "The network is slow; this "
			    "message was not sent, try again.");
	}
}

void
outgoing_fail(struct user *user, const char *code, const char *text)
{
	struct outgoing *o;

	while ((o = take(user)) != NULL)
		fail(o, code, text);
}

void
outgoing_drop(struct user *user)
{
	struct outgoing *o;

	while ((o = take(user)) != NULL)
		free(o);
}
