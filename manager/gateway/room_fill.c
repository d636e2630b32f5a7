/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client that reads archives joins without asking for history, so the archive
 * must have it. */
#include "manager/gateway/room_fill.h"

#include "manager/gateway/mam.h"
#include "manager/gateway/room_history.h"
#include "manager/gateway/room_seen.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"

#define FILL_MAX	100		/* messages */

static void
take(struct room *room, const struct msg_past_message *m)
{
	const struct occupant *o = room_occupant(room, m->nick);
	struct arena scratch = { 0 };
	struct past p = {
		.resource = o ? o->resource : room_resource(&scratch, m->nick),
		.occupant = o ? o->id : room_identity(room, m->nick, NULL),
		.body = m->body, .id = m->id, .stanza_id = m->id,
		.time = m->time, .old = true,
	};

	if (m->time > 0 && *m->id != '\0' && !room_seen_has(room->seen, &p))
		room_was_said(room, &p);
	arena_free(&scratch);
}

static void
answered(void *ctx, const struct msg_error *error, const union result *result)
{
	struct room_request *r = ctx;
	struct room *room = r->room;
	bool current = room != NULL && r->attempt == room->attempt;

	room_request_done(r);
	if (!current)
		return;
	room->filling = 0;
	for (size_t i = 0; error == NULL && result != NULL &&
	    i < result->room_history.messages.n; i++)
		take(room, &result->room_history.messages.v[i]);
	mam_filled(room);
}

bool
room_is_filling(const struct room *room)
{
	if (!room->recorded || !gateway_can(room->user->gw, FEATURE_HISTORY))
		return false;
	if (room->state == ROOM_WAITING || room->state == ROOM_JOINING)
		return room_has_wishes(room) && session_expected(room->user);
	return room->filling != 0 && room->filling == room->attempt;
}

void
room_fill(struct room *room)
{
	size_t n = room_history_count(room->history);
	const struct past *newest = room_history_at(room->history, n - 1);
	struct msg_room_history m = {
		.user = room->user->jid, .room = room->id, .max = FILL_MAX,
		.since = n > 0 ? newest->time : 0,
	};

	if (!room->recorded || !gateway_can(room->user->gw, FEATURE_HISTORY))
		return;
	room->filling = room->attempt;
	session_request(room->user, METHOD_room_history, &m, answered,
	    room_request_new(room, NULL, NULL, NULL, false));
}
