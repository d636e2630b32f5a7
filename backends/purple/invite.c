/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An invitation is more than the name of a room: what the plug-in needs to
 * enter is kept until the user does. */
#include "backends/purple/invite.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/room.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define INVITES_MAX	100	/* of a session; the oldest goes */

struct invite {
	char		*room;		/* key */
	GHashTable	*components;
	unsigned	 serial;
};

static void
invite_free(struct invite *i)
{
	if (i->components != NULL)
		g_hash_table_destroy(i->components);
	free(i->room);
	free(i);
}

GHashTable *
invite_take(struct session *s, const char *room)
{
	struct invite *i = map_remove(&s->rooms->invites, room);
	GHashTable *components;

	if (i == NULL)
		return NULL;
	components = i->components;
	i->components = NULL;
	invite_free(i);
	return components;
}

static void
drop_oldest(struct session *s)
{
	struct invite *i, *oldest = NULL;
	size_t at = 0;

	while ((i = map_next(&s->rooms->invites, &at)) != NULL) {
		if (oldest == NULL || (int)(i->serial - oldest->serial) < 0)
			oldest = i;
	}
	if (oldest != NULL) {
		map_remove(&s->rooms->invites, oldest->room);
		invite_free(oldest);
	}
}

static void
keep(struct session *s, const char *room, GHashTable *components)
{
	static unsigned serial;
	struct invite *i = map_remove(&s->rooms->invites, room);

	if (i != NULL)
		invite_free(i);
	if (map_count(&s->rooms->invites) >= INVITES_MAX)
		drop_oldest(s);
	i = xcalloc(1, sizeof(*i));
	i->room = xstrdup(room);
	i->components = room_components_copy(components);
	i->serial = serial++;
	map_put(&s->rooms->invites, i->room, i);
}

void
invites_finish(struct session *s)
{
	struct invite *i;
	size_t at = 0;

	while ((i = map_next(&s->rooms->invites, &at)) != NULL)
		invite_free(i);
	map_finish(&s->rooms->invites);
}

/* -------------------------------------------------------------- the way in */

static PurplePluginProtocolInfo *gagged;
static void (*gagged_reject)(PurpleConnection *, GHashTable *);

static void
ungag(void *nothing)
{
	(void)nothing;
	if (gagged != NULL)
		gagged->reject_chat = gagged_reject;
	gagged = NULL;
}

/* What we do not have libpurple ask about, it declines in the user's name; but
 * he may still come. */
static void
keep_open(PurpleConnection *gc)
{
	PurplePluginProtocolInfo *info = gc != NULL ?
	    PURPLE_PLUGIN_PROTOCOL_INFO(gc->prpl) : NULL;

	if (info == NULL || info->reject_chat == NULL || gagged != NULL)
		return;
	gagged = info;
	gagged_reject = info->reject_chat;
	info->reject_chat = NULL;
	later(ungag, NULL);
}

/* Why, malloced or NULL; with the nick of one who is not known but by that. */
static char *
reason_of(const char *nick, const char *words)
{
	char *plain = words != NULL ? purple_markup_strip_html(words) : NULL;
	char *all = xasprintf("%s%s%s", nick ? nick : "",
	    nick != NULL && plain != NULL && *plain != '\0' ? ": " : "",
	    plain ? plain : "");
	char *reason = *all != '\0' ? room_text_clean(all, ROOM_TEXT_BYTES) :
	    NULL;

	free(all);
	g_free(plain);
	return reason;
}

/* Signal chat-invited: below 0, libpurple asks nobody. */
static int
invited(PurpleAccount *account, const char *who, const char *chat,
    const char *words, GHashTable *components)
{
	struct session *s = session_of(account);
	struct msg_room_invited m = { 0 };
	const char *password, *nick = NULL;
	char *name, *reason;
	size_t n;

	keep_open(purple_account_get_connection(account));
	if (s == NULL || !s->connected)
		return -1;
	name = components != NULL ? room_components_name(s, components) : NULL;
	m.room = name != NULL ? name : chat;
	if (m.room == NULL || *m.room == '\0' ||
	    strlen(m.room) > ROOM_ID_BYTES ||
	    !g_utf8_validate(m.room, -1, NULL)) {
		log_debug("%s: ignored an invitation into a room without a "
		    "usable name", s->user);
		g_free(name);
		return -1;
	}
	if (components != NULL)
		keep(s, m.room, components);
	/* The address in a MUC is not one of a contact. */
	n = strlen(m.room);
	if (who != NULL && strncmp(who, m.room, n) == 0 && who[n] == '/')
		nick = who + n + 1;
	reason = reason_of(nick, words);
	password = components != NULL ?
	    g_hash_table_lookup(components, "password") : NULL;
	m.user = s->user;
	if (nick == NULL && who != NULL && g_utf8_validate(who, -1, NULL))
		m.peer = who;
	m.reason = reason;
	m.password = password != NULL && g_utf8_validate(password, -1, NULL) ?
	    password : NULL;
	kit_notify(METHOD_room_invited, &m);
	free(reason);
	g_free(name);
	return -1;
}

void
invites_init(void)
{
	purple_signal_connect(purple_conversations_get_handle(),
	    "chat-invited", core_handle(), PURPLE_CALLBACK(invited), NULL);
}

/* ------------------------------------------------------------- the way out */

void
down_room_invite(const struct kit_call *call, const struct msg_room_invite *m)
{
	struct room *room = room_for(call, m->user, m->room);
	PurplePluginProtocolInfo *info;

	if (room == NULL)
		return;
	info = session_protocol(room->session);
	if (!PROTOCOL_HAS(info, chat_invite)) {
		kit_error(call, ERR_NOT_SUPPORTED,
		    "this network has no invitations");
		return;
	}
	/* Some plug-ins do not expect NULL. */
	serv_chat_invite(purple_conversation_get_gc(room->conv),
	    purple_conv_chat_get_id(room_chat(room)),
	    m->reason ? m->reason : "", m->peer);
	kit_reply(call, NULL);
}
