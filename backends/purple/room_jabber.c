/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-jabber drops most of what XEP-0045 says: who is the user, who was
 * banned and by whom, why a join was refused, what a message is called.  It
 * lets us read along, so here that is read. */
#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/occupant.h"
#include "backends/purple/room.h"
#include "backends/purple/room_hint.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/log.h"
#include "util/xalloc.h"

#define NS_MUC_USER	"http://jabber.org/protocol/muc#user"
#define NS_STANZA_ID	"urn:xmpp:sid:0"
#define NS_STANZAS	"urn:ietf:params:xml:ns:xmpp-stanzas"

/* ----------------------------------------------------------------- reading */

/* The room of an address, also one that is only being joined; NULL: none.
 * *nick points into from, or is NULL. */
static struct room *
room_from(const struct session *s, const char *from, const char **nick)
{
	const char *slash = from != NULL ? strchr(from, '/') : NULL;
	struct room *room;
	char *bare;

	*nick = slash != NULL && slash[1] != '\0' ? slash + 1 : NULL;
	if (from == NULL || *from == '\0')
		return NULL;
	bare = slash != NULL ? xstrndup(from, (size_t)(slash - from)) :
	    xstrdup(from);
	room = room_named(s, bare);
	if (room == NULL)
		room = room_joining(s, bare);
	free(bare);
	return room;
}

static char *
text_of(const xmlnode *parent, const char *name)
{
	xmlnode *node = parent != NULL ?
	    xmlnode_get_child(parent, name) : NULL;
	char *data = node != NULL ? xmlnode_get_data(node) : NULL, *text;

	if (data == NULL)
		return NULL;
	text = room_text_clean(data, ROOM_TEXT_BYTES);
	g_free(data);
	return text;
}

/* Its code, and *text (malloced, or NULL). */
static const char *
error_of(const xmlnode *packet, char **text)
{
	xmlnode *error = xmlnode_get_child(packet, "error"), *child;
	const char *code = NULL, *ns;

	*text = text_of(error, "text");
	for (child = error != NULL ? error->child : NULL; child != NULL &&
	    code == NULL; child = child->next) {
		if (child->type != XMLNODE_TYPE_TAG)
			continue;
		ns = xmlnode_get_namespace(child);
		if (ns != NULL && strcmp(ns, NS_STANZAS) == 0)
			code = room_condition(child->name);
	}
	return code != NULL ? code : ERR_NETWORK;
}

/* ---------------------------------------------------------------- presence */

static const struct {
	int		 status;
	const char	*how;
} ends[] = {
	{ 301, "banned" }, { 307, "kicked" }, { 321, "removed" },
	{ 322, "removed" }, { 332, "disconnected" }, { 333, "disconnected" },
};

static void
read_status(struct room *room, struct room_hint *hint, int status)
{
	if (status == 110)
		hint->self = true;
	if (status == 201)
		room->created = true;
	for (size_t i = 0; i < LENGTH(ends); i++) {
		/* A ban is said to be a kick, too. */
		if (ends[i].status == status && (hint->how == NULL ||
		    strcmp(hint->how, "banned") != 0))
			hint->how = ends[i].how;
	}
}

static const char *
word_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; word != NULL && i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return words[i];
	}
	return NULL;
}

static void
read_item(struct room_hint *hint, const xmlnode *item)
{
	static const char *const roles[] = { "moderator", "participant",
	    "visitor" };
	static const char *const affiliations[] = { "owner", "admin", "member",
	    "none" };
	xmlnode *actor = xmlnode_get_child(item, "actor");
	const char *by = NULL;

	hint->role = word_of(xmlnode_get_attrib(item, "role"), roles,
	    LENGTH(roles));
	hint->affiliation = word_of(xmlnode_get_attrib(item, "affiliation"),
	    affiliations, LENGTH(affiliations));
	if (actor != NULL)
		by = xmlnode_get_attrib(actor, "nick");
	if (actor != NULL && by == NULL)
		by = xmlnode_get_attrib(actor, "jid");
	hint->actor = xstrdup_null(by);
	hint->reason = text_of(item, "reason");
}

static void
read_presence(struct room *room, struct room_hint *hint, const xmlnode *packet,
    bool available)
{
	static const char *const shows[] = { "chat", "away", "xa", "dnd" };
	xmlnode *x = xmlnode_get_child_with_namespace(packet, "x",
	    NS_MUC_USER), *node;
	const char *code;
	char *show;

	hint->status = text_of(packet, "status");
	if (available) {
		show = text_of(packet, "show");
		hint->show = word_of(show, shows, LENGTH(shows));
		if (hint->show == NULL)
			hint->show = "online";
		if (hint->status == NULL)
			hint->status = xstrdup("");
		free(show);
	}
	for (node = x != NULL ? xmlnode_get_child(x, "status") : NULL;
	    node != NULL; node = xmlnode_get_next_twin(node)) {
		code = xmlnode_get_attrib(node, "code");
		if (code != NULL)
			read_status(room, hint, atoi(code));
	}
	node = x != NULL ? xmlnode_get_child(x, "item") : NULL;
	if (node != NULL)
		read_item(hint, node);
	/* Who just goes has a status, not a reason. */
	if (!available && hint->how == NULL) {
		hint->how = "left";
		free(hint->reason);
		hint->reason = xstrdup_null(hint->status);
	}
}

/* The plug-in passes on nothing but a new role. */
static void
tell_unless_flags(struct room *room, const struct room_hint *hint)
{
	PurpleConvChatBuddyFlags flags = PURPLE_CBFLAGS_NONE;
	PurpleConvChatBuddy *cb = room_chat(room) != NULL ?
	    purple_conv_chat_cb_find(room_chat(room), hint->name) : NULL;

	if (cb == NULL)
		return;
	if (hint->affiliation != NULL &&
	    strcmp(hint->affiliation, "owner") == 0)
		flags |= PURPLE_CBFLAGS_FOUNDER;
	if (hint->role != NULL && strcmp(hint->role, "moderator") == 0)
		flags |= PURPLE_CBFLAGS_OP;
	if (hint->role != NULL && strcmp(hint->role, "participant") == 0)
		flags |= PURPLE_CBFLAGS_VOICE;
	if (flags == cb->flags)
		occupant_tell(room, hint->name);
}

static void
refused(struct room *room, const xmlnode *packet)
{
	struct room_hint *hint;
	struct room_await *await;
	char *text;
	const char *code = error_of(packet, &text);

	if (room->state == ROOM_JOINING) {
		room_join_failed(room, code, text);
	} else if ((await = room_awaited(room, AWAIT_NICK, NULL)) != NULL) {
		room_await_failed(await, code, text);
		hint = room_hint_new(purple_account_get_connection(
		    room->session->account));
		hint->hush = true;
	}
	free(text);
}

static gboolean
presence(PurpleConnection *gc, const char *type, const char *from,
    xmlnode *packet)
{
	struct session *s = session_of_connection(gc);
	struct room *room;
	struct room_hint *hint;
	const char *nick;

	room_hint_forget(gc);
	room = s != NULL ? room_from(s, from, &nick) : NULL;
	if (room == NULL)
		return FALSE;
	if (type != NULL && strcmp(type, "error") == 0) {
		refused(room, packet);
		return FALSE;
	}
	if (nick == NULL || (type != NULL && strcmp(type, "unavailable") != 0))
		return FALSE;
	if (room->state == ROOM_LEAVING) {
		if (type != NULL && strcmp(room->me != NULL ? room->me :
		    room->nick != NULL ? room->nick : "", nick) == 0)
			room_left(room);
		return FALSE;
	}
	hint = room_hint_new(gc);
	hint->room = xstrndup(from, (size_t)(nick - 1 - from));
	hint->name = xstrdup(nick);
	read_presence(room, hint, packet, type == NULL);
	if (type == NULL && room->state == ROOM_IN)
		tell_unless_flags(room, hint);
	return FALSE;
}

/* ---------------------------------------------------------------- messages */

/* TRUE: the plug-in need not see it. */
static gboolean
message_refused(struct room *room, const char *id, const xmlnode *packet)
{
	struct room_await *await;
	const char *code;
	char *text;

	TAILQ_FOREACH(await, &room->awaits, entry) {
		if (await->kind == AWAIT_ECHO && await->id != NULL &&
		    id != NULL && strcmp(await->id, id) == 0)
			break;
	}
	/* The plug-in gives a subject no id, and servers do not repeat it. */
	if (await == NULL)
		await = room_awaited(room, AWAIT_SUBJECT, NULL);
	if (await == NULL)
		return FALSE;
	code = error_of(packet, &text);
	room_await_failed(await, code, text);
	free(text);
	return TRUE;
}

static gboolean
message(PurpleConnection *gc, const char *type, const char *id,
    const char *from, const char *to, xmlnode *packet)
{
	struct session *s = session_of_connection(gc);
	xmlnode *node;
	struct room *room;
	struct room_hint *hint;
	const char *nick, *known = NULL, *by;

	(void)to;
	room_hint_forget(gc);
	room = s != NULL ? room_from(s, from, &nick) : NULL;
	if (room == NULL || type == NULL)
		return FALSE;
	if (strcmp(type, "error") == 0)
		return nick == NULL && message_refused(room, id, packet);
	if (strcmp(type, "groupchat") != 0 || nick == NULL)
		return FALSE;
	hint = room_hint_new(gc);
	hint->room = xstrndup(from, (size_t)(nick - 1 - from));
	hint->name = xstrdup(nick);
	for (node = xmlnode_get_child_with_namespace(packet, "stanza-id",
	    NS_STANZA_ID); node != NULL && known == NULL;
	    node = xmlnode_get_next_twin(node)) {
		by = xmlnode_get_attrib(node, "by");
		if (by != NULL && strcmp(by, hint->room) == 0)
			known = xmlnode_get_attrib(node, "id");
	}
	if (known == NULL)
		known = id;
	if (known != NULL && strlen(known) <= ROOM_ID_BYTES)
		hint->id = xstrdup(known);
	hint->sent_id = xstrdup_null(id);
	return FALSE;
}

/* --------------------------------------------------------------- going out */

static const char *last_words;	/* while the plug-in leaves a room */

void
room_jabber_leave(PurpleConnection *gc, int id, const char *reason)
{
	last_words = reason != NULL && *reason != '\0' ? reason : NULL;
	serv_chat_leave(gc, id);
	last_words = NULL;
}

static void
sending(PurpleConnection *gc, xmlnode **packet)
{
	const char *type, *id;

	if (packet == NULL || *packet == NULL || (*packet)->name == NULL)
		return;
	type = xmlnode_get_attrib(*packet, "type");
	id = xmlnode_get_attrib(*packet, "id");
	if (type == NULL)
		return;
	if (strcmp((*packet)->name, "message") == 0 && id != NULL &&
	    strcmp(type, "groupchat") == 0)
		room_sending_as(gc, id);
	if (strcmp((*packet)->name, "presence") == 0 && last_words != NULL &&
	    strcmp(type, "unavailable") == 0)
		xmlnode_insert_data(xmlnode_new_child(*packet, "status"),
		    last_words, -1);
}

/* --------------------------------------------------------- our own queries */

static gboolean
iq(PurpleConnection *gc, const char *type, const char *id, const char *from,
    xmlnode *packet)
{
	struct session *s = session_of_connection(gc);
	struct room *room;
	struct room_await *await;
	const char *nick, *code = NULL;
	char *text = NULL;

	room_hint_forget(gc);
	if (s == NULL || id == NULL || type == NULL ||
	    strncmp(id, ROOM_QUERY_PREFIX, strlen(ROOM_QUERY_PREFIX)) != 0 ||
	    (strcmp(type, "result") != 0 && strcmp(type, "error") != 0))
		return FALSE;
	room = room_from(s, from, &nick);
	await = room != NULL && nick == NULL ?
	    room_awaited(room, AWAIT_QUERY, id) : NULL;
	if (await == NULL)
		return FALSE;
	if (strcmp(type, "error") == 0)
		code = error_of(packet, &text);
	room_queried(await, code, text, xmlnode_get_child(packet, "query"));
	free(text);
	return TRUE;
}

void
room_jabber_init(void)
{
	PurplePlugin *jabber = purple_find_prpl("prpl-jabber");

	if (jabber == NULL)
		return;
	purple_signal_connect(jabber, "jabber-receiving-presence",
	    core_handle(), PURPLE_CALLBACK(presence), NULL);
	purple_signal_connect(jabber, "jabber-receiving-message",
	    core_handle(), PURPLE_CALLBACK(message), NULL);
	purple_signal_connect(jabber, "jabber-receiving-iq", core_handle(),
	    PURPLE_CALLBACK(iq), NULL);
	purple_signal_connect(jabber, "jabber-sending-xmlnode", core_handle(),
	    PURPLE_CALLBACK(sending), NULL);
}
