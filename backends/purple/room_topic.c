/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a room is about, both ways. */
#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/occupant.h"
#include "backends/purple/room.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/xalloc.h"

static void
tell(struct room *room, const char *who, const char *topic)
{
	char *subject = room_text_clean(topic ? topic : "", ROOM_TEXT_BYTES);
	char *by = room->topic_by != NULL ? room_nick_clean(room->topic_by) :
	    who != NULL && *who != '\0' ?
	    room_nick_clean(occupant_nick(room, who)) : NULL;
	struct msg_room_subject m = {
		.user = room->session->user, .room = room->id, .nick = by,
		.subject = subject, .time = room->topic_time,
	};

	kit_notify(METHOD_room_subject, &m);
	free(subject);
	free(by);
}

void
room_topic_tell(struct room *room)
{
	PurpleConvChat *chat = room_chat(room);

	tell(room, chat->who, purple_conv_chat_get_topic(chat));
}

/* Signal chat-topic-changed. */
static void
changed(PurpleConversation *conv, const char *who, const char *topic)
{
	struct room *room = room_of(conv);
	struct room_await *await;

	if (room == NULL || room->state != ROOM_IN)
		return;
	/* Those were of the one before. */
	xreplace(&room->topic_by, NULL);
	room->topic_time = 0;
	room->topic_new = true;
	if (room->told)
		tell(room, who, topic);
	await = room_awaited(room, AWAIT_SUBJECT, topic ? topic : "");
	if (await == NULL && who != NULL && occupant_is_me(room, who))
		await = room_awaited(room, AWAIT_SUBJECT, NULL);
	if (await != NULL)
		room_await_done(await, NULL);
}

void
down_room_subject(const struct kit_call *call,
    const struct msg_room_subject_set *m)
{
	struct room *room = room_for(call, m->user, m->room);
	PurplePluginProtocolInfo *info;

	if (room == NULL)
		return;
	info = session_protocol(room->session);
	if (!PROTOCOL_HAS(info, set_chat_topic)) {
		kit_error(call, ERR_NOT_SUPPORTED,
		    "this network has no topics that can be set");
		return;
	}
	if (room_await(room, AWAIT_SUBJECT, call, m->subject) == NULL)
		return;
	info->set_chat_topic(purple_conversation_get_gc(room->conv),
	    purple_conv_chat_get_id(room_chat(room)), m->subject);
}

void
room_topic_init(void)
{
	purple_signal_connect(purple_conversations_get_handle(),
	    "chat-topic-changed", core_handle(), PURPLE_CALLBACK(changed),
	    NULL);
}
