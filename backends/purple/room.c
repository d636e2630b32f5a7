/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rooms has a session, and which conversation is which room?  How one
 * begins is in room_join.c; here is how it ends. */
#include "backends/purple/room.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/invite.h"
#include "backends/purple/occupant.h"
#include "backends/purple/room_hint.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* ----------------------------------------------------------------- finding */

struct room *
room_find(const struct session *s, const char *id)
{
	return map_get(&s->rooms->table, id);
}

struct room *
room_of(const PurpleConversation *conv)
{
	if (conv == NULL ||
	    purple_conversation_get_type(conv) != PURPLE_CONV_TYPE_CHAT)
		return NULL;
	return conv->ui_data;
}

struct room *
room_named(const struct session *s, const char *name)
{
	return room_of(purple_find_conversation_with_account(
	    PURPLE_CONV_TYPE_CHAT, name, s->account));
}

PurpleConvChat *
room_chat(const struct room *room)
{
	return room->conv != NULL ? PURPLE_CONV_CHAT(room->conv) : NULL;
}

const char *
room_name(const struct room *room)
{
	const char *name = room->conv != NULL ?
	    purple_conversation_get_name(room->conv) : NULL;

	return name != NULL ? name : room->id;
}

bool
room_is_plugin(const struct session *s, const char *id)
{
	return strcmp(purple_account_get_protocol_id(s->account), id) == 0;
}

struct room *
room_for(const struct kit_call *call, const char *user, const char *id)
{
	struct session *s = session_for(call, user);
	struct room *room;

	if (s == NULL)
		return NULL;
	room = room_find(s, id);
	if (room != NULL && room->state == ROOM_IN && room->conv != NULL)
		return room;
	kit_error(call, ERR_NOT_FOUND, "you are not in this room");
	return NULL;
}

/* ------------------------------------------------------------- life, death */

struct room *
room_new(struct session *s, const char *id)
{
	struct room *room;

	if (map_count(&s->rooms->table) >= ROOMS_MAX)
		return NULL;
	room = xcalloc(1, sizeof(*room));
	room->session = s;
	room->id = xstrdup(id);
	TAILQ_INIT(&room->awaits);
	map_put(&s->rooms->table, room->id, room);
	return room;
}

void
room_set_timer(struct room *room, unsigned ms, GSourceFunc fired)
{
	if (room->timer != 0)
		g_source_remove(room->timer);
	room->timer = ms > 0 ? g_timeout_add(ms, fired, room) : 0;
}

static void
free_room(void *object)
{
	struct room *room = object;

	free(room->id);
	free(room->nick);
	free(room->password);
	free(room->why);
	free(room->me);
	free(room->notice);
	free(room->parting);
	free(room->topic_by);
	if (room->components != NULL)
		g_hash_table_destroy(room->components);
	free(room);
}

/* A conversation of libpurple takes its room with it, so first things first:
 * the plug-in may be told now, or later if this is inside of it. */
static void
let_go(struct room *room)
{
	PurpleConversation *conv = room->conv;

	if (conv == NULL)
		return;
	room->conv = NULL;
	conv->ui_data = NULL;
}

void
room_remove(struct room *room, const char *code, const char *text)
{
	if (room->state == ROOM_OUT)
		return;
	room->state = ROOM_OUT;
	map_remove(&room->session->rooms->table, room->id);
	room_set_timer(room, 0, NULL);
	if (room->asked)
		kit_error(&room->join, code, text);
	room->asked = false;
	room_await_finish(room, code, text);
	occupants_finish(room);
	let_go(room);
	later(free_room, room);
}

/* The conversation of a room that is over: nothing in it is of use, and the
 * plug-in is still working with it. */
static void
destroy_conversation(void *object)
{
	PurpleConversation *conv = object;

	/* It may be gone meanwhile, and its memory be another's. */
	if (g_list_find(purple_get_chats(), conv) != NULL &&
	    conv->ui_data == NULL)
		purple_conversation_destroy(conv);
}

void
room_close(struct room *room, const char *reason)
{
	PurpleConversation *conv = room->conv;
	struct msg_room_closed m = {
		.user = room->session->user, .room = room->id,
		.reason = reason,
	};

	if (room->wanted && !room->asked)
		kit_notify(METHOD_room_closed, &m);
	room_remove(room, ERR_NETWORK, reason ? reason :
	    "the room has been closed");
	if (conv != NULL)
		later(destroy_conversation, conv);
}

/* ----------------------------------------------------------------- leaving */

/* libpurple has no words for the way out; but prpl-irc has a command. */
static void
part_irc(struct room *room, const char *reason)
{
	char *words, *line, *markup, *why = NULL;

	if (reason == NULL || *reason == '\0')
		return;
	words = room_text_clean(reason, 300);
	for (char *p = words; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ')
			*p = ' ';
	}
	line = xasprintf("part %s %s", room_name(room), words);
	markup = g_markup_escape_text(line, -1);
	(void)purple_cmd_do_command(room->conv, line, markup, &why);
	g_free(why);
	g_free(markup);
	free(line);
	free(words);
}

static gboolean
never_came(gpointer data)
{
	struct room *room = data;

	room->timer = 0;
	room_remove(room, ERR_TIMEOUT, "the network does not answer");
	return G_SOURCE_REMOVE;
}

/* libpurple cannot do it: when the join succeeds, the room is left. */
void
room_abandon(struct room *room)
{
	if (room->asked)
		kit_error(&room->join, ERR_CONFLICT,
		    "the room was left meanwhile");
	room->asked = room->wanted = false;
	room->abandoned = true;
	room_set_timer(room, 2 * 1000 * ROOM_JOIN_TIMEOUT, never_came);
}

/* prpl-jabber keeps what it has of a room, with a pointer to the conversation,
 * until the server has confirmed: it uses the one for whoever comes in between,
 * and takes no new join before. */
static void
linger(struct room *room, const char *reason)
{
	char *words = reason != NULL ? room_text_clean(reason, 300) : NULL;

	room->state = ROOM_LEAVING;
	room->wanted = room->told = room->ready = false;
	room_set_timer(room, 0, NULL);
	room_await_finish(room, ERR_CONFLICT, "the room was left meanwhile");
	occupants_finish(room);
	room_jabber_leave(purple_conversation_get_gc(room->conv),
	    purple_conv_chat_get_id(room_chat(room)), words);
	free(words);
}

static void
leave(struct room *room, const char *reason)
{
	PurpleConversation *conv = room->conv;
	PurpleConnection *gc;

	if (conv == NULL) {
		room_abandon(room);
		return;
	}
	gc = purple_conversation_get_gc(conv);
	if (gc != NULL && !purple_conv_chat_has_left(room_chat(room))) {
		if (room_is_plugin(room->session, "prpl-jabber")) {
			linger(room, reason);
			return;
		}
		if (room_is_plugin(room->session, "prpl-irc"))
			part_irc(room, reason);
	}
	room_remove(room, ERR_CONFLICT, "the room was left meanwhile");
	purple_conversation_destroy(conv);
}

/* The plug-in still handles what says so. */
static void
leave_finished(void *object)
{
	struct room *room = object;
	PurpleConversation *conv = room->conv;

	if (room->state != ROOM_LEAVING)
		return;
	if (!room->asked)
		room_remove(room, ERR_CONFLICT, NULL);
	else
		let_go(room);
	if (conv != NULL)
		purple_conversation_destroy(conv);
	if (room->asked)
		room_join_now(room);
}

void
room_left(struct room *room)
{
	if (room->state == ROOM_LEAVING)
		later(leave_finished, room);
}

static void
leave_now(void *object)
{
	struct room *room = object;

	if (room->state == ROOM_IN)
		leave(room, NULL);
}

void
room_leave_later(struct room *room)
{
	later(leave_now, room);
}

void
down_room_leave(const struct kit_call *call, const struct msg_room_leave *m)
{
	struct session *s = session_find(m->user);
	struct room *room = s != NULL ? room_find(s, m->room) : NULL;

	if (room != NULL && room->state != ROOM_LEAVING) {
		leave(room, m->reason);
	} else if (room != NULL && room->asked) {
		/* A join that waits behind an earlier leave. */
		kit_error(&room->join, ERR_CONFLICT,
		    "the room was left meanwhile");
		room->asked = false;
	}
	kit_reply(call, NULL);
}

/* ------------------------------------------------------------- the network */

/* Is it the user who was thrown out, and by whom? */
static bool
tell_ejected(const struct room *room, const char *reason)
{
	const struct room_hint *hint = room_hint(room, NULL);
	char *why = NULL, *actor = NULL;
	struct msg_room_occupant_gone m = {
		.user = room->session->user, .room = room->id,
	};

	if (!room->told || room->me == NULL || hint == NULL ||
	    hint->name == NULL || !occupant_is_me(room, hint->name) ||
	    hint->how == NULL || strcmp(hint->how, "left") == 0)
		return false;
	m.nick = occupant_nick(room, room->me);
	m.how = hint->how;
	if (hint->reason != NULL)
		reason = why = room_text_clean(hint->reason, ROOM_TEXT_BYTES);
	if (hint->actor != NULL)
		actor = room_nick_clean(hint->actor);
	m.reason = reason;
	m.actor = actor;
	kit_notify(METHOD_room_occupant_gone, &m);
	free(why);
	free(actor);
	return true;
}

/* Signal chat-left: perhaps because we said so. */
static void
chat_left(PurpleConversation *conv)
{
	struct room *room = room_of(conv);
	char *notice;

	if (room == NULL || room->state != ROOM_IN)
		return;
	notice = room_take_notice(room);
	if (room->wanted && !room->asked && tell_ejected(room, notice))
		room->wanted = false;
	room_close(room, notice);
	free(notice);
}

void
room_destroyed(PurpleConversation *conv)
{
	struct room *room = conv->ui_data;

	if (room == NULL)
		return;
	room->conv = NULL;
	conv->ui_data = NULL;
	if (room->state == ROOM_IN)
		room_close(room, NULL);
	else if (room->state == ROOM_LEAVING && !room->asked)
		room_remove(room, ERR_CONFLICT, NULL);
}

/* ------------------------------------------------------------------ module */

static void
init(void)
{
	room_join_init();
	room_topic_init();
	room_list_init();
	room_jabber_init();
	room_irc_init();
	occupants_init();
	invites_init();
	purple_signal_connect(purple_conversations_get_handle(), "chat-left",
	    core_handle(), PURPLE_CALLBACK(chat_left), NULL);
}

static void
begin(struct session *s)
{
	s->rooms = xcalloc(1, sizeof(*s->rooms));
}

static void
end(struct session *s)
{
	struct room *room;
	size_t at = 0;

	while ((room = map_next(&s->rooms->table, &at)) != NULL)
		room_remove(room, ERR_NETWORK, "the connection is closed");
	map_finish(&s->rooms->table);
	room_list_finish(s);
	invites_finish(s);
	room_privates_finish(s);
	room_hint_forget(purple_account_get_connection(s->account));
	/* What callbacks of this turn still look into. */
	later_free(s->rooms);
}

const struct module rooms_module = {
	.init = init, .begin = begin, .end = end,
};
