/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that libpurple has no answer for: what the room does next is it. */
#include <stdlib.h>
#include <string.h>

#include "backends/purple/room_state.h"
#include "util/xalloc.h"

#define AWAITS_MAX	1000	/* in a room; more are not kept waiting */

static void
forget(struct room_await *await)
{
	TAILQ_REMOVE(&await->room->awaits, await, entry);
	await->room->waiting--;
	if (await->timer != 0)
		g_source_remove(await->timer);
	free(await->about);
	free(await->id);
	free(await);
}

void
room_await_done(struct room_await *await, const void *result)
{
	struct kit_call call = await->call;
	bool answered = await->answered;

	forget(await);
	if (!answered)
		kit_reply(&call, result);
}

void
room_await_failed(struct room_await *await, const char *code, const char *text)
{
	struct kit_call call = await->call;
	bool answered = await->answered;

	forget(await);
	if (!answered)
		kit_error(&call, code, text);
}

static gboolean
late(gpointer data)
{
	struct room_await *await = data;

	await->timer = 0;
	room_await_failed(await, ERR_TIMEOUT, "the network does not answer");
	return G_SOURCE_REMOVE;
}

struct room_await *
room_await(struct room *room, enum room_await_kind kind,
    const struct kit_call *call, const char *about)
{
	struct room_await *await;

	if (room->waiting >= AWAITS_MAX) {
		kit_error(call, ERR_RATE_LIMITED, "too much at once");
		return NULL;
	}
	await = xcalloc(1, sizeof(*await));
	await->room = room;
	await->kind = kind;
	await->call = *call;
	await->about = xstrdup_null(about);
	await->timer = g_timeout_add_seconds(ROOM_ANSWER_TIMEOUT, late, await);
	TAILQ_INSERT_TAIL(&room->awaits, await, entry);
	room->waiting++;
	return await;
}

struct room_await *
room_awaited(const struct room *room, enum room_await_kind kind,
    const char *about)
{
	struct room_await *await;

	TAILQ_FOREACH(await, &room->awaits, entry) {
		if (await->kind == kind && (about == NULL ||
		    (await->about != NULL &&
		    strcmp(await->about, about) == 0)))
			return await;
	}
	return NULL;
}

void
room_await_finish(struct room *room, const char *code, const char *text)
{
	struct room_await *await;

	while ((await = TAILQ_FIRST(&room->awaits)) != NULL)
		room_await_failed(await, code, text);
}
