/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X has no such room: who is in it, and what for, is made up here.  Rooms of
 * other ids are conversations, and for direct.c. */
#include "backends/twitter/room.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/twitter/deliver.h"
#include "backends/twitter/direct.h"
#include "backends/twitter/down.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/timeline.h"
#include "util/xalloc.h"

#define OCCUPANTS_MAX	500	/* beside the user */
#define ROWS_MAX	100	/* of a list */

struct occupant {
	TAILQ_ENTRY(occupant) order;
	char		*id;		/* on X */
	char		*nick;		/* their name as X writes it */
	bool		 is_protected;
};

struct room {
	bool		 joined, invited;
	/* Also after the user has left: who speaks least lately goes first. */
	TAILQ_HEAD(, occupant) occupants;
	size_t		 n;
};

static struct room *
room_of(struct session *s)
{
	if (s->room == NULL) {
		s->room = xcalloc(1, sizeof(*s->room));
		TAILQ_INIT(&s->room->occupants);
	}
	return s->room;
}

bool
room_joined(const struct session *s)
{
	return s->room != NULL && s->room->joined;
}

void
room_invite(struct session *s)
{
	const struct msg_room_invited m = { .user = s->user, .room = ROOM,
	    .peer = CONTACT, .reason = "Your timeline is shown here." };

	if (room_of(s)->invited || room_of(s)->joined)
		return;
	s->room->invited = true;
	kit_notify(METHOD_room_invited, &m);
}

/* ---------------------------------------------------------------- occupants */

static struct occupant *
find(const struct room *r, const char *id)
{
	struct occupant *o;

	TAILQ_FOREACH(o, &r->occupants, order)
		if (strcmp(o->id, id) == 0)
			break;
	return o;
}

bool
room_has(const struct session *s, const char *nick)
{
	const struct occupant *o;

	if (s->room != NULL)
		TAILQ_FOREACH(o, &s->room->occupants, order)
			if (strcasecmp(o->nick, nick) == 0)
				return true;
	return false;
}

static void
tell(struct session *s, const struct occupant *o, const char *old)
{
	struct msg_room_occupant m = { .user = s->user, .room = ROOM,
	    .nick = old != NULL ? old : o->nick, .show = "online",
	    .new_nick = old != NULL ? o->nick : NULL,
	    .status = o->is_protected ? "protected" : "",
	    .role = "participant", .affiliation = "member" };
	char *contact = xstrdup(o->nick);

	for (char *c = contact; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	m.real = contact;
	if (s->room->joined)
		kit_notify(METHOD_room_occupant, &m);
	free(contact);
}

static void
leave(struct session *s, struct occupant *o)
{
	const struct msg_room_occupant_gone m = { .user = s->user,
	    .room = ROOM, .nick = o->nick, .how = "left" };

	if (s->room->joined)
		kit_notify(METHOD_room_occupant_gone, &m);
	TAILQ_REMOVE(&s->room->occupants, o, order);
	s->room->n--;
	free(o->id);
	free(o->nick);
	free(o);
}

/* Somebody else may have had the name before. */
static void
free_nick(struct session *s, const struct person *p)
{
	struct occupant *o, *next;

	for (o = TAILQ_FIRST(&s->room->occupants); o != NULL; o = next) {
		next = TAILQ_NEXT(o, order);
		if (strcmp(o->nick, p->username) == 0 &&
		    strcmp(o->id, p->id) != 0)
			leave(s, o);
	}
}

void
room_enter(struct session *s, const struct person *p)
{
	struct room *r = room_of(s);
	struct occupant *o = find(r, p->id);
	char *old = NULL;

	if (strcmp(p->id, s->id) == 0)
		return;
	free_nick(s, p);
	if (o == NULL) {
		if (r->n >= OCCUPANTS_MAX)
			leave(s, TAILQ_FIRST(&r->occupants));
		o = xcalloc(1, sizeof(*o));
		o->id = xstrdup(p->id);
		r->n++;
	} else {
		TAILQ_REMOVE(&r->occupants, o, order);
		if (strcmp(o->nick, p->username) != 0)
			old = o->nick;
	}
	TAILQ_INSERT_TAIL(&r->occupants, o, order);
	if (o->nick != NULL && old == NULL &&
	    o->is_protected == p->is_protected)
		return;
	o->is_protected = p->is_protected;
	if (o->nick == NULL || old != NULL)
		o->nick = xstrdup(p->username);
	tell(s, o, old);
	free(old);
}

/* --------------------------------------------------------------------- life */

void
room_setting(struct session *s, const char *name)
{
	const struct msg_room_closed m = { .user = s->user, .room = ROOM,
	    .reason = "Your timeline is shown elsewhere now." };

	if (strcmp(name, "mode") != 0 || session_mode(s) == MODE_ROOM ||
	    s->room == NULL)
		return;
	if (s->room->joined)
		kit_notify(METHOD_room_closed, &m);
	s->room->joined = s->room->invited = false;
}

void
room_end(struct session *s)
{
	if (s->room == NULL)
		return;
	s->room->joined = false;
	while (!TAILQ_EMPTY(&s->room->occupants))
		leave(s, TAILQ_FIRST(&s->room->occupants));
	free(s->room);
	s->room = NULL;
}

/* ----------------------------------------------------------------- requests */

static bool
is_timeline(const char *room)
{
	return strcmp(room, ROOM) == 0;
}

static void
no_such_room(const struct kit_call *call)
{
	kit_error(call, ERR_NOT_FOUND, "There is no such room: the timeline "
	    "is " ROOM ".");
}

static char *
title(const struct session *s)
{
	return xasprintf("Timeline of @%s", s->name);
}

static void
tell_all(struct session *s)
{
	const struct occupant *o;
	const struct msg_room_occupant self = { .user = s->user, .room = ROOM,
	    .nick = s->name, .show = "online", .role = "participant",
	    .affiliation = "member", .self = true };

	TAILQ_FOREACH(o, &s->room->occupants, order)
		tell(s, o, NULL);
	kit_notify(METHOD_room_occupant, &self);
}

static void
join(struct session *s, const struct kit_call *call)
{
	char *text = title(s);
	const struct msg_room_join_result result = { .nick = s->name,
	    .name = text };
	const struct msg_room_subject subject = { .user = s->user,
	    .room = ROOM, .subject = text };

	room_of(s)->joined = true;
	tell_all(s);
	kit_notify(METHOD_room_subject, &subject);
	kit_reply(call, &result);
	free(text);
	timeline_soon(s);
}

void
down_room_join(const struct kit_call *call, const struct msg_room_join *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (direct_is_room(m->room))
		direct_room_join(s, call, m);
	else if (!is_timeline(m->room))
		no_such_room(call);
	else if (session_mode(s) != MODE_ROOM)
		kit_error(call, ERR_NOT_ALLOWED, "Your timeline is shown "
		    "elsewhere. To have it in this room, set your mode to 2.");
	else
		join(s, call);
}

void
down_room_leave(const struct kit_call *call, const struct msg_room_leave *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (direct_is_room(m->room)) {
		direct_room_leave(s, call, m);
		return;
	}
	if (is_timeline(m->room)) {
		room_of(s)->joined = false;
		s->room->invited = true;
	}
	kit_reply(call, NULL);
}

void
down_room_nick(const struct kit_call *call, const struct msg_room_nick *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (direct_is_room(m->room))
		direct_room_nick(s, call, m);
	else if (!is_timeline(m->room))
		no_such_room(call);
	else
		kit_error(call, ERR_NOT_SUPPORTED, "Your nick here is your "
		    "name on X.");
}

void
down_room_subject_set(const struct kit_call *call,
    const struct msg_room_subject_set *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (direct_is_room(m->room))
		direct_room_subject(s, call, m);
	else if (!is_timeline(m->room))
		no_such_room(call);
	else
		kit_error(call, ERR_NOT_SUPPORTED, "This room has the subject "
		    "that it has.");
}

void
down_room_invite(const struct kit_call *call, const struct msg_room_invite *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (direct_is_room(m->room))
		direct_room_invite(s, call, m);
	else
		kit_error(call, ERR_NOT_SUPPORTED, "This room is yours alone.");
}

void
down_room_list(const struct kit_call *call, const struct msg_room_list *m)
{
	struct session *s = m->user != NULL ? session_for(call, m->user) :
	    NULL;
	struct msg_room_info rows[ROWS_MAX];
	struct msg_room_list_result result = { .rooms = { rows, 0 } };
	struct arena a = { 0 };

	if (m->user == NULL)
		kit_reply(call, &result);	/* nothing is public */
	if (s == NULL)
		return;
	if (session_mode(s) == MODE_ROOM)
		rows[result.rooms.n++] = (struct msg_room_info){
			.room = ROOM, .name = arena_printf(&a,
			    "Timeline of @%s", s->name),
			.occupants = 1 + (s->room != NULL ?
			    (int64_t)s->room->n : 0),
		};
	result.rooms.n += direct_rooms(s, rows + result.rooms.n,
	    ROWS_MAX - result.rooms.n);
	kit_reply(call, &result);
	arena_free(&a);
}
