/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hint at a time: plug-ins read one thing after the other. */
#include "backends/purple/room_hint.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/room_state.h"
#include "util/later.h"

static struct room_hint latest;
static bool expiring;		/* with this turn */

static void
clear(void)
{
	free(latest.room);
	free(latest.name);
	free(latest.status);
	free(latest.actor);
	free(latest.reason);
	free(latest.id);
	free(latest.sent_id);
	memset(&latest, 0, sizeof(latest));
}

static void
expire(void *nothing)
{
	(void)nothing;
	expiring = false;
	clear();
}

struct room_hint *
room_hint_new(PurpleConnection *gc)
{
	clear();
	latest.gc = gc;
	if (!expiring)
		later(expire, NULL);
	expiring = true;
	return &latest;
}

void
room_hint_forget(const PurpleConnection *gc)
{
	if (latest.gc == gc)
		clear();
}

bool
room_hint_hushed(const PurpleConnection *gc)
{
	return gc != NULL && latest.gc == gc && latest.hush;
}

/* Of one account, names that differ in case only are one room. */
static bool
same_room(const struct room *room)
{
	const PurpleAccount *account = room->session->account;
	char *a;
	bool same;

	if (latest.room == NULL)
		return true;
	if (strcmp(latest.room, room_name(room)) == 0)
		return true;
	a = g_strdup(purple_normalize(account, latest.room));
	same = strcmp(a, purple_normalize(account, room_name(room))) == 0;
	g_free(a);
	return same;
}

const struct room_hint *
room_hint(const struct room *room, const char *name)
{
	if (latest.gc == NULL || latest.gc !=
	    purple_account_get_connection(room->session->account))
		return NULL;
	if (name != NULL && (latest.name == NULL ||
	    strcmp(latest.name, name) != 0))
		return NULL;
	return same_room(room) ? &latest : NULL;
}
