/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rooms as facts, and made of them again.  Occupants are many, so each is a
 * list of values in a fixed order, to which new ones are only ever added. */
#include "manager/gateway/handover.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/room_data.h"
#include "manager/gateway/room_history.h"
#include "manager/gateway/room_seen.h"
#include "manager/gateway/room_send.h"
#include "util/xalloc.h"

#define TEXTS(X) \
	X(name) X(told_nick) X(password) X(subject) X(subject_nick)
#define NUMBERS(X)	X(subject_time) X(attempt) X(missed) X(lacks)
#define FLAGS(X)	X(created) X(subject_again) X(kept)

/* ---------------------------------------------------------------- occupants */

enum { SHOWN = 1, CHANGED = 2, BANNED = 4, STALE = 8, BOT = 16 };

static void
pack_or_empty(struct packer *p, const char *s)
{
	pack_str(p, NULL, s ? s : "");
}

static void
pack_occupant(const struct occupant *o, struct packer *p)
{
	pack_list(p, NULL);
	pack_str(p, NULL, o->nick);
	pack_or_empty(p, o->resource != o->nick ? o->resource : NULL);
	pack_or_empty(p, o->status);
	pack_or_empty(p, o->real);
	pack_or_empty(p, o->avatar);
	pack_int(p, NULL, (int64_t)o->id);
	pack_int(p, NULL, o->show);
	pack_int(p, NULL, o->role);
	pack_int(p, NULL, o->affiliation);
	pack_int(p, NULL, (o->shown ? SHOWN : 0) | (o->changed ? CHANGED : 0) |
	    (o->banned ? BANNED : 0) | (o->stale ? STALE : 0) |
	    (o->bot ? BOT : 0));
	pack_or_empty(p, o->account);
	pack_end(p);
}

static char *
text_at(const struct packed *list, size_t i)
{
	const char *s = packed_str(packed_at(list, i), NULL);

	return s != NULL && *s != '\0' ? xstrdup(s) : NULL;
}

static uint8_t
small_at(const struct packed *list, size_t i, int64_t otherwise)
{
	return (uint8_t)packed_int(packed_at(list, i), NULL, otherwise);
}

static void
unpack_occupant(struct room *room, const struct packed *list)
{
	const char *nick = packed_str(packed_at(list, 0), NULL);
	struct occupant *o;
	uint8_t flags;

	if (nick == NULL || (o = room_occupant_restore(room, nick,
	    packed_str(packed_at(list, 1), NULL))) == NULL)
		return;
	o->status = text_at(list, 2);
	o->real = text_at(list, 3);
	o->avatar = text_at(list, 4);
	o->id = (uint64_t)packed_int(packed_at(list, 5), NULL, 0);
	o->show = small_at(list, 6, SHOW_ONLINE);
	o->role = small_at(list, 7, ROLE_PARTICIPANT);
	o->affiliation = small_at(list, 8, AFFILIATION_NONE);
	flags = small_at(list, 9, SHOWN);
	o->shown = (flags & SHOWN) != 0;
	o->changed = (flags & CHANGED) != 0;
	o->banned = (flags & BANNED) != 0;
	o->stale = (flags & STALE) != 0;
	o->bot = (flags & BOT) != 0;
	o->account = text_at(list, 10);
}

/* ------------------------------------------------------------------ clients */

static void
pack_client(const struct room_client *c, struct packer *p)
{
	pack_map(p, NULL);
	pack_str(p, "full", c->full);
	if (c->wish != NULL) {
		pack_str(p, "nick", c->wish->nick);
		pack_str(p, "id", c->wish->id);
		pack_num(p, "due", c->wish->due);
		pack_int(p, "maxstanzas", c->wish->maxstanzas);
		pack_int(p, "maxchars", c->wish->maxchars);
		pack_int(p, "since", c->wish->since);
	}
	pack_end(p);
}

static void
unpack_client(struct room *room, const struct packed *facts)
{
	const char *full = packed_str(facts, "full");
	const char *nick = packed_str(facts, "nick");
	struct room_client *c;

	if (full == NULL)
		return;
	c = room_client_add(room, full);
	if (nick == NULL)
		return;			/* it is in */
	c->wish = xcalloc(1, sizeof(*c->wish));
	c->wish->nick = xstrdup(nick);
	c->wish->id = xstrdup_null(packed_str(facts, "id"));
	c->wish->due = packed_num(facts, "due", 0);
	c->wish->maxstanzas = (long)packed_int(facts, "maxstanzas", -1);
	c->wish->maxchars = (long)packed_int(facts, "maxchars", -1);
	c->wish->since = packed_int(facts, "since", 0);
}

/* ------------------------------------------------------------------ history */

static void
pack_past(const struct past *past, struct packer *p)
{
	pack_map(p, NULL);
	past_pack(past, p);
	pack_end(p);
}

static void
unpack_past(struct room *room, const struct packed *facts)
{
	struct past past = past_unpack(facts);

	if (past.body == NULL)
		return;
	room_history_add(&room->history, &past,
	    room->user->gw->config->history_max);
	room_seen_add_both(&room->seen, &past);
}

/* -------------------------------------------------------------------- rooms */

static void
pack_lists(const struct room *room, struct packer *p)
{
	const struct room_client *c;
	const struct occupant *o;
	const struct past *past;
	size_t at = 0;

	pack_list(p, "occupants");
	while ((o = map_next(&room->occupants, &at)) != NULL)
		pack_occupant(o, p);
	pack_end(p);
	pack_list(p, "clients");
	TAILQ_FOREACH(c, &room->clients, entry)
		pack_client(c, p);
	pack_end(p);
	pack_list(p, "history");
	for (at = 0; (past = room_history_at(room->history, at)) != NULL; at++)
		pack_past(past, p);
	pack_end(p);
	pack_list(p, "sends");
	room_sends_pack(room, p);
	pack_end(p);
}

void
rooms_pack(struct user *user, struct packer *p)
{
	const struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL) {
		pack_map(p, NULL);
		pack_str(p, "jid", room->jid);
		pack_str(p, "id", room->id);
		pack_str(p, "nick", room->nick);
		pack_int(p, "state", room->state);
		pack_num(p, "subject_due", room->subject_due);
#define X(text)	pack_str(p, #text, room->text);
		TEXTS(X)
#undef X
#define X(n)	pack_int(p, #n, room->n);
		NUMBERS(X)
#undef X
#define X(flag)	pack_bool(p, #flag, room->flag);
		FLAGS(X)
#undef X
		pack_lists(room, p);
		pack_end(p);
	}
}

static void
unpack_each(struct room *room, const struct packed *list,
    void (*one)(struct room *, const struct packed *))
{
	for (size_t i = 0; i < packed_count(list); i++)
		one(room, packed_at(list, i));
}

static void
unpack_room(struct user *user, const struct packed *facts)
{
	const char *jid = packed_str(facts, "jid"), *id, *nick;
	struct room *room;

	id = packed_str(facts, "id");
	nick = packed_str(facts, "nick");
	if (jid == NULL || id == NULL || nick == NULL)
		return;
	room = room_create(user, jid, id);
	xreplace(&room->nick, nick);
	room_restore_state(room, packed_int(facts, "state", ROOM_LOST));
	room->subject_due = packed_num(facts, "subject_due", 0);
#define X(text)	room->text = xstrdup_null(packed_str(facts, #text));
	TEXTS(X)
#undef X
	room->subject_time = packed_int(facts, "subject_time", 0);
	room->lacks = (uint8_t)packed_int(facts, "lacks", 0);
	room->attempt = (unsigned)packed_int(facts, "attempt", 0);
	room->missed = (unsigned)packed_int(facts, "missed", 0);
#define X(flag)	room->flag = packed_bool(facts, #flag, false);
	FLAGS(X)
#undef X
	unpack_each(room, packed_get(facts, "occupants"), unpack_occupant);
	unpack_each(room, packed_get(facts, "clients"), unpack_client);
	unpack_each(room, packed_get(facts, "history"), unpack_past);
	unpack_each(room, packed_get(facts, "sends"), room_send_unpack);
	room_arm(room);
}

void
rooms_unpack(struct user *user, const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++)
		unpack_room(user, packed_at(list, i));
}
