/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much history does a client get, and from where?  Messages that come while
 * the archive is asked are behind what it answers, in the room's own history. */
#include "manager/gateway/room_welcome.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/say_room.h"
#include "util/log.h"
#include "util/xalloc.h"

#define ASK_MAX		500		/* messages, whatever is wished */
#define ASK_BYTES	(256 * 1024)

/* How many messages: as many as it asks for, or as many as the user wants
 * (setting max_history_length), and all that nobody was there to hear. */
static unsigned
wanted(const struct room *room, const struct wish *w)
{
	const struct gateway *gw = room->user->gw;
	const char *setting = user_setting_of(room->user,
	    "max_history_length", room->id, NULL);
	long n = setting ? strtol(setting, NULL, 10) :
	    (long)gw->config->history_max;

	if (room->missed > n)
		n = room->missed;
	if (w->since > 0)
		n = ASK_MAX;
	if (w->maxstanzas >= 0)
		n = w->maxstanzas;
	if (w->maxchars == 0 || n < 0)
		n = 0;
	return n > ASK_MAX ? ASK_MAX : (unsigned)n;
}

/* Is all that may be wanted in the room's own history? */
static bool
at_hand(const struct room *room, const struct wish *w, unsigned n)
{
	size_t count = room_history_count(room->history);
	const struct past *oldest = room_history_at(room->history, 0);

	if (room->whole && room_history_total(room->history) == count)
		return true;
	return n <= count || !room->recorded ||
	    (w->since > 0 && oldest != NULL && oldest->time < w->since);
}

/* ------------------------------------------------------------------ telling */

static void
say_occupants(const struct room *room, const struct room_client *c)
{
	const struct occupant *o;
	size_t at = 0;

	while ((o = map_next(&room->occupants, &at)) != NULL)
		if (!room_is_self(room, o))
			say_room_occupant(room, o, c);
	say_room_welcome(room, c);
}

static void
say_subject(struct room *room, struct room_client *c)
{
	if (room->subject != NULL)
		say_room_subject(room, c);
	else if (room->subject_due == 0)
		room->subject_due = ev_now(room->user->gw->loop) +
		    ROOM_SUBJECT_WAIT;
	room_arm(room);
}

/* It is in, and has been told what it missed. */
static void
finish(struct room *room, struct room_client *c)
{
	room_client_in(c);
	room->missed = 0;
	if (!room_has_wishes(room))
		room->created = false;
	say_subject(room, c);
}

static void
welcome_now(struct room *room, struct room_client *c, unsigned n)
{
	const struct past *p;
	size_t at;

	say_occupants(room, c);
	at = room_history_first(room->history, (long)n, c->wish->maxchars,
	    c->wish->since);
	while ((p = room_history_at(room->history, at++)) != NULL)
		say_room_message(room, p, c);
	finish(room, c);
}

/* ------------------------------------------------------- from the archive */

/* A client that waits for it: by name. */
struct asking {
	struct gateway	*gw;
	const char	*user, *room, *client;
	unsigned long	 total;		/* of the room's history, then */
	struct arena	 arena;
};

static void
say_found(struct room *room, struct room_client *c,
    const struct store_found *found)
{
	size_t first = found->n, chars = 0;
	struct archived a;

	/* Packed, one is about as long as its texts. */
	for (; first > 0 && c->wish->maxchars >= 0; first--) {
		chars += 400 + found->said[first - 1].len;
		if (chars > (size_t)c->wish->maxchars)
			break;
	}
	if (c->wish->maxchars < 0)
		first = 0;
	for (; first < found->n; first++) {
		archived_open(&found->said[first], &a);
		if (a.past.body != NULL)
			say_room_message(room, &a.past, c);
		archived_close(&a);
	}
}

static void
say_newer(struct room *room, struct room_client *c, unsigned long total)
{
	unsigned long begin = room_history_total(room->history) -
	    room_history_count(room->history);
	size_t at = total > begin ? (size_t)(total - begin) : 0;
	const struct past *p;

	while ((p = room_history_at(room->history, at++)) != NULL)
		say_room_message(room, p, c);
}

static void
answered(void *ctx, const struct store_found *found, const char *error)
{
	struct asking *a = ctx;
	struct user *user = user_find(a->gw, a->user);
	struct room *room = user ? room_find(user, a->room) : NULL;
	struct room_client *c = room ? room_client(room, a->client) : NULL;

	if (error != NULL)
		log_error("%s: %s: the archive of %s cannot be read: %s",
		    a->gw->config->jid, a->user, a->room, error);
	if (c != NULL && c->wish != NULL && c->wish->asked) {
		c->wish->asked = false;
		if (room->state != ROOM_JOINED) {
			/* It is welcomed when the user is in again. */
		} else if (error != NULL) {
			welcome_now(room, c, wanted(room, c->wish));
		} else {
			say_occupants(room, c);
			say_found(room, c, found);
			say_newer(room, c, a->total);
			finish(room, c);
		}
	}
	arena_free(&a->arena);
	free(a);
}

static void
welcome_later(struct room *room, struct room_client *c, unsigned n)
{
	const struct store_ask ask = {
		.jid = room->user->jid, .room = room->id, .last = true,
		.max = n, .start = c->wish->since, .bytes = ASK_BYTES,
	};
	struct asking *a = xcalloc(1, sizeof(*a));

	a->gw = room->user->gw;
	a->user = arena_strdup(&a->arena, room->user->jid);
	a->room = arena_strdup(&a->arena, room->jid);
	a->client = arena_strdup(&a->arena, c->full);
	a->total = room_history_total(room->history);
	c->wish->asked = true;
	store_archive_ask(a->gw->store, &ask, answered, a);
}

static void
welcome(struct room *room, struct room_client *c)
{
	unsigned n = wanted(room, c->wish);

	if (n == 0 || at_hand(room, c->wish, n))
		welcome_now(room, c, n);
	else
		welcome_later(room, c, n);
}

void
room_welcome_all(struct room *room)
{
	struct room_client *c;

	if (room->loading)
		return;
	TAILQ_FOREACH(c, &room->clients, entry)
		if (c->wish != NULL && !c->wish->asked)
			welcome(room, c);
}
