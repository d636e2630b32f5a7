/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user says in a room, to all or to one.
 *
 * A plug-in shows the user's words at once (irc, discord), or the network sends
 * them back (jabber), or neither; libpurple does not say which.  The main
 * process shows them when the request is answered, and never gets an echo: so
 * the answer waits for it, for a while. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/conversation.h"
#include "backends/purple/markup.h"
#include "backends/purple/occupant.h"
#include "backends/purple/room.h"
#include "backends/purple/room_state.h"
#include "backends/purple/send.h"
#include "util/xalloc.h"

#define ECHO_SECONDS	5	/* no longer is an answer held back */
#define ECHO_LATE	60	/* and an echo that comes until then is one */
#define PRIVATES_MAX	200	/* of a session */

/* ------------------------------------------------------------- to everyone */

static PurpleConnection *sending;	/* inside chat_send of this one */
static char *sending_as;

void
room_sending_as(PurpleConnection *gc, const char *id)
{
	if (gc == sending && gc != NULL)
		xreplace(&sending_as, id);
}

static void
refuse(const struct kit_call *call, int error)
{
	switch (-error) {
	case E2BIG:
	case EMSGSIZE:
		kit_error(call, ERR_TOO_LONG, NULL);
		break;
	case ENOTCONN:
		kit_error(call, ERR_NOT_CONNECTED, NULL);
		break;
	case EPERM:
	case EACCES:
		kit_error(call, ERR_FORBIDDEN, NULL);
		break;
	default:
		kit_error(call, ERR_NETWORK,
		    "the message could not be sent");
	}
}

static gboolean
too_late(gpointer data)
{
	struct room_await *await = data;

	await->timer = 0;
	room_await_done(await, NULL);
	return G_SOURCE_REMOVE;
}

/* It seems that none comes: show it.  But one may, which is not to be shown a
 * second time. */
static gboolean
no_echo(gpointer data)
{
	struct room_await *await = data;
	struct msg_send_result result = { 0 };

	/* There the network would have answered. */
	if (room_is_plugin(await->room->session, "prpl-jabber")) {
		await->timer = 0;
		room_await_failed(await, ERR_UNCERTAIN,
		    "the network does not answer");
		return G_SOURCE_REMOVE;
	}
	kit_reply(&await->call, &result);
	await->answered = true;
	await->timer = g_timeout_add_seconds(ECHO_LATE, too_late, await);
	return G_SOURCE_REMOVE;
}

/* By its id where there is one, else by its words; older ones that have been
 * overtaken go on waiting. */
bool
room_heard_echo(struct room *room, const char *text, const char *id,
    const char *sent_id)
{
	struct msg_send_result result = { 0 };
	struct room_await *await;

	TAILQ_FOREACH(await, &room->awaits, entry) {
		if (await->kind != AWAIT_ECHO)
			continue;
		if (await->id != NULL && sent_id != NULL ?
		    strcmp(await->id, sent_id) == 0 :
		    strcmp(await->about, text) == 0)
			break;
	}
	if (await == NULL)
		return false;
	if (id != NULL)
		result.ids = (struct strs){ &id, 1 };
	room_await_done(await, &result);
	return true;
}

static void
await_echo(struct room *room, const struct kit_call *call, const char *html,
    unsigned seconds)
{
	static struct markup text;
	struct room_await *await;

	markup_read(&text, html);
	await = room_await(room, AWAIT_ECHO, call, buf_data(&text.plain));
	if (await == NULL)
		return;
	await->id = sending_as;
	sending_as = NULL;
	g_source_remove(await->timer);
	await->timer = g_timeout_add_seconds(seconds, no_echo, await);
}

static void
say_to_all(const struct kit_call *call, const struct msg_send *m,
    const char *html)
{
	struct room *room = room_for(call, m->user, m->to);
	struct msg_send_result result = { 0 };
	int error;

	if (room == NULL)
		return;
	room->speaking = true;
	room->spoken = false;
	sending = purple_conversation_get_gc(room->conv);
	error = send_action(room->conv, m->body) ? 0 : serv_chat_send(sending,
	    purple_conv_chat_get_id(room_chat(room)), html,
	    PURPLE_MESSAGE_SEND);
	sending = NULL;
	room->speaking = false;
	if (error < 0)
		refuse(call, error);
	else if (room->spoken)
		kit_reply(call, &result);
	else if (room->state != ROOM_IN)
		kit_error(call, ERR_UNCERTAIN, "the room was left meanwhile");
	else
		await_echo(room, call, html, room_is_plugin(room->session,
		    "prpl-jabber") ? ROOM_ANSWER_TIMEOUT : ECHO_SECONDS);
	free(sending_as);
	sending_as = NULL;
}

/* -------------------------------------------------------------- to one of them
 * Who was written to from a room and answers, answers there. */

struct private_peer {
	char	*name;		/* key, as libpurple folds it */
	char	*room;		/* id */
	char	*nick;
};

static void
peer_free(struct private_peer *p)
{
	free(p->name);
	free(p->room);
	free(p->nick);
	free(p);
}

void
room_privates_finish(struct session *s)
{
	struct private_peer *p;
	size_t at = 0;

	while ((p = map_next(&s->rooms->privates, &at)) != NULL)
		peer_free(p);
	map_finish(&s->rooms->privates);
}

static void
note_private(struct session *s, const char *name, const char *room,
    const char *nick)
{
	const char *folded = purple_normalize(s->account, name);
	struct private_peer *p = map_get(&s->rooms->privates, folded);
	size_t at = 0;

	if (p == NULL) {
		if (map_count(&s->rooms->privates) >= PRIVATES_MAX &&
		    (p = map_next(&s->rooms->privates, &at)) != NULL) {
			map_remove(&s->rooms->privates, p->name);
			peer_free(p);
		}
		p = xcalloc(1, sizeof(*p));
		p->name = xstrdup(folded);
		map_put(&s->rooms->privates, p->name, p);
	}
	xreplace(&p->room, room);
	xreplace(&p->nick, nick);
}

void
room_speaks_directly(struct session *s, const char *who)
{
	struct private_peer *p = map_remove(&s->rooms->privates,
	    purple_normalize(s->account, who));

	if (p != NULL)
		peer_free(p);
}

/* The address of an occupant of a MUC. */
static bool
private_jabber(struct session *s, const char *who, const char **id,
    const char **nick)
{
	const char *slash = strchr(who, '/');
	struct room *room;
	char *bare;

	if (slash == NULL || !room_is_plugin(s, "prpl-jabber"))
		return false;
	bare = xstrndup(who, (size_t)(slash - who));
	room = room_named(s, bare);
	free(bare);
	if (room == NULL || room->state != ROOM_IN || !room->wanted)
		return false;
	*id = room->id;
	*nick = occupant_nick(room, slash + 1);
	return true;
}

bool
room_private(struct session *s, const char *who, const char **room,
    const char **nick)
{
	const struct private_peer *p;
	const struct room *in;

	if (private_jabber(s, who, room, nick))
		return true;
	p = map_get(&s->rooms->privates, purple_normalize(s->account, who));
	in = p != NULL ? room_find(s, p->room) : NULL;
	if (in == NULL || in->state != ROOM_IN || !in->told ||
	    occupant_name(in, p->nick) == NULL)
		return false;
	*room = in->id;
	*nick = p->nick;
	return true;
}

static char *
contact_of(struct room *room, const char *name)
{
	PurpleConnection *gc = purple_conversation_get_gc(room->conv);
	PurplePluginProtocolInfo *info = session_protocol(room->session);
	char *real = NULL, *copy;

	if (room_is_plugin(room->session, "prpl-jabber"))
		return xasprintf("%s/%s", room_name(room), name);
	if (PROTOCOL_HAS(info, get_cb_real_name))
		real = info->get_cb_real_name(gc,
		    purple_conv_chat_get_id(room_chat(room)), name);
	copy = xstrdup(real != NULL ? real : name);
	g_free(real);
	return copy;
}

char *
room_contact(struct session *s, const char *id, const char *nick)
{
	struct room *room = room_find(s, id);
	const char *name = room != NULL && room->state == ROOM_IN ?
	    occupant_name(room, nick) : NULL;

	return name != NULL ? contact_of(room, name) : NULL;
}

static void
say_to_one(const struct kit_call *call, const struct msg_send *m,
    const char *html)
{
	struct room *room = room_for(call, m->user, m->room ? m->room : "");
	PurplePluginProtocolInfo *info;
	struct msg_send_result result = { 0 };
	PurpleConversation *conv;
	PurpleConnection *gc;
	const char *name;
	char *to;
	int error = 0;

	if (room == NULL)
		return;
	name = occupant_name(room, m->to);
	if (name == NULL) {
		kit_error(call, ERR_NOT_FOUND, "nobody has this nick here");
		return;
	}
	gc = purple_conversation_get_gc(room->conv);
	info = session_protocol(room->session);
	to = contact_of(room, name);
	if (PROTOCOL_HAS(info, chat_whisper) && !PROTOCOL_HAS(info, send_im)) {
		serv_chat_whisper(gc, purple_conv_chat_get_id(room_chat(room)),
		    name, html);
	} else {
		note_private(room->session, to, room->id, m->to);
		/* prpl-jabber looks for one without looking if it is there. */
		conv = conversation_with(room->session, to);
		error = send_action(conv, m->body) ? 0 :
		    serv_send_im(gc, to, html, PURPLE_MESSAGE_SEND);
	}
	free(to);
	if (error < 0)
		refuse(call, error);
	else
		kit_reply(call, &result);
}

void
room_say(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const char *html)
{
	(void)s;
	if (strcmp(m->kind, "private") == 0)
		say_to_one(call, m, html);
	else
		say_to_all(call, m, html);
}
