/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written into a conversation: words of an occupant, the user's own
 * coming back, or something that libpurple or a plug-in has to say. */
#include <stdlib.h>
#include <string.h>

#include "backends/purple/image.h"
#include "backends/purple/markup.h"
#include "backends/purple/occupant.h"
#include "backends/purple/room.h"
#include "backends/purple/room_hint.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/later.h"
#include "util/xalloc.h"

/* What is older than that was not said just now, whatever the plug-in says. */
#define OLD_SECONDS	60

/* --------------------------------------------------------- system messages */

static void
say_notice(struct room *room, const char *text)
{
	struct msg_message m = {
		.user = room->session->user, .from = room->id,
		.kind = "groupchat", .body = text,
	};

	if (room->wanted && *text != '\0')
		kit_notify(METHOD_message, &m);
}

char *
room_take_notice(struct room *room)
{
	char *notice = room->notice;

	room->notice = NULL;
	return notice;
}

void
room_flush_notice(struct room *room)
{
	char *notice = room_take_notice(room);

	if (notice != NULL)
		say_notice(room, notice);
	free(notice);
}

static void
flush(void *object)
{
	struct room *room = object;

	room->noticing = room->topic_new = false;
	if (room->state == ROOM_IN)
		room_flush_notice(room);
}

/* Most say in words what has just been told as a fact: who has set which
 * topic, or that the user is thrown out.  So it waits for a moment. */
static void
notice(struct room *room, const char *html)
{
	static struct markup scratch;
	const struct room_hint *hint = room_hint(room, NULL);
	bool known = room->topic_new || (hint != NULL && hint->hush);

	room->topic_new = false;
	if (known)
		return;
	room_flush_notice(room);
	markup_read(&scratch, html);
	room->notice = room_text_clean(buf_data(&scratch.plain),
	    ROOM_TEXT_BYTES);
	if (!room->noticing)
		later(flush, room);
	room->noticing = true;
}

/* ---------------------------------------------------------------- messages */

static int64_t
time_of(PurpleMessageFlags flags, time_t when)
{
	if (when <= 0 || (!(flags & PURPLE_MESSAGE_DELAYED) &&
	    when >= time(NULL) - OLD_SECONDS))
		return 0;
	return (int64_t)when * 1000;
}

static void
message(struct room *room, const char *who, const struct markup *text,
    PurpleMessageFlags flags, time_t when)
{
	const struct room_hint *hint = room_hint(room, who);
	char *nick = room_nick_clean(occupant_nick(room, who));
	struct msg_message m = {
		.user = room->session->user, .from = room->id,
		.kind = flags & PURPLE_MESSAGE_WHISPER ? "private" :
		    "groupchat",
		.nick = nick, .body = buf_data(&text->plain),
		.xhtml = *buf_data(&text->xhtml) ? buf_data(&text->xhtml) :
		    NULL,
		.id = hint != NULL ? hint->id : NULL,
		.time = time_of(flags, when),
	};

	if (*m.body != '\0')
		kit_notify(METHOD_message, &m);
	image_tell(&m, text);
	free(nick);
}

void
room_wrote(PurpleConversation *conv, const char *who, const char *html,
    PurpleMessageFlags flags, time_t when)
{
	struct room *room = room_of(conv);
	static struct markup text;
	const struct room_hint *hint;
	bool own;

	if (room == NULL || room->state != ROOM_IN || !room->wanted ||
	    html == NULL || (flags & PURPLE_MESSAGE_INVISIBLE))
		return;
	if (who == NULL || *who == '\0' || (flags &
	    (PURPLE_MESSAGE_SYSTEM | PURPLE_MESSAGE_ERROR))) {
		notice(room, html);
		return;
	}
	own = occupant_is_me(room, who);
	if (own && room->speaking) {
		room->spoken = true;
		return;
	}
	markup_read(&text, html);
	hint = room_hint(room, who);
	if (own && !(flags & PURPLE_MESSAGE_DELAYED) && room_heard_echo(room,
	    buf_data(&text.plain), hint ? hint->id : NULL,
	    hint ? hint->sent_id : NULL))
		return;
	room_flush_notice(room);
	message(room, who, &text, flags, when);
}
