/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a message between the stanza and the network's acceptance. */
#include "manager/gateway/outgoing.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/files.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/quote.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/repeats.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "manager/gateway/spool.h"
#include "manager/gateway/xhtml.h"
#include "protocol/errors.h"
#include "protocol/features.h"
#include "util/pack.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define WAITING_MAX	(64 << 20)	/* bytes in the outboxes of all users */
#define QUOTED_MAX	200	/* bytes of a message that was not sent */
#define PATIENCE	120.0	/* seconds for a session to come up or back */

/* --------------------------------------------------------------- creation */

/* Where the strings of a new one come from, in the order of enum part. */
enum part { USER, FROM, TO, ID, NAME, ROOM, BODY, XHTML, REPLACES, THREAD,
	LANG, REPLY_ID, REPLY_AUTHOR, REPLY_TEXT, FILES, EXTRA, NPARTS };

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
	o->lang = keep(o, part[LANG]);
	o->reply_id = keep(o, part[REPLY_ID]);
	o->reply_author = keep(o, part[REPLY_AUTHOR]);
	o->reply_text = keep(o, part[REPLY_TEXT]);
	o->files = keep(o, part[FILES]);
	o->extra = keep(o, part[EXTRA]);
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
		[BODY] = files_body(d->arena, m),
		[XHTML] = xhtml_get(d->arena, m),
		[REPLACES] = stanza_attr(stanza_child(m, "replace",
		    NS_CORRECT), "id"),
		[THREAD] = stanza_child_text(d->arena, m, "thread", NULL),
		[LANG] = raw_lang(d),
		[REPLY_ID] = ids_network(user, reply ?
		    stanza_attr(reply, "id") : NULL),
		[REPLY_AUTHOR] = stanza_attr(reply, "to"),
		[FILES] = files_take(d->arena, m),
		[EXTRA] = d->extra,
	};
	struct outgoing *o;

	if (part[REPLY_ID] != NULL)
		part[BODY] = quote_take(d->arena, m, part[BODY],
		    &part[REPLY_TEXT]);
	o = pack(part);
	o->gw = d->gw;
	o->number = ++d->gw->last_message;
	o->when = ev_now(d->gw->loop);
	o->kind = kind;
	o->known = user_client(user, o->from) != NULL;
	o->receipt = stanza_child(m, "request", NS_RECEIPTS) != NULL;
	return o;
}

/* ----------------------------------------------------------------- outbox */

/* In the order in which they came, also what comes back. */
static void
insert(struct user *user, struct outgoing *o)
{
	struct outgoing *before;

	TAILQ_FOREACH_REVERSE(before, &user->outbox, outgoing_list, entry) {
		if (before->number < o->number)
			break;
	}
	if (before != NULL)
		TAILQ_INSERT_AFTER(&user->outbox, before, o, entry);
	else
		TAILQ_INSERT_HEAD(&user->outbox, o, entry);
	user->outbox_count++;
	o->gw->waiting += o->used;
	o->waits = ev_now(o->gw->loop);
}

static void
put(struct user *user, struct outgoing *o)
{
	insert(user, o);
	spool_put(user, o);
}

static void
unlist(struct user *user, struct outgoing *o)
{
	TAILQ_REMOVE(&user->outbox, o, entry);
	user->outbox_count--;
	o->gw->waiting -= o->used;
}

static struct outgoing *
take(struct user *user)
{
	struct outgoing *o = TAILQ_FIRST(&user->outbox);

	if (o != NULL) {
		unlist(user, o);
		spool_drop(o);
	}
	return o;
}

/* ------------------------------------------------------------------- ends */

/* The client will not hear of it, but the user's next one should. */
static void
tell_user(const struct outgoing *o, const char *why)
{
	const char *body = o->body ? o->body : "";
	size_t len = strlen(body), shown = utf8_cut(body, len, QUOTED_MAX);
	char *text = xasprintf("Your message to %s may not have arrived: "
	    "%s\n> %.*s%s", o->name, why ? why : "it was refused.", (int)shown, body,
	    shown < len ? "..." : "");

	say_notice(o->gw, o->user, text);
	free(text);
}

static void
fail(struct outgoing *o, const char *code, const char *text)
{
	struct user *user = user_find(o->gw, o->user);

	if (user != NULL)
		repeats_failed(user, o->mark, code);
	if (strcmp(code, ERR_LOST) == 0 ||
	    (strcmp(code, ERR_UNCERTAIN) == 0 && text == NULL))
		text = "The connection to the network was lost while this "
		    "message was on its way; it may have been delivered.";
	say_error_to(o->gw, "message", o->to, o->from, o->id,
	    say_error_of(code), text);
	if (o->known && (user == NULL || user_client(user, o->from) == NULL))
		tell_user(o, text);
	free(o);
}

static void
done(struct outgoing *o, const struct msg_send_result *result)
{
	struct user *user = user_find(o->gw, o->user);

	if (user != NULL)
		ids_note(user, o->id, &result->ids);
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

/* Was it lost in a way that does no harm to send it again?  Then it waits for
 * the session to come back. */
static bool
goes_again(const struct outgoing *o, const struct user *user, const char *code)
{
	if (user == NULL || !session_expected(user) ||
	    (o->gw->stopping && !spool_keeps(o->gw)))
		return false;
	return strcmp(code, ERR_UNSENT) == 0 || (strcmp(code, ERR_LOST) == 0 &&
	    gateway_can(o->gw, FEATURE_REPEATS));
}

void
outgoing_answered(void *ctx, const struct msg_error *error,
    const union result *result)
{
	static const struct msg_send_result nothing;	/* nil: accepted */
	struct outgoing *o = ctx;
	struct user *user = user_find(o->gw, o->user);

	if (user != NULL && error != NULL && strcmp(error->code, ERR_LOST) == 0)
		user->suspect = true;
	if (error == NULL)
		done(o, result ? &result->send : &nothing);
	else if (goes_again(o, user, error->code))
		put(user, o);
	else
		fail(o, error->code, error->text);
	if (user != NULL)
		session_answered(user);
}

/* ------------------------------------------------------------------- send */

/* Kept with the address, as the stanza had it. */
static const char *
client_of(const struct outgoing *o)
{
	const char *resource = strchr(o->to, '/');

	/* In rooms that is a nick, and of the gateway itself nothing. */
	if (strcmp(o->kind, "chat") != 0 || *o->name == '\0' ||
	    resource == NULL || name_is_room(o->gw, o->name))
		return NULL;
	return name_client(&(struct jid){ .resource = resource + 1 });
}

static int
request(struct user *user, struct outgoing *o)
{
	struct msg_attachment files[FILES_MAX];
	struct arena a = { 0 };
	struct msg_reply reply = { .id = o->reply_id,
	    .author = o->reply_author };
	struct msg_send msg = {
		.user = user->jid, .to = o->name, .kind = o->kind,
		.room = o->room, .body = o->body ? o->body : "",
		.xhtml = o->xhtml, .id = o->id, .replaces = o->replaces,
		.thread = o->thread, .lang = o->lang,
		.reply_to = o->reply_id ? &reply : NULL,
		.extra = o->extra, .resource = client_of(o),
	};
	struct buf quote = { 0 };
	int r;

	if (o->reply_text != NULL) {
		quote_add(&quote, o->reply_text);
		if (!gateway_can(user->gw, FEATURE_REPLIES))
			buf_adds(&quote, msg.body);
		buf_addc(&quote, '\0');
		if (gateway_can(user->gw, FEATURE_REPLIES))
			reply.text = buf_data(&quote);
		else
			msg.body = buf_data(&quote);
	}
	files_add(&a, &msg, o->files, files,
	    gateway_can(user->gw, FEATURE_ATTACHMENTS));
	r = session_ask(user, METHOD_send, &msg, 0, outgoing_answered, o);
	buf_free(&quote);
	arena_free(&a);
	if (r < 0)
		return -1;
	user->inflight++;
	return 0;
}

void
outgoing_send(struct user *user, struct outgoing *o)
{
	const struct gateway_config *config = user->gw->config;

	user->active = o->when;
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
	if (user->outbox_count >= config->outbox_max ||
	    o->gw->waiting + o->used > WAITING_MAX) {
		fail(o, ERR_QUEUE_FULL, "The login is still under way and too "
		    "many messages wait for it; try again.");
		return;
	}
	put(user, o);
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

	/* What the store keeps stays there. */
	while ((o = TAILQ_FIRST(&user->outbox)) != NULL) {
		unlist(user, o);
		free(o);
	}
}

double
outgoing_expire(struct user *user, double now)
{
	double age = user->gw->config->spool_age;
	struct outgoing *o;

	while ((o = TAILQ_FIRST(&user->outbox)) != NULL && o->when + age <= now)
		fail(take(user), ERR_NETWORK, "You have not come back in time "
		    "for this message to be sent.");
	return o != NULL ? o->when + age : 0;
}

void
outgoing_give_up(struct user *user, double now)
{
	struct outgoing *o;

	while ((o = TAILQ_FIRST(&user->outbox)) != NULL &&
	    o->waits + PATIENCE <= now)
		fail(take(user), ERR_NETWORK, "The network could not be "
		    "reached in time for this message to be sent.");
}

void
outgoing_leave(struct user *user, const char *code, const char *text)
{
	if (!TAILQ_EMPTY(&user->clients))
		outgoing_fail(user, code, text);
}

/* ------------------------------------------------------------ over restarts */

static const char *const part_names[NPARTS] = {
	[USER] = "user", [FROM] = "from", [TO] = "to", [ID] = "id",
	[NAME] = "name", [ROOM] = "room", [BODY] = "body", [XHTML] = "xhtml",
	[REPLACES] = "replaces", [THREAD] = "thread", [LANG] = "lang",
	[REPLY_ID] = "reply_id", [REPLY_AUTHOR] = "reply_author",
	[REPLY_TEXT] = "reply_text", [FILES] = "files",
	[EXTRA] = "extra",
};

void
outgoing_pack(const struct outgoing *o, struct packer *p)
{
	const char *const part[NPARTS] = {
		[USER] = o->user, [FROM] = o->from, [TO] = o->to,
		[ID] = o->id, [NAME] = o->name, [ROOM] = o->room,
		[BODY] = o->body, [XHTML] = o->xhtml,
		[REPLACES] = o->replaces, [THREAD] = o->thread,
		[LANG] = o->lang,
		[REPLY_ID] = o->reply_id, [REPLY_AUTHOR] = o->reply_author,
		[REPLY_TEXT] = o->reply_text, [FILES] = o->files,
		[EXTRA] = o->extra,
	};

	pack_map(p, NULL);
	for (int i = 0; i < NPARTS; i++)
		pack_str(p, part_names[i], part[i]);
	pack_str(p, "kind", o->kind);
	pack_int(p, "number", o->number);
	pack_num(p, "when", o->when);
	pack_int(p, "mark", (int64_t)o->mark);
	pack_bool(p, "receipt", o->receipt);
	pack_bool(p, "spooled", o->spooled);
	pack_bool(p, "known", o->known);
	pack_end(p);
}

struct outgoing *
outgoing_unpack(struct gateway *gw, const struct packed *facts)
{
	const char *part[NPARTS];
	const char *kind = packed_str(facts, "kind");
	struct outgoing *o;

	for (int i = 0; i < NPARTS; i++)
		part[i] = packed_str(facts, part_names[i]);
	if (part[USER] == NULL || part[FROM] == NULL || part[TO] == NULL ||
	    part[NAME] == NULL || kind == NULL)
		return NULL;
	o = pack(part);
	o->gw = gw;
	o->kind = strcmp(kind, "private") == 0 ? "private" : "chat";
	o->number = packed_int(facts, "number", ++gw->last_message);
	o->when = packed_num(facts, "when", ev_now(gw->loop));
	o->receipt = packed_bool(facts, "receipt", false);
	o->spooled = packed_bool(facts, "spooled", false);
	o->known = packed_bool(facts, "known", false);
	o->mark = (uint64_t)packed_int(facts, "mark", REPEATS_UNKNOWN);
	return o;
}

void
outgoing_resume(struct user *user, struct outgoing *o)
{
	/* The store is not there yet: what it keeps is only counted. */
	insert(user, o);
	if (o->spooled)
		o->gw->spooled += o->used;
	if (user->state == USER_OFFLINE && user->due == 0)
		user->due = ev_now(o->gw->loop) + 1;
}

void
outgoing_stop(struct user *user, const char *code, const char *text)
{
	struct outgoing *o, *next;

	for (o = TAILQ_FIRST(&user->outbox); o != NULL; o = next) {
		next = TAILQ_NEXT(o, entry);
		if (o->spooled)
			continue;
		unlist(user, o);
		fail(o, code, text);
	}
}
