/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and nicks of occupants, and what becomes of them. */
#include "backends/purple/occupant.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/room.h"
#include "backends/purple/room_hint.h"
#include "backends/purple/room_text.h"
#include "util/later.h"
#include "util/xalloc.h"

/* Somebody whose nick is not the name. */
struct alias {
	char	*name;		/* key of by_name */
	char	*nick;		/* key of by_nick */
};

/* ------------------------------------------------------- packed into a pointer
 * Presence and affiliation of prpl-jabber's occupants: kept in the ui_data of
 * libpurple's own record, as a struct for each of 10,000 would cost more than
 * it holds. */

static const char *const shows[] = { NULL, "online", "chat", "away", "xa",
    "dnd" };
static const char *const affiliations[] = { NULL, "none", "member", "admin",
    "owner" };

static unsigned
index_of(const char *const *words, size_t n, const char *word)
{
	for (unsigned i = 1; word != NULL && i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return 0;
}

static void
keep_hint(const struct room *room, PurpleConvChatBuddy *cb)
{
	const struct room_hint *hint = room_hint(room, cb->name);

	if (hint == NULL || (hint->show == NULL && hint->affiliation == NULL))
		return;
	cb->ui_data = GUINT_TO_POINTER(
	    index_of(shows, LENGTH(shows), hint->show) |
	    index_of(affiliations, LENGTH(affiliations), hint->affiliation)
	    << 4);
}

/* ------------------------------------------------------------------- names */

const char *
occupant_nick(const struct room *room, const char *name)
{
	const struct alias *a = map_get(&room->by_name, name);

	return a != NULL ? a->nick : name;
}

const char *
occupant_name(const struct room *room, const char *nick)
{
	const struct alias *a = map_get(&room->by_nick, nick);
	PurpleConvChat *chat = room_chat(room);
	PurpleConvChatBuddy *cb;

	if (a != NULL)
		return a->name;
	cb = chat != NULL ? purple_conv_chat_cb_find(chat, nick) : NULL;
	/* An id as such, of one who is shown by another nick, is nobody's. */
	if (cb == NULL || map_get(&room->by_name, cb->name) != NULL)
		return NULL;
	return cb->name;
}

static void
forget_alias(struct room *room, const char *name)
{
	struct alias *a = map_remove(&room->by_name, name);

	if (a == NULL)
		return;
	map_remove(&room->by_nick, a->nick);
	free(a->name);
	free(a->nick);
	free(a);
}

/* By somebody else. */
static bool
taken(const struct room *room, const char *nick, const char *name)
{
	const struct alias *a = map_get(&room->by_nick, nick);
	const PurpleConvChatBuddy *cb;

	if (a != NULL)
		return strcmp(a->name, name) != 0;
	cb = purple_conv_chat_cb_find(room_chat(room), nick);
	return cb != NULL && strcmp(cb->name, name) != 0 &&
	    map_get(&room->by_name, cb->name) == NULL;
}

/* Where they are not, they are ids.  prpl-irc does not say that they are. */
static bool
names_are_nicks(const struct room *room)
{
	PurplePluginProtocolInfo *info = session_protocol(room->session);

	if (room_is_plugin(room->session, "prpl-irc"))
		return true;
	return info == NULL || (info->options & OPT_PROTO_UNIQUE_CHATNAME);
}

static char *
nick_for(const struct room *room, const PurpleConvChatBuddy *cb)
{
	const char *alias = !names_are_nicks(room) && cb->alias != NULL &&
	    *cb->alias != '\0' ? cb->alias : cb->name;
	char *base = room_nick_clean(alias), *nick = xstrdup(base);
	unsigned number = 2;

	/* When many are called the same, counting up for each would take
	 * longer the more there are. */
	while (taken(room, nick, cb->name)) {
		free(nick);
		nick = room_nick_numbered(base, number);
		number = number < 9 ? number + 1 : number == 9 ?
		    g_str_hash(cb->name) | 16 : number + 1;
	}
	free(base);
	return nick;
}

/* Returns whether the nick is another than before. */
static bool
name_occupant(struct room *room, const PurpleConvChatBuddy *cb)
{
	char *nick = nick_for(room, cb);
	struct alias *a;

	if (strcmp(nick, occupant_nick(room, cb->name)) == 0) {
		free(nick);
		return false;
	}
	forget_alias(room, cb->name);
	if (strcmp(nick, cb->name) == 0) {
		free(nick);
		return true;
	}
	a = xcalloc(1, sizeof(*a));
	a->name = xstrdup(cb->name);
	a->nick = nick;
	map_put(&room->by_name, a->name, a);
	map_put(&room->by_nick, a->nick, a);
	return true;
}

void
occupants_finish(struct room *room)
{
	struct alias *a;
	size_t at = 0;

	while ((a = map_next(&room->by_name, &at)) != NULL) {
		free(a->name);
		free(a->nick);
		free(a);
	}
	map_finish(&room->by_name);
	map_finish(&room->by_nick);
	memset(&room->by_name, 0, sizeof(room->by_name));
	memset(&room->by_nick, 0, sizeof(room->by_nick));
}

/* ---------------------------------------------------------------- the user */

bool
occupant_is_me(const struct room *room, const char *name)
{
	const char *nick;

	if (room->me != NULL)
		return strcmp(room->me, name) == 0;
	nick = room->conv != NULL ?
	    purple_conv_chat_get_nick(room_chat(room)) : NULL;
	return nick != NULL && strcmp(nick,
	    purple_normalize(room->session->account, name)) == 0;
}

/* prpl-jabber folds nicks as if they were addresses: only the server's word
 * counts there. */
static bool
turns_out_me(const struct room *room, const char *name)
{
	const struct room_hint *hint = room_hint(room, name);

	if (hint != NULL && hint->self)
		return true;
	return room->me == NULL &&
	    !room_is_plugin(room->session, "prpl-jabber") &&
	    occupant_is_me(room, name);
}

/* ----------------------------------------------------------------- telling */

static const char *
role_of(const struct room *room, PurpleConvChatBuddyFlags flags)
{
	if (flags & (PURPLE_CBFLAGS_OP | PURPLE_CBFLAGS_HALFOP |
	    PURPLE_CBFLAGS_FOUNDER))
		return "moderator";
	/* Who may not speak has no flag there. */
	if (!(flags & PURPLE_CBFLAGS_VOICE) &&
	    room_is_plugin(room->session, "prpl-jabber"))
		return "visitor";
	return "participant";
}

static const char *
affiliation_of(const struct room *room, const PurpleConvChatBuddy *cb)
{
	unsigned packed = GPOINTER_TO_UINT(cb->ui_data) >> 4;

	if (packed > 0 && packed < LENGTH(affiliations))
		return affiliations[packed];
	if (cb->flags & PURPLE_CBFLAGS_FOUNDER)
		return "owner";
	if (room_is_plugin(room->session, "prpl-jabber"))
		return "none";
	if (cb->flags & PURPLE_CBFLAGS_OP)
		return "admin";
	return cb->flags & (PURPLE_CBFLAGS_HALFOP | PURPLE_CBFLAGS_VOICE) ?
	    "member" : "none";
}

static const char *
show_of(const PurpleConvChatBuddy *cb)
{
	unsigned packed = GPOINTER_TO_UINT(cb->ui_data) & 15;

	if (packed > 0 && packed < LENGTH(shows))
		return shows[packed];
	return cb->flags & PURPLE_CBFLAGS_AWAY ? "away" : "online";
}

/* The id as a contact, g_free; NULL: the nick, or nobody knows. */
static char *
real_of(const struct room *room, const char *name)
{
	PurpleConnection *gc =
	    purple_account_get_connection(room->session->account);
	PurplePluginProtocolInfo *info = session_protocol(room->session);
	char *real = NULL, *slash;

	if (gc != NULL && PROTOCOL_HAS(info, get_cb_real_name))
		real = info->get_cb_real_name(gc,
		    purple_conv_chat_get_id(room_chat(room)), name);
	if (real != NULL && room_is_plugin(room->session, "prpl-jabber")) {
		slash = strchr(real, '/');
		if (slash != NULL)
			*slash = '\0';
		/* The address in the room is all it has. */
		if (strcmp(real, room_name(room)) == 0) {
			g_free(real);
			return NULL;
		}
	}
	if (real == NULL && strcmp(occupant_nick(room, name), name) != 0)
		real = g_strdup(name);
	if (real != NULL && (!g_utf8_validate(real, -1, NULL) ||
	    strlen(real) > ROOM_ID_BYTES)) {
		g_free(real);
		return NULL;
	}
	return real;
}

static void
tell(struct room *room, PurpleConvChatBuddy *cb, const char *was)
{
	const struct room_hint *hint = room_hint(room, cb->name);
	char *real = real_of(room, cb->name);
	char *status = hint != NULL && hint->status != NULL ?
	    room_text_clean(hint->status, ROOM_TEXT_BYTES) : NULL;
	struct msg_room_occupant m = {
		.user = room->session->user, .room = room->id,
		.nick = was != NULL ? was : occupant_nick(room, cb->name),
		.new_nick = was != NULL ? occupant_nick(room, cb->name) : NULL,
		.show = show_of(cb), .status = status,
		.role = role_of(room, cb->flags),
		.affiliation = affiliation_of(room, cb),
		.real = real, .self = occupant_is_me(room, cb->name),
	};

	kit_notify(METHOD_room_occupant, &m);
	free(status);
	g_free(real);
}

void
occupant_tell(struct room *room, const char *name)
{
	PurpleConvChatBuddy *cb = room_chat(room) != NULL ?
	    purple_conv_chat_cb_find(room_chat(room), name) : NULL;
	char *was;

	if (cb == NULL)
		return;
	keep_hint(room, cb);
	was = xstrdup(occupant_nick(room, name));
	if (!room->told)
		(void)name_occupant(room, cb);
	else if (name_occupant(room, cb))
		tell(room, cb, was);
	else
		tell(room, cb, NULL);
	free(was);
}

/* libpurple does not list us, or under a name that nobody can know for ours. */
static const char *
tell_made_up(struct room *room)
{
	struct msg_room_occupant m = {
		.user = room->session->user, .room = room->id,
		.show = "online", .role = "participant",
		.affiliation = "none", .self = true,
	};
	char *nick;

	if (room->me == NULL) {
		nick = room_nick_clean(room->nick);
		while (taken(room, nick, "")) {
			char *next = room_nick_numbered(nick, 2);

			free(nick);
			nick = next;
		}
		room->me = nick;
	}
	m.nick = room->me;
	kit_notify(METHOD_room_occupant, &m);
	return room->me;
}

const char *
occupants_tell(struct room *room)
{
	PurpleConvChatBuddy *me = NULL, *cb;

	for (GList *l = purple_conv_chat_get_users(room_chat(room)); l != NULL;
	    l = l->next) {
		cb = l->data;
		if (me == NULL && occupant_is_me(room, cb->name))
			me = cb;
		else
			tell(room, cb, NULL);
	}
	if (me == NULL)
		return tell_made_up(room);
	if (room->me == NULL)
		room->me = xstrdup(me->name);
	tell(room, me, NULL);
	return occupant_nick(room, me->name);
}

/* ----------------------------------------------------- operations, signals */

static void
complete(void *object)
{
	struct room *room = object;

	if (room->state == ROOM_IN && !room->told)
		room_complete(room);
}

void
room_users_added(PurpleConversation *conv, GList *buddies, gboolean arrived)
{
	struct room *room = room_of(conv);
	bool in = false;

	(void)arrived;
	if (room == NULL || room->state != ROOM_IN)
		return;
	for (GList *l = buddies; l != NULL; l = l->next) {
		PurpleConvChatBuddy *cb = l->data;

		if (cb == NULL || cb->name == NULL)
			continue;
		(void)name_occupant(room, cb);
		keep_hint(room, cb);
		if (turns_out_me(room, cb->name)) {
			xreplace(&room->me, cb->name);
			in = true;
		}
		if (room->told)
			tell(room, cb, NULL);
	}
	/* Ids get their aliases next. */
	if (in && !room->told && names_are_nicks(room))
		room_complete(room);
	else if (in && !room->told)
		later(complete, room);
}

void
room_user_renamed(PurpleConversation *conv, const char *from, const char *to,
    const char *alias)
{
	struct room *room = room_of(conv);
	PurpleConvChatBuddy *cb, *old;
	char *was;

	(void)alias;
	if (room == NULL || room->state != ROOM_IN || from == NULL ||
	    to == NULL)
		return;
	cb = purple_conv_chat_cb_find(room_chat(room), to);
	old = purple_conv_chat_cb_find(room_chat(room), from);
	if (cb == NULL)
		return;
	if (old != NULL && old != cb)
		cb->ui_data = old->ui_data;
	if (room->me != NULL && strcmp(room->me, from) == 0)
		xreplace(&room->me, to);
	was = xstrdup(occupant_nick(room, from));
	forget_alias(room, from);
	(void)name_occupant(room, cb);
	if (room->told)
		tell(room, cb, strcmp(was, occupant_nick(room, to)) != 0 ?
		    was : NULL);
	free(was);
	if (occupant_is_me(room, to) &&
	    room_awaited(room, AWAIT_NICK, NULL) != NULL)
		room_await_done(room_awaited(room, AWAIT_NICK, NULL), NULL);
}

static void
tell_gone(struct room *room, const char *name)
{
	const struct room_hint *hint = room_hint(room, name);
	char *reason = NULL, *actor = NULL;
	struct msg_room_occupant_gone m = {
		.user = room->session->user, .room = room->id,
		.nick = occupant_nick(room, name),
		.how = hint != NULL && hint->how != NULL ? hint->how : "left",
	};

	if (hint != NULL && hint->how != NULL && hint->reason != NULL)
		reason = room_text_clean(hint->reason, ROOM_TEXT_BYTES);
	else if (room->parting != NULL && *room->parting != '\0')
		reason = room_text_clean(room->parting, ROOM_TEXT_BYTES);
	if (hint != NULL && hint->actor != NULL)
		actor = room_nick_clean(hint->actor);
	m.reason = reason;
	m.actor = actor;
	kit_notify(METHOD_room_occupant_gone, &m);
	free(reason);
	free(actor);
}

static void
gone(struct room *room, const char *name)
{
	struct room_await *await;

	if (room->told)
		tell_gone(room, name);
	await = room_awaited(room, AWAIT_MODERATE, name);
	if (await != NULL)
		room_await_done(await, NULL);
	forget_alias(room, name);
}

/* Those who have not come back. */
static void
settle_cleared(void *object)
{
	struct room *room = object;

	for (GList *l = room->cleared; l != NULL; l = l->next) {
		if (room->state == ROOM_IN && room_chat(room) != NULL &&
		    purple_conv_chat_cb_find(room_chat(room), l->data) == NULL)
			gone(room, l->data);
	}
	g_list_free_full(room->cleared, g_free);
	room->cleared = NULL;
}

/* Do we go with the others, or without a word?  Then it is a plug-in that is
 * about to list all users anew. */
static bool
is_clearing(struct room *room, GList *names)
{
	for (GList *l = names; l != NULL; l = l->next) {
		if (l->data != NULL && occupant_is_me(room, l->data))
			return names->next != NULL ||
			    room_hint(room, l->data) == NULL;
	}
	return false;
}

void
room_users_removed(PurpleConversation *conv, GList *names)
{
	struct room *room = room_of(conv);
	bool clearing;

	if (room == NULL || room->state != ROOM_IN)
		return;
	clearing = room->told && is_clearing(room, names);
	if (clearing && room->cleared == NULL)
		later(settle_cleared, room);
	for (GList *l = names; l != NULL; l = l->next) {
		if (l->data == NULL)
			continue;
		if (clearing)
			room->cleared = g_list_prepend(room->cleared,
			    g_strdup(l->data));
		else
			gone(room, l->data);
	}
	xreplace(&room->parting, NULL);
}

void
room_user_updated(PurpleConversation *conv, const char *name)
{
	struct room *room = room_of(conv);
	struct room_await *await;

	if (room == NULL || room->state != ROOM_IN || name == NULL)
		return;
	occupant_tell(room, name);
	await = room_awaited(room, AWAIT_MODERATE, name);
	if (await != NULL)
		room_await_done(await, NULL);
}

/* libpurple would write "... entered the room" into it; TRUE: it does not. */
static gboolean
joining(PurpleConversation *conv, const char *name,
    PurpleConvChatBuddyFlags flags)
{
	(void)conv;
	(void)name;
	(void)flags;
	return TRUE;
}

static gboolean
leaving(PurpleConversation *conv, const char *name, const char *reason)
{
	struct room *room = room_of(conv);

	(void)name;
	if (room != NULL)
		xreplace(&room->parting, reason);
	return TRUE;
}

static void
flags_changed(PurpleConversation *conv, const char *name,
    PurpleConvChatBuddyFlags from, PurpleConvChatBuddyFlags to)
{
	struct room *room = room_of(conv);
	struct msg_chat_state_up m;

	if (room == NULL || !room->told || name == NULL ||
	    ((from ^ to) & PURPLE_CBFLAGS_TYPING) == 0)
		return;
	m = (struct msg_chat_state_up){
		.user = room->session->user, .room = room->id,
		.peer = occupant_nick(room, name),
		.state = to & PURPLE_CBFLAGS_TYPING ? "composing" : "active",
	};
	kit_notify(METHOD_chat_state_up, &m);
}

void
occupants_init(void)
{
	void *handle = purple_conversations_get_handle();

	purple_signal_connect(handle, "chat-buddy-joining", core_handle(),
	    PURPLE_CALLBACK(joining), NULL);
	purple_signal_connect(handle, "chat-buddy-leaving", core_handle(),
	    PURPLE_CALLBACK(leaving), NULL);
	purple_signal_connect(handle, "chat-buddy-flags", core_handle(),
	    PURPLE_CALLBACK(flags_changed), NULL);
	purple_prefs_set_bool("/purple/conversations/chat/show_nick_change",
	    FALSE);
}
