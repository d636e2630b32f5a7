/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a room: from being wanted to being left, through lost
 * sessions and back.  Only this file assigns room->state; what concerns all
 * rooms of a user is in rooms.c.  A recovery is kept
 * from the clients: what the backend tells is compared with what they know,
 * and the differences are shown once the user is in again. */
#include "manager/gateway/gesture.h"
#include "manager/gateway/room_data.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/mam.h"
#include "manager/gateway/persist.h"
#include "manager/gateway/room_fill.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/room_welcome.h"
#include "manager/gateway/say_room.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "util/log.h"
#include "util/xalloc.h"

static const char *const state_names[ROOM_NSTATES] = {
	[ROOM_WAITING] = "waiting", [ROOM_JOINING] = "joining",
	[ROOM_JOINED] = "joined", [ROOM_LOST] = "lost",
	[ROOM_REJOINING] = "rejoining", [ROOM_LEAVING] = "leaving",
};

static void
set_state(struct room *room, enum room_state state)
{
	if (state == room->state)
		return;
	log_debug("%s: %s: room %s -> %s", room->user->jid, room->jid,
	    state_names[room->state], state_names[state]);
	room->state = state;
}

/* ----------------------------------------------------------------- requests */

static void
join_answered(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct room_request *r = ctx;
	struct room *room = r->room;
	struct room_why why = { 0 };
	bool current = room != NULL && r->attempt == room->attempt;

	room_request_done(r);
	if (!current)
		return;
	if (error == NULL) {
		if (result != NULL && result->room_join.nick != NULL &&
		    result->room_join.nick[0] != '\0')
			xreplace(&room->told_nick, result->room_join.nick);
		if (result != NULL && result->room_join.name != NULL)
			xreplace(&room->name, result->room_join.name);
		if (result != NULL)
			gesture_learn(room, &result->room_join.features);
		room->created = result != NULL && result->room_join.created;
		room_event(room, ROOM_JOIN_DONE, NULL);
		return;
	}
	why = (struct room_why){ error->code, error->text };
	if (error_is_loss(error->code) ||
	    (strcmp(error->code, ERR_NOT_CONNECTED) == 0 &&
	    !session_ready(room->user)))
		room_event(room, ROOM_JOIN_LOST, &why);
	else
		room_event(room, ROOM_JOIN_REFUSED, &why);
}

/* The most history that any client wishes; -1: no wish. */
static long
history_wished(const struct room *room)
{
	const struct room_client *c;
	long most = 0;

	TAILQ_FOREACH(c, &room->clients, entry) {
		if (c->wish == NULL)
			continue;
		if (c->wish->maxstanzas < 0 && c->wish->maxchars != 0)
			return -1;
		if (c->wish->maxstanzas > most)
			most = c->wish->maxstanzas;
	}
	return most;
}

static void
request_join(struct room *room)
{
	struct msg_room_join m = {
		.user = room->user->jid, .room = room->id,
		.nick = room->nick, .password = room->password,
	};

	/* What is known already is recognised (room_seen.h). */
	if (room->recorded && (room->state == ROOM_REJOINING ||
	    TAILQ_EMPTY(&room->clients)))
		m.history = -1;
	else if (room->state != ROOM_REJOINING)
		m.history = history_wished(room);
	room->attempt++;
	xreplace(&room->told_nick, NULL);
	session_request(room->user, METHOD_room_join, &m, join_answered,
	    room_request_new(room, NULL, NULL, NULL, false));
}

static void
leave_answered(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct room_request *r = ctx;
	struct room *room = r->room;

	(void)result;
	room_request_done(r);
	/* Out is out, also by an error; but only a real answer says what the
	 * backend had told before it. */
	if (room != NULL &&
	    (error == NULL || room->state == ROOM_LEAVING))
		room_event(room, ROOM_LEFT, NULL);
}

static void
request_leave(struct room *room, const char *reason)
{
	struct msg_room_leave m = {
		.user = room->user->jid, .room = room->id, .reason = reason,
	};

	room->attempt++;
	session_request(room->user, METHOD_room_leave, &m, leave_answered,
	    room_request_new(room, NULL, NULL, NULL, false));
}

/* ------------------------------------------------------- what clients see */

/* The occupant of the user's own nick, whatever the backend forgot to tell. */
static void
ensure_self(struct room *room)
{
	struct occupant *self = room_occupant_add(room, room->nick, NULL);

	if (self != NULL)
		self->stale = false;
}

/* Every client is out of the room, for this reason. */
static void
tell_gone(struct room *room, const struct room_gone *gone)
{
	struct occupant *self = room_self(room);

	if (self == NULL)
		self = room_occupant_add(room, room->nick, NULL);
	if (self != NULL)
		say_room_gone(room, self, NULL, gone);
}

static void
refuse_wishes(struct room *room, enum stanza_error error, const char *text)
{
	struct room_client *c;

	TAILQ_FOREACH(c, &room->clients, entry)
		if (c->wish != NULL)
			say_room_refused(room, c, error, text);
}

static const char *
text_or(const struct room_why *why, const char *otherwise)
{
	return why != NULL && why->text != NULL ? why->text : otherwise;
}

/* The room ends, and the user stays there by his own wish: it is tried again at
 * the next login.  If nobody is there to see the end, he is told. */
static void
miss(const struct room *room, const char *text)
{
	struct user *user = room->user;
	char *notice;

	user->rooms_missing = user->rooms_missing || room->kept;
	if (!TAILQ_EMPTY(&room->clients) || !persist_stays(room))
		return;
	notice = xasprintf(room->state == ROOM_JOINED ?
	    "You are not in %s any more: %s" :
	    "You stay in %s, but could not get in: %s", room->jid,
	    text ? text : "the network does not say why.");
	say_notice(user->gw, user->jid, notice);
	free(notice);
}

/* The last words to everybody, and the end. */
static void
end(struct room *room, const struct room_gone *gone, enum stanza_error error,
    const char *text)
{
	refuse_wishes(room, error, text);
	tell_gone(room, gone);
	miss(room, text);
	room_sends_fail(room, error, text);
	room_destroy(room);
}

/* ----------------------------------------------------------------- recovery */

static void
mark_stale(struct room *room)
{
	struct occupant *o;
	size_t at = 0;

	while ((o = map_next(&room->occupants, &at)) != NULL)
		o->stale = true;
}

/* The network has given the user another nick this time.  If somebody else is
 * there under the old one (likely the user's own ghost), that one is now an
 * occupant like any other and is shown after the change. */
static void
take_nick(struct room *room)
{
	struct occupant *old = room_self(room), *self;

	if (room->told_nick == NULL ||
	    strcmp(room->told_nick, room->nick) == 0) {
		ensure_self(room);
		return;
	}
	self = room_occupant_add(room, room->told_nick, NULL);
	if (self == NULL)
		return;
	self->stale = self->shown = false;
	if (old != NULL) {
		say_room_renamed(room, old, self->resource);
		old->shown = false;
		if (old->stale)
			room_occupant_remove(room, old);
	}
	xreplace(&room->nick, room->told_nick);
}

/* Show what has changed since the clients were told last. */
static void
show_differences(struct room *room)
{
	static const struct room_gone left;
	struct occupant *o;
	size_t at = 0;

	while ((o = map_next(&room->occupants, &at)) != NULL) {
		if (!o->stale)
			continue;
		if (o->shown)
			say_room_gone(room, o, NULL, &left);
		room_occupant_remove(room, o);
	}
	for (at = 0; (o = map_next(&room->occupants, &at)) != NULL;) {
		if (!o->shown || o->changed)
			say_room_occupant(room, o, NULL);
		o->shown = true;
		o->changed = false;
	}
}

/* ------------------------------------------------------ the table's actions */

typedef void room_action(struct room *, const struct room_why *);

static void
ignore(struct room *room, const struct room_why *why)
{
	(void)room;
	(void)why;
}

static void
join(struct room *room, const struct room_why *why)
{
	(void)why;
	room_occupants_clear(room);
	if (room->state == ROOM_LEAVING)
		archive_load(room);
	set_state(room, ROOM_JOINING);
	request_join(room);
}

static void
join_if_ready(struct room *room, const struct room_why *why)
{
	if (session_ready(room->user))
		join(room, why);
}

static void
wait(struct room *room, const struct room_why *why)
{
	(void)why;
	set_state(room, ROOM_WAITING);
	room->attempt++;
	room_occupants_clear(room);
}

/* In: for the first time, or again. */
static void
joined(struct room *room, const struct room_why *why)
{
	bool again = room->state != ROOM_JOINING;

	(void)why;
	set_state(room, ROOM_JOINED);
	take_nick(room);
	if (room_self(room) == NULL) {	/* full beyond reason */
		room_event(room, ROOM_CLOSED, NULL);
		return;
	}
	show_differences(room);
	room->subject_again = again;
	persist_joined(room);
	if (!again && history_wished(room) == 0 &&
	    !TAILQ_EMPTY(&room->clients))
		room_fill(room);
	if (!room_is_filling(room))
		mam_filled(room);
	room_welcome_all(room);
	room_sends_flush(room);
}

static void
show_state(struct room *room, const struct room_why *why)
{
	(void)why;
	room_welcome_all(room);
}

static void
lose(struct room *room, const struct room_why *why)
{
	(void)why;
	if (room->state == ROOM_JOINED)
		room_sends_lost(room);
	set_state(room, ROOM_LOST);
	room->attempt++;
	xreplace(&room->told_nick, NULL);
	mark_stale(room);
}

static void
rejoin(struct room *room, const struct room_why *why)
{
	(void)why;
	mark_stale(room);
	set_state(room, ROOM_REJOINING);
	request_join(room);
}

static void
refused(struct room *room, const struct room_why *why)
{
	enum stanza_error error = why && why->code ?
	    say_room_error_of(why->code) : E_SERVICE_UNAVAILABLE;
	const char *text = text_or(why, NULL);

	refuse_wishes(room, error, text);
	miss(room, text);
	room_sends_fail(room, E_NOT_ACCEPTABLE, text);
	room_destroy(room);
}

/* XEP-0045 does not know of rooms that fail, only of services (332). */
static void
closed(struct room *room, const struct room_why *why)
{
	bool stranger = room->state == ROOM_WAITING &&
	    !room->user->registered;
	struct room_gone gone = {
		.code = MUC_SERVICE_LOST,
		.reason = text_or(why, "The room is not available any more."),
	};

	end(room, &gone, stranger ? E_REGISTRATION_REQUIRED :
	    why != NULL && why->code != NULL ? say_room_error_of(why->code) :
	    E_SERVICE_UNAVAILABLE, gone.reason);
}

/* The session is over, and may begin again: those who stay are in as soon as
 * it does. */
static void
park(struct room *room, const struct room_why *why)
{
	struct room_gone gone = {
		.code = MUC_SERVICE_LOST,
		.reason = text_or(why, "The room is not available any more."),
	};
	struct room_client *c;

	if (!persist_stays(room)) {
		closed(room, why);
		return;
	}
	refuse_wishes(room, E_SERVICE_UNAVAILABLE, gone.reason);
	if (room->state != ROOM_WAITING)
		tell_gone(room, &gone);
	room_sends_fail(room, E_SERVICE_UNAVAILABLE, gone.reason);
	while ((c = TAILQ_FIRST(&room->clients)) != NULL)
		room_client_remove(room, c);
	xreplace(&room->told_nick, NULL);
	wait(room, why);
}

static void
forget(struct room *room, const struct room_why *why)
{
	persist_left(room);
	room_sends_fail(room, E_NOT_ACCEPTABLE, text_or(why, NULL));
	room_destroy(room);
}

static void
leave(struct room *room, const struct room_why *why)
{
	set_state(room, ROOM_LEAVING);
	room_sends_fail_waiting(room, E_NOT_ACCEPTABLE,
	    "You left the room before this could be sent.");
	room_occupants_clear(room);
	room_forget_past(room);
	persist_left(room);
	xreplace(&room->subject, NULL);
	xreplace(&room->subject_nick, NULL);
	room->subject_due = 0;
	request_leave(room, text_or(why, NULL));
}

/* The last client has gone while the network is not to be reached.  Logging in
 * again joins only rooms that are known here, so there is nobody to tell. */
static void
leave_lost(struct room *room, const struct room_why *why)
{
	if (session_ready(room->user))
		leave(room, why);
	else
		forget(room, why);
}

/* What was told up to now was of the earlier stay. */
static void
start_afresh(struct room *room, const struct room_why *why)
{
	(void)why;
	room_occupants_clear(room);
	xreplace(&room->told_nick, NULL);
}

/* Columns: WANTED EMPTY | session UP LOST OVER | join DONE REFUSED LOST |
 *	SELF_TOLD CLOSED CLOSED_RETRY LEFT */
static room_action *const actions[ROOM_NSTATES][ROOM_NEVENTS] = {
	[ROOM_WAITING] = {
		join_if_ready,	forget,
		join,		ignore,		park,
		ignore,		ignore,		ignore,
		ignore,		ignore,		ignore,		ignore,
	},
	[ROOM_JOINING] = {
		ignore,		leave,
		join,		wait,		park,
		joined,		refused,	wait,
		ignore,		closed,		ignore,		start_afresh,
	},
	[ROOM_JOINED] = {
		show_state,	leave,
		rejoin,		lose,		park,
		ignore,		ignore,		ignore,
		ignore,		closed,		lose,		ignore,
	},
	[ROOM_LOST] = {
		ignore,		leave_lost,
		rejoin,		ignore,		park,
		ignore,		ignore,		ignore,
		joined,		closed,		ignore,		ignore,
	},
	[ROOM_REJOINING] = {
		ignore,		leave,
		rejoin,		lose,		park,
		joined,		closed,		lose,
		ignore,		closed,		lose,		ignore,
	},
	[ROOM_LEAVING] = {
		join,		ignore,
		forget,		forget,		forget,
		ignore,		ignore,		ignore,
		ignore,		ignore,		ignore,		forget,
	},
};

void
room_event(struct room *room, enum room_event event,
    const struct room_why *why)
{
	actions[room->state][event](room, why);
}

void
room_restore_state(struct room *room, int64_t state)
{
	room->state = state >= 0 && state < ROOM_NSTATES ?
	    (enum room_state)state : ROOM_LOST;
}

/* ------------------------------------------------------------ other endings */

void
room_ejected(struct room *room, const struct room_gone *gone)
{
	end(room, gone, E_NOT_ACCEPTABLE, gone->reason);
}

/* While the user is not in, clients know the old nick if any: it will be found
 * missing, and the new one shown. */
static void
renamed_unseen(struct room *room, struct occupant *old, const char *nick)
{
	struct occupant *o = room_occupant_add(room, nick, old->real);

	if (o == NULL || o == old)
		return;
	room_occupant_copy(o, old);
	o->stale = false;
	if (room->told_nick != NULL &&
	    strcmp(room->told_nick, old->nick) == 0)
		xreplace(&room->told_nick, nick);
	if (old->shown)
		old->stale = true;
	else
		room_occupant_remove(room, old);
}

void
room_renamed(struct room *room, struct occupant *old, const char *nick)
{
	static const struct room_gone left;
	bool self = room_is_self(room, old);
	struct occupant *o = room_occupant(room, nick);

	if (room->state != ROOM_JOINED) {
		renamed_unseen(room, old, nick);
		return;
	}
	if (o == old)
		return;
	if (o != NULL) {	/* a nick is free before it is taken */
		say_room_gone(room, o, NULL, &left);
		room_occupant_remove(room, o);
	}
	if ((o = room_occupant_add(room, nick, NULL)) == NULL)
		return;
	room_occupant_copy(o, old);
	say_room_renamed(room, old, o->resource);
	room_occupant_remove(room, old);
	if (self) {
		xreplace(&room->nick, nick);
		persist_joined(room);
	}
	say_room_occupant(room, o, NULL);
	o->shown = true;
}

void
room_drop_client(struct room *room, struct room_client *c, const char *reason)
{
	struct room_why why = { .text = reason };
	struct user *user = room->user;

	room_client_remove(room, c);
	if (!TAILQ_EMPTY(&room->clients))
		return;
	if (!persist_stays(room))
		room_event(room, ROOM_EMPTY, &why);
	/* In another room nobody may be left of the user's clients. */
	if (rooms_count(user) > 0)
		session_presence(user);
}
