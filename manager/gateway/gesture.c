/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that are about messages, from clients to the network and back.  In
 * rooms the user's own come back from the network like everybody's, and are
 * shown to all clients then. */
#include "manager/gateway/gesture.h"

#include <string.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/asked.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_history.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/say_chat.h"
#include "manager/gateway/session.h"
#include "manager/gateway/up.h"
#include "protocol/features.h"
#include "util/log.h"

#define EMOJIS_MAX 32

static const char *const states[] = {
	"active", "composing", "paused", "inactive", "gone",
};

/* ---------------------------------------------------------------- abilities */

static const char *const abilities[] = {
	FEATURE_CHAT_STATES, FEATURE_REPLIES, FEATURE_REACTIONS,
	FEATURE_RETRACTION,
};

void
gesture_learn(struct room *room, const struct strs *features)
{
	room->lacks = 0;
	if (features->v == NULL)
		return;
	room->lacks = (1u << LENGTH(abilities)) - 1;
	for (size_t i = 0; i < features->n; i++)
		for (size_t j = 0; j < LENGTH(abilities); j++)
			if (strcmp(features->v[i], abilities[j]) == 0)
				room->lacks &= ~(1u << j);
}

bool
gesture_can(const struct gateway *gw, const struct room *room,
    const char *feature)
{
	for (size_t j = 0; room != NULL && j < LENGTH(abilities); j++)
		if (strcmp(abilities[j], feature) == 0 &&
		    (room->lacks & 1u << j))
			return false;
	return gateway_can(gw, feature);
}

/* --------------------------------------------------------------------- down */

/* In rooms it is the one that the room has given (XEP-0359); clients that know
 * no better take the one of the stanza. */
const char *
gesture_id(const struct down *d, const struct room *room, const char *nick,
    const char *id)
{
	const struct past *p;

	if (id == NULL)
		return NULL;
	if (room == NULL || nick != NULL)
		return ids_network(d->user, id);
	for (size_t i = room_history_count(room->history); i > 0; i--) {
		p = room_history_at(room->history, i - 1);
		if (p->stanza_id != NULL && (strcmp(p->stanza_id, id) == 0 ||
		    (p->id != NULL && strcmp(p->id, id) == 0) ||
		    (p->origin_id != NULL && strcmp(p->origin_id, id) == 0)))
			return p->stanza_id;
	}
	return id;
}

/* Answers the stanza when it cannot be done. */
static bool
may(const struct down *d, const struct room *room, const char *feature,
    const char *id, const char *why)
{
	if (id == NULL || *id == '\0')
		say_error(d, E_BAD_REQUEST, NULL);
	else if (!gesture_can(d->gw, room, feature))
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, why);
	else if (room != NULL && room->state != ROOM_JOINED)
		say_error(d, E_RECIPIENT_UNAVAILABLE,
		    "The room is not joined at the moment.");
	else
		return true;
	return false;
}

static void
react(const struct down *d, const struct room *room, const char *nick,
    const char *name, const struct stanza *reactions)
{
	const char *emojis[EMOJIS_MAX];
	struct msg_react m = {
		.user = d->user->jid,
		.peer = room == NULL ? name : nick ? nick : room->id,
		.room = room ? room->id : NULL,
		.id = gesture_id(d, room, nick, stanza_attr(reactions, "id")),
		.emojis = { emojis, 0 },
	};

	if (!may(d, room, FEATURE_REACTIONS, m.id, room ?
	    "There are no reactions in this room." :
	    "This network has no reactions."))
		return;
	for (const struct stanza *r = stanza_first(reactions);
	    r != NULL && m.emojis.n < EMOJIS_MAX; r = stanza_next(r))
		emojis[m.emojis.n++] = stanza_text(d->arena, r);
	session_request(d->user, METHOD_react, &m, asked_answered,
	    asked_by(d));
}

static void
retract(const struct down *d, const struct room *room, const char *nick,
    const char *name, const char *id, const char *reason)
{
	struct msg_retract m = {
		.user = d->user->jid,
		.peer = room == NULL ? name : nick ? nick : room->id,
		.room = room ? room->id : NULL,
		.id = gesture_id(d, room, nick, id), .reason = reason,
	};

	if (may(d, room, FEATURE_RETRACTION, m.id, room ?
	    "Messages cannot be taken back in this room." :
	    "This network cannot take messages back."))
		session_request(d->user, METHOD_retract, &m, asked_answered,
		    asked_by(d));
}

bool
gesture_down(const struct down *d, const struct room *room, const char *nick,
    const char *name)
{
	const struct stanza *what;

	if ((what = stanza_child(d->stanza, "reactions", NS_REACTIONS)) !=
	    NULL)
		react(d, room, nick, name, what);
	else if ((what = stanza_child(d->stanza, "retract", NS_RETRACT)) !=
	    NULL)
		retract(d, room, nick, name, stanza_attr(what, "id"),
		    stanza_child_text(d->arena, what, "reason", NULL));
	return what != NULL;
}

void
gesture_state(const struct down *d, const struct room *room, const char *nick,
    const char *name)
{
	struct msg_chat_state m = {
		.user = d->user->jid,
		.peer = room == NULL ? name : nick ? nick : room->id,
		.room = room ? room->id : NULL,
	};

	if (!gesture_can(d->gw, room, FEATURE_CHAT_STATES) ||
	    (room != NULL && room->state != ROOM_JOINED))
		return;
	if (room == NULL && !name_is_room(d->gw, name))
		m.resource = name_client(d->to);
	for (size_t i = 0; i < LENGTH(states); i++) {
		if (stanza_child(d->stanza, states[i], NS_CHATSTATES) == NULL)
			continue;
		m.state = states[i];
		session_notify(d->user, METHOD_chat_state, &m);
		return;
	}
}

/* XEP-0425: somebody else's message. */
void
down_room_moderate(struct down *d)
{
	const char *reason = stanza_child_text(d->arena, d->payload, "reason",
	    NULL);

	if (d->room == NULL || !room_has_client(d->room, d->from->full))
		say_error(d, E_NOT_ACCEPTABLE, "You are not in this room.");
	else if (stanza_child(d->payload, "retract", NS_RETRACT) == NULL)
		say_error(d, E_BAD_REQUEST, NULL);
	else
		retract(d, d->room, NULL, NULL,
		    stanza_attr(d->payload, "id"), reason);
}

/* ----------------------------------------------------------------------- up */

/* Where it comes from and to whom it is shown. */
struct shown {
	struct gateway	*gw;
	const struct room *room;	/* NULL: to the user */
	const char	*from, *type;
	const char	*jid;		/* the user's */
	bool		 private;
};

/* resource: of the peer's client, or NULL.  false: there is nobody who could
 * see it. */
static bool
find_shown(const struct up *up, struct arena *a, const char *peer,
    const char *resource, const char *room, bool private, struct shown *s)
{
	const struct occupant *o;

	*s = (struct shown){ .gw = up->gw, .type = "chat",
		.jid = up->user->jid, .private = private };
	if (room == NULL) {
		s->from = name_to_client(up->gw, a, peer, resource);
		if (s->from == NULL)
			log_warn("%s: %s: \"%s\" cannot be made an address",
			    up->gw->config->jid, up->user->jid, peer);
		return s->from != NULL;
	}
	s->room = room_find_id(up->user, room);
	if (s->room == NULL)
		return false;
	if (!private)
		s->type = "groupchat";
	o = room_occupant(s->room, peer);
	s->from = arena_printf(a, "%s/%s", s->room->jid, o ? o->resource :
	    room_resource(a, peer));
	return true;
}

/* The next one who sees it; *c is NULL at first.  NULL: that was all. */
static const char *
next_shown(const struct shown *s, const struct room_client **c)
{
	if (s->room == NULL) {
		const char *jid = *c == NULL ? s->jid : NULL;

		*c = (const struct room_client *)s;
		return jid;
	}
	do {
		*c = *c == NULL ? TAILQ_FIRST(&s->room->clients) :
		    TAILQ_NEXT(*c, entry);
	} while (*c != NULL && (*c)->wish != NULL);
	return *c != NULL ? (*c)->full : NULL;
}

void
up_chat_state(struct up *up)
{
	const struct msg_chat_state_up *m = &up->params->chat_state_up;
	const struct room_client *at = NULL;
	struct arena a = { 0 };
	struct say_message say;
	struct shown s;
	const char *state = NULL;

	/* The state becomes an element's name. */
	for (size_t i = 0; i < LENGTH(states); i++)
		if (strcmp(m->state, states[i]) == 0)
			state = states[i];
	if (state != NULL &&
	    find_shown(up, &a, m->peer, m->resource, m->room, m->private,
	    &s)) {
		say = (struct say_message){ .from = s.from, .type = s.type,
			.chat_state = state, .private_muc = s.private };
		while ((say.to = next_shown(&s, &at)) != NULL)
			(void)say_message(up->gw, &say);
	}
	arena_free(&a);
}

/* Whose nick it is, as far as that is known. */
static void
set_author(const struct room *room, const char *nick, struct arena *a,
    struct past *p)
{
	const struct occupant *o = room_occupant(room, nick);

	p->resource = o ? o->resource : room_resource(a, nick);
	p->occupant = o ? o->id : room_identity(room, nick, NULL);
}

/* From one user to the other; own: it is the user's, done elsewhere. */
static void
tell_user(struct up *up, struct arena *a, const char *peer, const char *room,
    bool private, bool own, const struct say_gesture *g)
{
	struct say_message say = {
		.gesture = g, .private_muc = room != NULL,
		.body = g->retracts ? SAY_TAKEN_BACK : NULL,
	};
	const struct room_client *at = NULL;
	struct shown s;

	if (!find_shown(up, a, peer, NULL, room, private, &s))
		return;
	say.from = s.from;
	say.type = s.type;
	if (own)
		say_own_message(up->user, s.from, &say);
	while (!own && (say.to = next_shown(&s, &at)) != NULL)
		(void)say_message(up->gw, &say);
}

static const char *
lines_of(struct arena *a, const struct strs *v)
{
	struct buf b = { 0 };
	const char *copy;

	for (size_t i = 0; i < v->n && i < EMOJIS_MAX; i++)
		buf_addf(&b, "%s%s", i == 0 ? "" : "\n", v->v[i]);
	buf_addc(&b, '\0');
	copy = arena_strdup(a, buf_data(&b));
	buf_free(&b);
	return copy;
}

void
up_reaction(struct up *up)
{
	const struct msg_reaction *m = &up->params->reaction;
	struct room *room = NULL;
	struct arena a = { 0 };
	const char *emojis = lines_of(&a, &m->emojis);
	char id[ROOM_ID_SIZE];

	if (m->room == NULL || m->private) {
		tell_user(up, &a, m->peer, m->room, m->private, m->carbon,
		    &(struct say_gesture){ .emojis = emojis,
		    .reacts = ids_origin(up->user, m->id) });
	} else if ((room = room_find_id(up->user, m->room)) != NULL) {
		struct past p = { .reacts = m->id, .emojis = emojis,
			.body = "" };

		set_author(room, m->peer, &a, &p);
		room_did(room, &p, id);
	}
	arena_free(&a);
}

/* Whoever joins later, or reads the archive, shall not read it either. */
static void
retract_in(struct room *room, const struct msg_retracted *m, struct arena *a)
{
	struct past p = { .retracts = m->id, .reason = m->reason };
	char id[ROOM_ID_SIZE];

	if (m->moderated_by != NULL) {
		p.moderator = room_resource(a, m->moderated_by);
		p.body = "";
	} else {
		set_author(room, m->peer, a, &p);
		p.body = SAY_TAKEN_BACK;
	}
	room_did(room, &p, id);
	archive_retract(room, &p, room_history_retract(room->history, &p));
}

void
up_retracted(struct up *up)
{
	const struct msg_retracted *m = &up->params->retracted;
	struct room *room;
	struct arena a = { 0 };

	if (m->room == NULL || m->private)
		tell_user(up, &a, m->peer, m->room, m->private, m->carbon,
		    &(struct say_gesture){
		    .retracts = ids_origin(up->user, m->id) });
	else if ((room = room_find_id(up->user, m->room)) != NULL)
		retract_in(room, m, &a);
	arena_free(&a);
}
