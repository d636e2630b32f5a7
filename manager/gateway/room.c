/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a room: occupants, the user's clients in it, and how they
 * are found.  What happens to it is in room_life.c, what clients are told in
 * say_room.c. */
#include "manager/gateway/room_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/name.h"
#include "manager/gateway/room_history.h"
#include "manager/gateway/room_seen.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/session.h"
#include "util/later.h"
#include "util/siphash.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define RESOURCE_MAX 1023		/* bytes (RFC 7622 3.1) */

static void
due(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct room *room = CONTAINER(timer, struct room, timer);

	(void)events;
	room_due(room, ev_now(loop));
}

struct room *
room_create(struct user *user, const char *bare, const char *id)
{
	struct room *room = xcalloc(1, sizeof(*room));

	room->user = user;
	room->jid = xstrdup(bare);
	room->id = xstrdup(id);
	room->nick = xstrdup("");
	TAILQ_INIT(&room->clients);
	TAILQ_INIT(&room->sends);
	LIST_INIT(&room->requests);
	ev_timer_init(&room->timer, due, 1., 1.);
	map_put(&user->rooms, room->jid, room);
	room_read_settings(room);
	archive_load(room);
	return room;
}

static bool
is_on(const struct room *room, const char *name, bool otherwise)
{
	return *user_setting_of(room->user, name, room->id, otherwise ? "1" :
	    "0") == '1';
}

void
room_read_settings(struct room *room)
{
	const struct gateway *gw = room->user->gw;

	room->recorded = archive_is_kept(gw) &&
	    is_on(room, "record_history", gw->config->record_history);
	room->persistent = is_on(room, "persistent", gw->config->persistent);
}

static void
room_free(void *object)
{
	struct room *room = object;

	free(room->jid);
	free(room->id);
	free(room->name);
	free(room->nick);
	free(room->told_nick);
	free(room->password);
	free(room->subject);
	free(room->subject_nick);
	free(room);
}

void
room_forget_past(struct room *room)
{
	room_history_destroy(room->history);
	room->history = NULL;
	room_seen_destroy(room->seen);
	room->seen = NULL;
	store_tail_close(room->tail);
	room->tail = NULL;
	room->loading = false;
	room->missed = 0;
}

void
room_destroy(struct room *room)
{
	struct room_client *c;
	struct room_request *r;

	if (map_get(&room->user->rooms, room->jid) == room)
		map_remove(&room->user->rooms, room->jid);
	ev_timer_stop(room->user->gw->loop, &room->timer);
	while ((c = TAILQ_FIRST(&room->clients)) != NULL)
		room_client_remove(room, c);
	while ((r = LIST_FIRST(&room->requests)) != NULL) {
		LIST_REMOVE(r, entry);
		if (r->counted)
			session_answered(room->user);
		r->room = NULL;
	}
	room_sends_orphan(room);
	room_occupants_clear(room);
	map_finish(&room->occupants);
	room_forget_past(room);
	later(room_free, room);
}

/* ---------------------------------------------------------------- lookups */

struct room *
room_find(const struct user *user, const char *bare)
{
	return map_get(&user->rooms, bare);
}

static bool
is_live(const struct room *room)
{
	return room != NULL && room->state != ROOM_LEAVING;
}

/* Users are in few rooms, and nearly always the id is the one that was sent
 * in room_join: look for that before anything is converted. */
struct room *
room_find_id(const struct user *user, const char *id)
{
	struct arena scratch = { 0 };
	struct room *room;
	const char *bare;
	size_t at = 0;

	while ((room = map_next(&user->rooms, &at)) != NULL)
		if (strcmp(room->id, id) == 0 && is_live(room))
			return room;
	for (at = 0; (room = map_next(&user->rooms, &at)) != NULL;)
		if (strcasecmp(room->id, id) == 0 && is_live(room))
			return room;
	bare = name_to_jid(user->gw, &scratch, id);
	room = bare ? map_get(&user->rooms, bare) : NULL;
	arena_free(&scratch);
	return is_live(room) ? room : NULL;
}

/* ---------------------------------------------------------------- clients */

struct room_client *
room_client(const struct room *room, const char *full)
{
	struct room_client *c;

	TAILQ_FOREACH(c, &room->clients, entry)
		if (strcmp(c->full, full) == 0)
			return c;
	return NULL;
}

struct room_client *
room_client_add(struct room *room, const char *full)
{
	size_t size = strlen(full) + 1;
	struct room_client *c = xmalloc(sizeof(*c) + size);

	c->wish = NULL;
	memcpy(c->full, full, size);
	TAILQ_INSERT_TAIL(&room->clients, c, entry);
	room->nclients++;
	return c;
}

void
room_client_in(struct room_client *c)
{
	if (c->wish == NULL)
		return;
	free(c->wish->nick);
	free(c->wish->id);
	free(c->wish);
	c->wish = NULL;
}

/* Freed later: whoever walks over the clients may stand on it. */
void
room_client_remove(struct room *room, struct room_client *c)
{
	TAILQ_REMOVE(&room->clients, c, entry);
	room->nclients--;
	room_client_in(c);
	later_free(c);
}

bool
room_has_wishes(const struct room *room)
{
	const struct room_client *c;

	TAILQ_FOREACH(c, &room->clients, entry)
		if (c->wish != NULL)
			return true;
	return false;
}

/* -------------------------------------------------------------- occupants */

struct occupant *
room_occupant(const struct room *room, const char *nick)
{
	return map_get(&room->occupants, nick);
}

struct occupant *
room_occupant_at(const struct room *room, const char *resource)
{
	struct occupant *o = map_get(&room->occupants, resource);
	size_t at = 0;

	if (o != NULL && o->resource == o->nick)
		return o;
	if (room->odd == 0)
		return NULL;
	while ((o = map_next(&room->occupants, &at)) != NULL)
		if (strcmp(o->resource, resource) == 0)
			return o;
	return NULL;
}

struct occupant *
room_self(const struct room *room)
{
	return map_get(&room->occupants, room->nick);
}

bool
room_is_self(const struct room *room, const struct occupant *o)
{
	return strcmp(o->nick, room->nick) == 0;
}

/* One character of a nick: as it is where a resource can have it. */
static const char *
prepared_char(struct arena *a, const char *s, size_t len)
{
	const char *prepared = jid_prepare_resource(a,
	    arena_strndup(a, s, len));

	return prepared ? prepared : "?";
}

/* Names on other networks may hold what an XMPP resource cannot.  Such an
 * occupant is shown, visibly changed, and never dropped. */
static const char *
mangle(struct arena *a, const char *nick)
{
	size_t n = strlen(nick), len;
	const char *out = "";
	uint32_t c;

	for (size_t i = 0; i < n && strlen(out) < RESOURCE_MAX / 8; i += len) {
		if ((len = utf8_next(nick + i, n - i, &c)) == 0) {
			len = 1;
			out = arena_printf(a, "%s?", out);
			continue;
		}
		out = arena_printf(a, "%s%s", out,
		    prepared_char(a, nick + i, len));
	}
	return arena_printf(a, "%s~%04x", out,
	    (unsigned)(siphash_string(nick) & 0xffff));
}

const char *
room_resource(struct arena *a, const char *nick)
{
	const char *resource;

	if (nick[0] == '\0' || strlen(nick) > RESOURCE_MAX)
		return mangle(a, nick);
	resource = jid_prepare_resource(a, nick);
	if (resource == NULL || resource[0] == '\0')
		return mangle(a, nick);
	return resource;
}

/* ASCII that every resource may have: no need to ask stringprep. */
static bool
is_plain(const char *nick)
{
	if (nick[0] == '\0' || strlen(nick) > RESOURCE_MAX)
		return false;
	for (; *nick != '\0'; nick++)
		if (*nick <= ' ' || *nick > '~')
			return false;
	return true;
}

static void
set_resource(struct room *room, struct occupant *o)
{
	struct arena scratch = { 0 };
	const char *resource;

	o->resource = o->nick;
	if (is_plain(o->nick) && room_occupant_at(room, o->nick) == NULL)
		return;
	resource = room_resource(&scratch, o->nick);
	for (unsigned i = 2; room_occupant_at(room, resource) != NULL; i++)
		resource = arena_printf(&scratch, "%s~%u",
		    room_resource(&scratch, o->nick), i);
	if (strcmp(resource, o->nick) != 0) {
		o->resource = xstrdup(resource);
		room->odd++;
	}
	arena_free(&scratch);
}

static struct occupant *
occupant_new(const char *nick)
{
	size_t size = strlen(nick) + 1;
	struct occupant *o = xcalloc(1, sizeof(*o) + size);

	memcpy(o->nick, nick, size);
	o->show = SHOW_ONLINE;
	o->resource = o->nick;
	return o;
}

struct occupant *
room_occupant_add(struct room *room, const char *nick, const char *real)
{
	struct occupant *o = map_get(&room->occupants, nick);

	if (o != NULL)
		return o;
	if (map_count(&room->occupants) >= ROOM_OCCUPANTS_MAX)
		return NULL;
	o = occupant_new(nick);
	set_resource(room, o);
	map_put(&room->occupants, o->nick, o);
	o->id = room_identity(room, nick, real);
	return o;
}

struct occupant *
room_occupant_restore(struct room *room, const char *nick,
    const char *resource)
{
	struct occupant *o;

	if (map_get(&room->occupants, nick) != NULL)
		return NULL;
	o = occupant_new(nick);
	if (resource != NULL && *resource != '\0') {
		o->resource = xstrdup(resource);
		room->odd++;
	}
	map_put(&room->occupants, o->nick, o);
	return o;
}

static void
occupant_free(struct room *room, struct occupant *o)
{
	if (o->resource != o->nick) {
		room->odd--;
		free(o->resource);
	}
	free(o->status);
	free(o->real);
	free(o->avatar);
	free(o->account);
	free(o);
}

void
room_occupant_remove(struct room *room, struct occupant *o)
{
	map_remove(&room->occupants, o->nick);
	occupant_free(room, o);
}

void
room_occupants_clear(struct room *room)
{
	struct occupant *o;
	size_t at = 0;

	while ((o = map_next(&room->occupants, &at)) != NULL)
		room_occupant_remove(room, o);
}

void
room_occupant_copy(struct occupant *to, const struct occupant *from)
{
	xreplace(&to->status, from->status);
	xreplace(&to->real, from->real);
	xreplace(&to->avatar, from->avatar);
	xreplace(&to->account, from->account);
	to->bot = from->bot;
	to->id = from->id;
	to->show = from->show;
	to->role = from->role;
	to->affiliation = from->affiliation;
}

/* ------------------------------------------------------------------ names */

char *
room_address(const struct room *room, const char *resource,
    char out[ROOM_JID_MAX])
{
	return room_address_of(room->jid, resource, out);
}

char *
room_address_of(const char *jid, const char *resource,
    char out[ROOM_JID_MAX])
{
	size_t bare = strlen(jid), len;

	memcpy(out, jid, bare + 1);
	if (resource == NULL)
		return out;
	len = strlen(resource);
	if (bare + len + 2 > ROOM_JID_MAX)
		len = utf8_cut(resource, len, ROOM_JID_MAX - bare - 2);
	out[bare] = '/';
	memcpy(out + bare + 1, resource, len);
	out[bare + 1 + len] = '\0';
	return out;
}

/* The same person in the same room has the same id after a restart, so the key
 * is made of the room's address; what is hashed is known to the room anyway. */
uint64_t
room_identity(const struct room *room, const char *nick, const char *real)
{
	static const uint8_t zero[16];
	const char *who = real != NULL && real[0] != '\0' ? real : nick;
	uint64_t place = siphash(zero, room->jid, strlen(room->jid));
	uint8_t key[16] = { 0 };

	memcpy(key, &place, sizeof(place));
	return siphash(key, who, strlen(who));
}

static const char *const roles[] = {
	[ROLE_PARTICIPANT] = "participant",
	[ROLE_MODERATOR] = "moderator",
	[ROLE_VISITOR] = "visitor",
	[ROLE_NONE] = "none",
};

static const char *const affiliations[] = {
	[AFFILIATION_NONE] = "none",
	[AFFILIATION_MEMBER] = "member",
	[AFFILIATION_ADMIN] = "admin",
	[AFFILIATION_OWNER] = "owner",
	[AFFILIATION_OUTCAST] = "outcast",
};

const char *
role_name(enum role role)
{
	return roles[role];
}

const char *
affiliation_name(enum affiliation affiliation)
{
	return affiliations[affiliation];
}

int
role_parse(const char *s, enum role *role)
{
	for (size_t i = 0; s != NULL && i < LENGTH(roles); i++)
		if (strcmp(roles[i], s) == 0) {
			*role = (enum role)i;
			return 0;
		}
	return -1;
}

int
affiliation_parse(const char *s, enum affiliation *affiliation)
{
	for (size_t i = 0; s != NULL && i < LENGTH(affiliations); i++)
		if (strcmp(affiliations[i], s) == 0) {
			*affiliation = (enum affiliation)i;
			return 0;
		}
	return -1;
}

/* --------------------------------------------------------------- requests */

struct room_request *
room_request_new(struct room *room, const char *from, const char *to,
    const char *id, bool counted)
{
	struct room_request *r = xcalloc(1, sizeof(*r));

	r->room = room;
	r->attempt = room->attempt;
	r->counted = counted;
	r->from = xstrdup_null(from);
	r->to = xstrdup_null(to);
	r->id = xstrdup_null(id);
	if (counted)
		room->user->inflight++;
	LIST_INSERT_HEAD(&room->requests, r, entry);
	return r;
}

void
room_request_done(struct room_request *r)
{
	if (r->room != NULL) {
		LIST_REMOVE(r, entry);
		if (r->counted)
			session_answered(r->room->user);
	}
	free(r->from);
	free(r->to);
	free(r->id);
	free(r);
}

bool
room_busy(const struct room *room)
{
	return room->user->inflight >= room->user->gw->config->inflight_max;
}
