/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Staying: what is remembered of a room for the time after a restart or a new
 * login, and who is logged in for its sake. */
#include "manager/gateway/persist.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/room.h"
#include "manager/gateway/session.h"
#include "util/log.h"
#include "util/xalloc.h"

bool
persist_stays(const struct room *room)
{
	return room->persistent || room->user->stay_connected;
}

/* In server mode it is the client that has the password, and none may be there
 * when the user is logged in again. */
static void
keep_password(const struct user *user)
{
	const struct store_user record = {
		.jid = user->jid, .uin = user->account,
		.password = user->password, .language = "en",
		.encoding = "utf8",
	};

	if (link_is_server(user->gw->link) && user->password != NULL &&
	    user->account != NULL && !user->unsaved)
		store_register(user->gw->store, &record, NULL, NULL);
}

void
persist_joined(struct room *room)
{
	const struct store_room record = {
		.id = room->id, .jid = room->jid, .nick = room->nick,
		.password = room->password,
	};

	if (!room->persistent)
		return;
	if (!room->kept)
		keep_password(room->user);
	room->kept = true;
	store_set_room(room->user->gw->store, room->user->jid, &record);
}

void
persist_left(struct room *room)
{
	if (!room->kept)
		return;
	room->kept = false;
	store_forget_room(room->user->gw->store, room->user->jid, room->id);
}

void
persist_load(struct user *user, const struct store_room *rooms, size_t n)
{
	struct room *room;

	for (size_t i = 0; i < n && map_count(&user->rooms) < ROOMS_MAX; i++) {
		if (*rooms[i].jid == '\0' || *rooms[i].nick == '\0')
			continue;
		if ((room = room_find(user, rooms[i].jid)) == NULL) {
			room = room_create(user, rooms[i].jid, rooms[i].id);
			xreplace(&room->nick, rooms[i].nick);
			xreplace(&room->password, rooms[i].password);
		}
		room->kept = true;
		/* Switched off while nobody was here to leave. */
		if (!room->persistent) {
			persist_left(room);
			if (TAILQ_EMPTY(&room->clients))
				room_destroy(room);
		}
	}
}

/* -------------------------------------------------------- the next login */

/* Whose: by name. */
struct retry {
	struct gateway	*gw;
	char		 jid[];
};

static void
found_again(void *ctx, const struct store_user *record, const char *error)
{
	struct retry *retry = ctx;
	struct user *user = user_find(retry->gw, retry->jid);

	if (error != NULL)
		log_error("%s: %s: rooms cannot be read: %s",
		    retry->gw->config->jid, retry->jid, error);
	/* Who has unregistered meanwhile is not here, or not in the store. */
	if (user != NULL && record != NULL && session_ready(user)) {
		persist_load(user, record->rooms, record->nrooms);
		rooms_resume_waiting(user);
	}
	free(retry);
}

void
persist_retry(struct user *user)
{
	size_t size = strlen(user->jid) + 1;
	struct retry *retry;

	if (!user->rooms_missing)
		return;
	user->rooms_missing = false;
	retry = xmalloc(sizeof(*retry) + size);
	retry->gw = user->gw;
	memcpy(retry->jid, user->jid, size);
	store_load(user->gw->store, user->jid, found_again, retry);
}

/* ---------------------------------------------------------------- the start */

static void
listed(void *ctx, const struct store_user *users, size_t n,
    const char *error)
{
	struct gateway *gw = ctx;
	struct user *user;

	if (error != NULL) {
		log_error("%s: who stays connected cannot be read: %s",
		    gw->config->jid, error);
		return;
	}
	if (n > 0)
		log_info("%s: %zu users stay connected and are logged in",
		    gw->config->jid, n);
	for (size_t i = 0; i < n; i++) {
		user = user_get(gw, users[i].jid);
		if (user->state != USER_OFFLINE)
			continue;
		user->no_hurry = user->standing = true;
		session_want(user, NULL);
	}
}

void
persist_start(struct gateway *gw)
{
	store_list_standing(gw->store, gw->config->stay_connected, listed,
	    gw);
}
