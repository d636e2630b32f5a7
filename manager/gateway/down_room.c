/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clients do in rooms: join, change nick, talk, leave, ask whether they
 * are still there.  Administration is in down_room_admin.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/down.h"
#include "manager/gateway/files.h"
#include "manager/gateway/gesture.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/query.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/quote.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/say_room.h"
#include "manager/gateway/session.h"
#include "manager/gateway/xhtml.h"
#include "util/stamp.h"
#include "util/xalloc.h"

/* --------------------------------------------------------------------- join */

/* A number of an attribute; -1 when there is none. */
static long
number(const struct stanza *e, const char *name)
{
	const char *s = stanza_attr(e, name);
	char *end;
	long n;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	n = strtol(s, &end, 10);
	return *end == '\0' ? n : -1;
}

static struct wish *
wish_of(const struct down *d, const struct stanza *muc)
{
	const struct stanza *history = stanza_child(muc, "history", NS_MUC);
	struct wish *w = xcalloc(1, sizeof(*w));
	double now = ev_now(d->gw->loop);
	const char *since;
	long seconds;

	w->nick = xstrdup(d->to->resource);
	w->id = xstrdup_null(d->id);
	w->due = now + ROOM_JOIN_TIMEOUT;
	w->maxstanzas = number(history, "maxstanzas");
	w->maxchars = number(history, "maxchars");
	if ((since = stanza_attr(history, "since")) != NULL)
		w->since = stamp_parse(since);
	if ((seconds = number(history, "seconds")) >= 0)
		w->since = (int64_t)((now - (double)seconds) * 1000);
	return w;
}

/* The room to join, made if need be; NULL: the stanza has been answered. */
static struct room *
room_to_join(const struct down *d)
{
	struct user *user = user_get(d->gw, d->from->bare);
	const struct room *other;

	if (d->room != NULL && d->room->nclients >= ROOM_CLIENTS_MAX &&
	    room_client(d->room, d->from->full) == NULL) {
		say_error(d, E_SERVICE_UNAVAILABLE, "Too many clients.");
		return NULL;
	}
	if (d->room != NULL)
		return d->room;
	/* Names have two spellings as JIDs, a room of the network has one
	 * membership: the first address stays. */
	if ((other = room_find_id(user, d->name)) != NULL) {
		say_error(d, E_NOT_ALLOWED, arena_printf(d->arena,
		    "You are in this room already, as %s.", other->jid));
		return NULL;
	}
	if (map_count(&user->rooms) >= ROOMS_MAX) {
		say_error(d, E_RESOURCE_CONSTRAINT, "Too many rooms.");
		return NULL;
	}
	return room_create(user, d->to->bare, d->name);
}

static void
join(const struct down *d, const struct stanza *muc)
{
	struct room *room = room_to_join(d);
	struct room_client *c;
	const char *password;

	if (room == NULL)
		return;
	if (room->nclients == 0 &&
	    (room->state == ROOM_WAITING || room->state == ROOM_LEAVING)) {
		xreplace(&room->nick, d->to->resource);
		xreplace(&room->password, NULL);
	}
	password = stanza_child_text(d->arena, muc, "password", NS_MUC);
	if (password != NULL && password[0] != '\0')
		xreplace(&room->password, password);
	if ((c = room_client(room, d->from->full)) == NULL) {
		c = room_client_add(room, d->from->full);
		session_presence(room->user);
	}
	room_client_in(c);
	c->wish = wish_of(d, muc);
	room_arm(room);
	/* A room may be a user's first sign of life. */
	session_want(room->user, d->to->resource);
	room_event(room, ROOM_WANTED, NULL);
}

/* --------------------------------------------------------- change of nick */

/* When it succeeds, the occupant's new nick is told by the network. */
static void
nick_answered(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct room_request *r = ctx;

	(void)result;
	if (error != NULL && r->room != NULL)
		say_error_to(r->room->user->gw, "presence", r->to, r->from,
		    r->id, say_room_error_of(error->code), error->text);
	room_request_done(r);
}

static void
change_nick(const struct down *d)
{
	struct room *room = d->room;
	struct msg_room_nick m = {
		.user = room->user->jid, .room = room->id,
		.nick = d->to->resource,
	};

	if (room->state != ROOM_JOINED || room_busy(room)) {
		say_error(d, E_RESOURCE_CONSTRAINT, NULL);
		return;
	}
	session_request(room->user, METHOD_room_nick, &m, nick_answered,
	    room_request_new(room, d->from->full, d->to->full, d->id, true));
}

void
down_room_presence(struct down *d)
{
	const struct stanza *muc = stanza_child(d->stanza, "x", NS_MUC);

	if (d->to->resource == NULL || d->name == NULL) {
		/* XEP-0045 7.2.1 */
		say_error(d, E_JID_MALFORMED, "No nickname was given.");
	} else if (d->from->resource == NULL || d->gw->stopping) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
	} else if (d->room == NULL || muc != NULL ||
	    !room_has_client(d->room, d->from->full)) {
		join(d, muc);
	} else if (strcmp(room_own_resource(d->room), d->to->resource) != 0) {
		change_nick(d);
	}
	/* Otherwise the client tells whether it is away: the network hears
	 * that from the presence of the user as a whole. */
}

void
down_room_leave(struct down *d)
{
	const char *status = stanza_child_text(d->arena, d->stanza, "status",
	    NULL);
	struct room_client *c;
	char from[ROOM_JID_MAX];

	if (d->room == NULL ||
	    (c = room_client(d->room, d->from->full)) == NULL)
		return;
	room_address(d->room, c->wish ? c->wish->nick :
	    room_own_resource(d->room), from);
	say_room_left(d->gw, from, c->full, d->id, status);
	room_drop_client(d->room, c, status);
}

/* ----------------------------------------------------------------- messages */

static struct room_words
words_of(const struct down *d, const char *nick, const char *body)
{
	const struct stanza *reply = stanza_child(d->stanza, "reply", NS_REPLY);
	const char *to = stanza_attr(reply, "to");
	struct room_words w = {
		.from = d->from->full, .to = d->to->full, .id = d->id,
		.origin_id = stanza_attr(stanza_child(d->stanza, "origin-id",
		    NS_SID), "id"),
		.nick = nick, .xhtml = xhtml_get(d->arena, d->stanza),
		.replaces = stanza_attr(stanza_child(d->stanza, "replace",
		    NS_CORRECT), "id"),
		.thread = stanza_child_text(d->arena, d->stanza, "thread",
		    NULL),
		.lang = raw_lang(d),
		.reply_id = gesture_id(d, d->room, nick,
		    stanza_attr(reply, "id")),
		.files = files_take(d->arena, d->stanza),
		.extra = d->extra,
		.receipt = stanza_child(d->stanza, "request",
		    NS_RECEIPTS) != NULL,
	};
	struct jid author;

	w.body = w.reply_id ? quote_take(d->arena, d->stanza, body,
	    &w.reply_text) : body;
	if (to != NULL && jid_parse(d->arena, to, &author) == 0)
		w.reply_author = author.resource;
	return w;
}

static void
subject_answered(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct room_request *r = ctx;

	(void)result;
	if (error != NULL && r->room != NULL)
		say_error_to(r->room->user->gw, "message", r->to, r->from,
		    r->id, say_error_of(error->code), error->text);
	room_request_done(r);
}

static void
set_subject(const struct down *d, const char *subject)
{
	struct room *room = d->room;
	struct msg_room_subject_set m = {
		.user = room->user->jid, .room = room->id, .subject = subject,
	};

	if (room->state != ROOM_JOINED || room_busy(room)) {
		say_error(d, E_RESOURCE_CONSTRAINT, NULL);
		return;
	}
	session_request(room->user, METHOD_room_subject_set, &m,
	    subject_answered, room_request_new(room, d->from->full,
	    d->to->full, d->id, true));
}

/* Messages without words: a request for voice is refused, as there is nobody to
 * be asked; hints and markers need no answer. */
static void
wordless(struct down *d, const char *nick)
{
	if (stanza_child(d->stanza, "x", NS_DATA) != NULL)
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, NULL);
	else
		gesture_state(d, d->room, nick, NULL);
	raw_message(d);
}

/* XEP-0045 7.4: only occupants talk.  A client that has just asked to join is
 * let through: what it says waits until it is in. */
static bool
is_occupant(const struct down *d)
{
	if (d->room != NULL && d->user != NULL &&
	    room_client(d->room, d->from->full) != NULL)
		return true;
	say_error(d, E_NOT_ACCEPTABLE, "You are not in this room.");
	return false;
}

void
down_room_message(struct down *d)
{
	const char *body, *subject;
	struct room_words w;

	if (!is_occupant(d))
		return;
	if (d->to->resource != NULL || d->type == NULL ||
	    strcmp(d->type, "groupchat") != 0) {
		/* XEP-0045 7.4: to all, and marked so. */
		say_error(d, E_BAD_REQUEST, NULL);
		return;
	}
	if (gesture_down(d, d->room, NULL, NULL))
		return;
	body = files_body(d->arena, d->stanza);
	subject = stanza_child_text(d->arena, d->stanza, "subject", NULL);
	if (body != NULL && body[0] != '\0') {
		w = words_of(d, NULL, body);
		room_send(d->room, &w);
	} else if (body == NULL && subject != NULL) {
		set_subject(d, subject);
	} else {
		wordless(d, NULL);
	}
}

void
down_room_private(struct down *d)
{
	const struct occupant *o;
	const char *body;
	struct room_words w;

	if (!is_occupant(d))
		return;
	o = d->to->resource ? room_occupant_at(d->room, d->to->resource) : NULL;
	if (o == NULL) {
		say_error(d, E_ITEM_NOT_FOUND, "Nobody here has this nick.");
		return;
	}
	if (gesture_down(d, d->room, o->nick, NULL))
		return;
	body = files_body(d->arena, d->stanza);
	if (body == NULL || body[0] == '\0') {
		wordless(d, o->nick);
		return;
	}
	w = words_of(d, o->nick, body);
	room_send(d->room, &w);
}

/* --------------------------------------------------------------------- ping */

/* XEP-0410: a client asks whether it is still in. */
void
down_room_ping(struct down *d)
{
	if (d->room == NULL || !room_has_client(d->room, d->from->full))
		say_error(d, E_NOT_ACCEPTABLE, NULL);
	else if (d->to->resource == NULL ||
	    strcmp(d->to->resource, room_own_resource(d->room)) == 0)
		say_result(d);
	else if (room_occupant_at(d->room, d->to->resource) == NULL)
		say_error(d, E_ITEM_NOT_FOUND, NULL);
	else if (!query_pass(d, "ping"))
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
}
