/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others may ask of a room, and of who is in it. */
#include <string.h>

#include "manager/gateway/room_data.h"

bool
room_has_client(const struct room *room, const char *full)
{
	const struct room_client *c = room_client(room, full);

	return c != NULL && c->wish == NULL;
}

const char *
room_first_client(const struct room *room)
{
	const struct room_client *c;

	TAILQ_FOREACH(c, &room->clients, entry)
		if (c->wish == NULL)
			return c->full;
	return NULL;
}

void
room_each_client(const struct room *room,
    void (*called)(void *ctx, const char *full), void *ctx)
{
	const struct room_client *c;

	TAILQ_FOREACH(c, &room->clients, entry)
		if (c->wish == NULL)
			called(ctx, c->full);
}

const char *
room_id(const struct room *room)
{
	return room->id;
}

const char *
room_jid(const struct room *room)
{
	return room->jid;
}

const char *
room_own_resource(const struct room *room)
{
	const struct occupant *self = room_self(room);

	return self ? self->resource : room->nick;
}

const char *
room_occupant_nick(const struct room *room, const char *resource)
{
	const struct occupant *o = room_occupant_at(room, resource);

	return o ? o->nick : NULL;
}

const char *
room_occupant_resource(const struct room *room, const char *nick)
{
	const struct occupant *o = room_occupant(room, nick);

	return o ? o->resource : NULL;
}

const char *
room_occupant_real(const struct room *room, const char *resource)
{
	const struct occupant *o = room_occupant_at(room, resource);

	return o ? o->real : NULL;
}

const char *
room_occupant_avatar(const struct room *room, const char *resource)
{
	const struct occupant *o = room_occupant_at(room, resource);

	return o ? o->avatar : NULL;
}
