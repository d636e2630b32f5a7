/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From room_join to the answer: what a plug-in has to be given to enter a
 * room, and how it says that it has, or has not. */
#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/invite.h"
#include "backends/purple/occupant.h"
#include "backends/purple/room.h"
#include "backends/purple/room_hint.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/buf.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* A plug-in that does not list the user among the users is waited for no
 * longer than this. */
#define SELF_TIMEOUT_MS	2000

/* -------------------------------------------------------------- components */

static void
copy_component(gpointer key, gpointer value, gpointer to)
{
	if (key != NULL && value != NULL)
		g_hash_table_replace(to, g_strdup(key), g_strdup(value));
}

static GHashTable *
components_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

GHashTable *
room_components_copy(GHashTable *from)
{
	GHashTable *to = components_new();

	g_hash_table_foreach(from, copy_component, to);
	return to;
}

char *
room_components_name(const struct session *s, GHashTable *components)
{
	PurplePluginProtocolInfo *info = session_protocol(s);

	return PROTOCOL_HAS(info, get_chat_name) ?
	    info->get_chat_name(components) : NULL;
}

static const char *
component(GHashTable *components, const char *key)
{
	const char *value = g_hash_table_lookup(components, key);

	return value != NULL && *value != '\0' ? value : NULL;
}

static void
set(GHashTable *components, const char *key, const char *value)
{
	g_hash_table_replace(components, g_strdup(key), g_strdup(value));
}

/* "_Room:" is a label of a dialog. */
static void
add_label(struct buf *b, const char *label)
{
	buf_adds(b, buf_len(b) > 0 ? ", " : "");
	for (; *label != '\0'; label++) {
		if (*label != '_' && *label != ':')
			buf_addc(b, *label);
	}
}

static bool
is_nick(const char *key)
{
	return strcmp(key, "handle") == 0 || strcmp(key, "nick") == 0 ||
	    strcmp(key, "nickname") == 0;
}

/* One row of what the plug-in's dialog would ask for.  Returns whether it is
 * needed and not there. */
static bool
fill(const struct room *room, GHashTable *components,
    const struct proto_chat_entry *entry)
{
	const char *key = entry->identifier;
	char number[24];

	if (is_nick(key))
		set(components, key, room->nick);
	if (room->password != NULL && (entry->secret ||
	    strcmp(key, "password") == 0))
		set(components, key, room->password);
	if (entry->is_int && component(components, key) == NULL) {
		snprintf(number, sizeof(number), "%d", entry->min);
		set(components, key, number);
	}
	return entry->required && component(components, key) == NULL;
}

/* Returns 0, or -1 and what is missing. */
static int
fill_all(const struct room *room, GHashTable *components, GList *entries,
    char **why)
{
	const char *only = NULL;
	struct buf labels = { 0 };
	unsigned missing = 0;
	char *text, *name;

	for (GList *l = entries; l != NULL; l = l->next) {
		const struct proto_chat_entry *entry = l->data;

		if (entry->identifier == NULL ||
		    !fill(room, components, entry))
			continue;
		missing++;
		only = entry->identifier;
		add_label(&labels, entry->label ? entry->label :
		    entry->identifier);
	}
	/* The one thing that is needed is the name of the room. */
	name = missing == 1 && g_hash_table_size(components) > 0 ?
	    room_components_name(room->session, components) : NULL;
	if (missing == 1 && name == NULL) {
		set(components, only, room->id);
		missing = 0;
	}
	g_free(name);
	text = buf_steal(&labels);
	if (missing > 0)
		*why = xasprintf("the name of the room must say more, as the "
		    "network wants to know: %s", text);
	free(text);
	return missing > 0 ? -1 : 0;
}

static GHashTable *
known_components(struct room *room, PurpleConnection *gc,
    PurplePluginProtocolInfo *info)
{
	GHashTable *known = invite_take(room->session, room->id), *copy;
	PurpleChat *chat;

	if (known != NULL)
		return known;
	chat = purple_blist_find_chat(room->session->account, room->id);
	if (chat != NULL && purple_chat_get_components(chat) != NULL)
		return room_components_copy(purple_chat_get_components(chat));
	known = PROTOCOL_HAS(info, chat_info_defaults) ?
	    info->chat_info_defaults(gc, room->id) : NULL;
	if (known == NULL)
		return components_new();
	copy = room_components_copy(known);
	g_hash_table_destroy(known);
	return copy;
}

static GHashTable *
components_for(struct room *room, PurpleConnection *gc, char **why)
{
	PurplePluginProtocolInfo *info = session_protocol(room->session);
	GHashTable *components = known_components(room, gc, info);
	GList *entries = PROTOCOL_HAS(info, chat_info) ?
	    info->chat_info(gc) : NULL;
	char number[24];
	int r = fill_all(room, components, entries, why);

	g_list_free_full(entries, g_free);
	if (r < 0) {
		g_hash_table_destroy(components);
		return NULL;
	}
	if (room->history >= 0 &&
	    room_is_plugin(room->session, "prpl-jabber")) {
		snprintf(number, sizeof(number), "%lld",
		    (long long)room->history);
		set(components, "history_maxstanzas", number);
	}
	return components;
}

/* ---------------------------------------------------------------- failures */

/* The plug-in has said all it has to say. */
static void
settle(void *object)
{
	struct room *room = object;
	const char *code = room->failed;
	char *text;

	room->settling = false;
	if (room->state == ROOM_IN || room->state == ROOM_OUT)
		return;
	if (code == NULL)
		code = room_failure(room->why);
	text = room->why != NULL ? room_text_clean(room->why, 1000) : NULL;
	room_remove(room, code ? code : ERR_NETWORK, text);
	free(text);
}

void
room_join_failed(struct room *room, const char *code, const char *text)
{
	if (room->state != ROOM_JOINING)
		return;
	if (room->failed == NULL)
		room->failed = code;
	if (room->why == NULL && text != NULL && *text != '\0')
		xreplace(&room->why, text);
	if (room->settling)
		return;
	room->settling = true;
	later(settle, room);
}

static gboolean
timed_out(gpointer data)
{
	struct room *room = data;

	room->timer = 0;
	if (room->state == ROOM_LEAVING) {
		kit_error(&room->join, ERR_TIMEOUT, "the network has not yet "
		    "confirmed that the room was left");
		room->asked = false;
		return G_SOURCE_REMOVE;
	}
	/* What it said meanwhile may be about this. */
	kit_error(&room->join, room_failure(room->why) != NULL ?
	    room_failure(room->why) : ERR_TIMEOUT, room->why != NULL ?
	    room->why : "the network does not answer");
	room->asked = false;
	room_abandon(room);
	return G_SOURCE_REMOVE;
}

/* ------------------------------------------------------------- being asked */

void
room_join_now(struct room *room)
{
	PurpleConnection *gc =
	    purple_account_get_connection(room->session->account);
	char *why = NULL;

	room->state = ROOM_JOINING;
	room_set_timer(room, 1000 * ROOM_JOIN_TIMEOUT, timed_out);
	/* Those of the time before, when the room has been left. */
	if (room->components != NULL)
		g_hash_table_destroy(room->components);
	room->components = gc != NULL ? components_for(room, gc, &why) : NULL;
	free(room->password);
	room->password = NULL;
	if (room->components == NULL)
		room_join_failed(room, gc != NULL ? ERR_NOT_ACCEPTABLE :
		    ERR_NOT_CONNECTED, why);
	else
		serv_join_chat(gc, room->components);
	free(why);
}

/* The room that is meant, perhaps a new one; NULL: the answer is given. */
static struct room *
choose(struct session *s, const struct kit_call *call, const char *id)
{
	PurplePluginProtocolInfo *info = session_protocol(s);
	struct room *room = room_find(s, id);

	if (room != NULL)
		return room;
	if (!PROTOCOL_HAS(info, join_chat)) {
		kit_error(call, ERR_NOT_SUPPORTED, "this network has no rooms");
		return NULL;
	}
	if (*id == '\0' || strlen(id) > ROOM_ID_BYTES) {
		kit_error(call, ERR_NOT_ACCEPTABLE, "not the name of a room");
		return NULL;
	}
	room = room_named(s, id);
	if (room != NULL && room->wanted) {
		kit_error(call, ERR_NOT_ALLOWED,
		    "you are in this room already, under another name");
		return NULL;
	}
	if (room != NULL) {
		map_remove(&s->rooms->table, room->id);
		xreplace(&room->id, id);
		map_put(&s->rooms->table, room->id, room);
		return room;
	}
	room = room_new(s, id);
	if (room == NULL)
		kit_error(call, ERR_NOT_ALLOWED, "too many rooms");
	return room;
}

void
down_room_join(const struct kit_call *call, const struct msg_room_join *m)
{
	struct session *s = session_for(call, m->user);
	struct room *room = s != NULL ? choose(s, call, m->room) : NULL;

	if (room == NULL)
		return;
	/* The newest request is the one whose client still waits. */
	if (room->asked)
		kit_error(&room->join, ERR_CONFLICT, "joined again meanwhile");
	room->join = *call;
	room->asked = room->wanted = true;
	room->abandoned = false;
	room->history = m->history;
	xreplace(&room->nick, m->nick);
	xreplace(&room->password, m->password);
	if (room->state == ROOM_IN && room->ready)
		room_complete(room);
	else if (room->state == ROOM_JOINING && room->components == NULL)
		room_join_now(room);
	else if (room->state != ROOM_IN)
		room_set_timer(room, 1000 * ROOM_JOIN_TIMEOUT, timed_out);
}

/* ---------------------------------------------------------------- being in */

static bool
same_name(const struct session *s, const char *a, const char *b)
{
	char *folded = g_strdup(purple_normalize(s->account, a));
	bool same = strcmp(folded, purple_normalize(s->account, b)) == 0;

	g_free(folded);
	return same;
}

static bool
is_called(const struct room *room, const char *name)
{
	char *called = room_components_name(room->session, room->components);
	bool same = (called != NULL &&
	    same_name(room->session, called, name)) ||
	    same_name(room->session, room->id, name);

	g_free(called);
	return same;
}

struct room *
room_joining(const struct session *s, const char *name)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&s->rooms->table, &at)) != NULL) {
		if (room->state == ROOM_JOINING && room->components != NULL &&
		    is_called(room, name))
			return room;
	}
	return NULL;
}

/* The join that this conversation, or these components, are the answer to: by
 * the name, or because there is only one. */
static struct room *
pending(const struct session *s, const char *name)
{
	struct room *room = name != NULL ? room_joining(s, name) : NULL;
	struct room *only = NULL;
	unsigned joining = 0;
	size_t at = 0;

	if (room != NULL)
		return room;
	while ((room = map_next(&s->rooms->table, &at)) != NULL) {
		if (room->state != ROOM_JOINING || room->components == NULL)
			continue;
		joining++;
		only = room;
	}
	return joining == 1 ? only : NULL;
}

void
room_created(PurpleConversation *conv)
{
	struct session *s = session_of(purple_conversation_get_account(conv));
	const char *name = purple_conversation_get_name(conv);
	struct room *room;
	char *id;

	if (s == NULL || name == NULL)
		return;
	room = pending(s, name);
	if (room == NULL) {
		id = room_text_clean(name, ROOM_ID_BYTES);
		room = room_find(s, id) == NULL ? room_new(s, id) : NULL;
		free(id);
	}
	if (room == NULL) {
		log_info("%s: a room too many: %s", s->user, name);
		return;
	}
	room->state = ROOM_IN;
	room->conv = conv;
	conv->ui_data = room;
}

static gboolean
no_self(gpointer data)
{
	struct room *room = data;

	room->timer = 0;
	room_complete(room);
	return G_SOURCE_REMOVE;
}

/* Signal chat-joined. */
static void
joined(PurpleConversation *conv)
{
	struct room *room = room_of(conv);
	struct msg_room_invited m;

	if (room == NULL || room->state != ROOM_IN)
		return;
	if (room->abandoned) {
		room_leave_later(room);
		return;
	}
	room_set_timer(room, SELF_TIMEOUT_MS, no_self);
	if (room->wanted)
		return;
	m = (struct msg_room_invited){
		.user = room->session->user, .room = room->id,
		.reason = "the network has put you into this room",
	};
	kit_notify(METHOD_room_invited, &m);
}

/* For humans; NULL: nothing better than the id. */
static const char *
title_of(const struct room *room)
{
	PurpleChat *chat = purple_blist_find_chat(room->session->account,
	    room_name(room));
	const char *title = chat != NULL ? purple_chat_get_name(chat) : NULL;

	if (title == NULL || strcmp(title, room_name(room)) == 0)
		title = purple_conversation_get_title(room->conv);
	if (title == NULL || *title == '\0' ||
	    strcmp(title, room_name(room)) == 0)
		return NULL;
	return title;
}

void
room_complete(struct room *room)
{
	struct msg_room_join_result result = { 0 };
	struct kit_call join = room->join;
	const char *title;
	char *name;

	room->ready = true;
	room_set_timer(room, 0, NULL);
	if (!room->wanted)
		return;
	room->told = true;
	result.nick = occupants_tell(room);
	result.created = room->created;
	title = title_of(room);
	name = title != NULL ? room_text_clean(title, ROOM_ID_BYTES) : NULL;
	result.name = name;
	if (room->asked)
		kit_reply(&join, &result);
	room->asked = room->created = false;
	free(name);
	/* There it always comes by itself. */
	if (purple_conv_chat_get_topic(room_chat(room)) != NULL ||
	    !room_is_plugin(room->session, "prpl-jabber"))
		room_topic_tell(room);
}

/* Signal chat-join-failed. */
static void
join_failed(PurpleConnection *gc, GHashTable *components)
{
	struct session *s = session_of_connection(gc);
	char *name = s != NULL && components != NULL ?
	    room_components_name(s, components) : NULL;
	struct room *room = s != NULL ? pending(s, name) : NULL;

	g_free(name);
	if (room != NULL)
		room_join_failed(room, NULL, NULL);
}

static bool
names(const char *const *texts, size_t n, const char *name)
{
	bool found = false;

	for (size_t i = 0; name != NULL && i < n; i++)
		found |= texts[i] != NULL && room_text_names(texts[i], name);
	return found;
}

/* The joins that it is about; those that it may be about keep it as what was
 * said last. */
static bool
fail_joins(const struct session *s, const char *const *texts, size_t n,
    const char *all)
{
	bool named, about = false;
	struct room *room;
	size_t at = 0;
	char *called;

	while ((room = map_next(&s->rooms->table, &at)) != NULL) {
		if (room->state != ROOM_JOINING || room->components == NULL)
			continue;
		called = room_components_name(s, room->components);
		named = room->settling || names(texts, n, room->id) ||
		    names(texts, n, called);
		g_free(called);
		if (named)
			room_join_failed(room, NULL, all);
		else
			xreplace(&room->why, all);
		about |= named;
	}
	return about;
}

bool
room_notified(const struct session *s, const char *title, const char *primary,
    const char *secondary)
{
	const char *const texts[] = { title, primary, secondary };
	char *all;
	bool about;

	/* The request that it answers has been answered. */
	if (room_hint_hushed(purple_account_get_connection(s->account)))
		return true;
	all = xasprintf("%s%s%s", primary ? primary : title ? title : "",
	    secondary ? ": " : "", secondary ? secondary : "");
	about = fail_joins(s, texts, LENGTH(texts), all) ||
	    room_list_notified(s, all);
	free(all);
	return about;
}

void
room_join_init(void)
{
	void *handle = purple_conversations_get_handle();

	purple_signal_connect(handle, "chat-joined", core_handle(),
	    PURPLE_CALLBACK(joined), NULL);
	purple_signal_connect(handle, "chat-join-failed", core_handle(),
	    PURPLE_CALLBACK(join_failed), NULL);
}
