/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All rooms of a user, and the time that runs out in one: who calls the verbs
 * of room_life.c, and when. */
#include "manager/gateway/room_data.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/handover.h"
#include "manager/gateway/persist.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/say_room.h"
#include "util/xalloc.h"

/* ---------------------------------------------------------------- due times */

void
room_arm(struct room *room)
{
	if (!ev_is_active(&room->timer))
		ev_timer_start(room->user->gw->loop, &room->timer);
}

/* Returns whether there are more to wait for. */
static bool
wishes_due(struct room *room, double now)
{
	struct room_client *c, *next;
	bool more = false;

	for (c = TAILQ_FIRST(&room->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->wish == NULL)
			continue;
		if (c->wish->due > now) {
			more = true;
			continue;
		}
		say_room_refused(room, c, E_REMOTE_SERVER_TIMEOUT,
		    "The network did not answer in time.");
		room_client_remove(room, c);
	}
	return more;
}

void
room_due(struct room *room, double now)
{
	bool had = !TAILQ_EMPTY(&room->clients), more;

	more = room_sends_due(room, now);
	if (room->subject_due != 0 && room->subject_due <= now) {
		room->subject_due = 0;
		xreplace(&room->subject, "");
		say_room_subject(room, NULL);
	}
	more |= room->subject_due != 0;
	more |= wishes_due(room, now);
	if (!more)
		ev_timer_stop(room->user->gw->loop, &room->timer);
	if (had && TAILQ_EMPTY(&room->clients) && !persist_stays(room))
		room_event(room, ROOM_EMPTY, NULL);
}

/* ----------------------------------------------------- all rooms of a user */

/* Rooms may go meanwhile, which the map's walk allows. */
static void
all(struct user *user, enum room_event event, const char *text)
{
	struct room_why why = { .text = text };
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL)
		room_event(room, event, &why);
}

void
rooms_session_up(struct user *user)
{
	all(user, ROOM_SESSION_UP, NULL);
	persist_retry(user);
}

void
rooms_leave_empty(struct user *user)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL) {
		if (TAILQ_EMPTY(&room->clients) && !room->persistent)
			room_event(room, ROOM_EMPTY, NULL);
	}
}

static void
settings_changed(struct room *room)
{
	bool persistent = room->persistent;

	room_read_settings(room);
	if (room->persistent == persistent)
		return;
	if (room->persistent && room->state == ROOM_JOINED)
		persist_joined(room);
	else if (!room->persistent)
		persist_left(room);
	if (TAILQ_EMPTY(&room->clients) && !persist_stays(room))
		room_event(room, ROOM_EMPTY, NULL);
}

void
rooms_settings_changed(struct user *user)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL)
		settings_changed(room);
}

void
rooms_resume(struct user *user)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL) {
		if (room->state != ROOM_JOINED)
			room_event(room, ROOM_SESSION_UP, NULL);
	}
}

void
rooms_resume_waiting(struct user *user)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL) {
		if (room->state == ROOM_WAITING)
			room_event(room, ROOM_SESSION_UP, NULL);
	}
}

void
rooms_reload(struct user *user)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL) {
		room_read_settings(room);
		archive_load(room);
	}
}

void
rooms_session_lost(struct user *user)
{
	all(user, ROOM_SESSION_LOST, NULL);
}

void
rooms_session_over(struct user *user, const char *text)
{
	all(user, ROOM_SESSION_OVER, text);
}

void
rooms_client_gone(struct user *user, const char *full)
{
	struct room_client *c;
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL) {
		if ((c = room_client(room, full)) == NULL)
			continue;
		if (gateway_is_lenient(user->gw))
			room_client_remove(room, c);
		else
			room_drop_client(room, c, NULL);
	}
}

size_t
rooms_count(const struct user *user)
{
	const struct room *room;
	size_t at = 0, n = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL)
		if (room->state != ROOM_LEAVING)
			n++;
	return n;
}

bool
rooms_have_clients(const struct user *user)
{
	const struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL)
		if (!TAILQ_EMPTY(&room->clients))
			return true;
	return false;
}

static bool
is_in(char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

size_t
rooms_clients(const struct user *user, char ***full)
{
	const struct room_client *c;
	const struct room *room;
	size_t at = 0, n = 0;

	*full = NULL;
	while ((room = map_next(&user->rooms, &at)) != NULL)
		TAILQ_FOREACH(c, &room->clients, entry) {
			if (is_in(*full, n, c->full))
				continue;
			*full = xreallocarray(*full, n + 1, sizeof(**full));
			(*full)[n++] = xstrdup(c->full);
		}
	return n;
}

void
rooms_forget(struct user *user)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL) {
		room_forget_past(room);
		room->recorded = room->kept = room->persistent = false;
		if (room->state == ROOM_WAITING)
			room_destroy(room);
	}
}

void
rooms_destroy(struct user *user)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL)
		room_destroy(room);
	map_finish(&user->rooms);
}
