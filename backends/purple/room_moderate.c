/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nicks, ranks, kicks and bans.  libpurple has no functions for them, only
 * commands for people to type; two protocols are spoken to directly, as their
 * commands cannot take every nick and do not say what became of it. */
#include <stdlib.h>
#include <string.h>

#include "backends/purple/occupant.h"
#include "backends/purple/room.h"
#include "backends/purple/room_hint.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define NS_MUC_ADMIN	"http://jabber.org/protocol/muc#admin"
#define ROWS_MAX	1000

static bool
has_command(const struct room *room, const char *name)
{
	GList *commands = purple_cmd_list(room->conv);
	bool has = g_list_find_custom(commands, name,
	    (GCompareFunc)strcmp) != NULL;

	g_list_free(commands);
	return has;
}

/* One line, whatever is in the words.  *why is malloced, or NULL. */
static bool
run(struct room *room, const char *verb, const char *target, const char *words,
    char **why)
{
	char *line, *markup, *error = NULL;
	PurpleCmdStatus status;

	*why = NULL;
	line = xasprintf("%s %s%s%s", verb, target, words ? " " : "",
	    words ? words : "");
	for (char *p = line; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ')
			*p = ' ';
	}
	markup = g_markup_escape_text(line, -1);
	status = purple_cmd_do_command(room->conv, line, markup, &error);
	*why = error != NULL ? room_text_clean(error, 1000) : NULL;
	g_free(error);
	g_free(markup);
	free(line);
	return status == PURPLE_CMD_STATUS_OK;
}

static bool
send_raw(struct room *room, const char *text)
{
	PurplePluginProtocolInfo *info = session_protocol(room->session);

	/* An earlier one may have been the end of the room. */
	if (room->conv == NULL || !PROTOCOL_HAS(info, send_raw))
		return false;
	return info->send_raw(purple_conversation_get_gc(room->conv), text,
	    (int)strlen(text)) >= 0;
}

/* -------------------------------------------------------------------- nick */

void
down_room_nick(const struct kit_call *call, const struct msg_room_nick *m)
{
	struct room *room = room_for(call, m->user, m->room);
	struct room_await *await;
	char *why;

	if (room == NULL)
		return;
	if (room->me != NULL && strcmp(room->me, m->nick) == 0) {
		kit_reply(call, NULL);
		return;
	}
	if (!has_command(room, "nick")) {
		kit_error(call, ERR_NOT_SUPPORTED,
		    "nicks cannot be changed on this network");
		return;
	}
	await = room_await(room, AWAIT_NICK, call, m->nick);
	if (await == NULL)
		return;
	/* It may be done, or refused, before this returns. */
	if (!run(room, "nick", m->nick, NULL, &why) &&
	    (await = room_awaited(room, AWAIT_NICK, m->nick)) != NULL)
		room_await_failed(await, ERR_NOT_ACCEPTABLE, why);
	free(why);
}

/* ------------------------------------------------------------------ jabber */

static void
query(struct room *room, const struct kit_call *call, const char *type,
    const char *attributes, const char *reason)
{
	char id[40];
	char *why, *xml;

	snprintf(id, sizeof(id), ROOM_QUERY_PREFIX "%u",
	    ++room->session->rooms->serial);
	why = reason != NULL && *reason != '\0' ?
	    g_markup_printf_escaped("<reason>%s</reason>", reason) : NULL;
	xml = g_markup_printf_escaped("<iq type='%s' id='%s' to='%s'>"
	    "<query xmlns='" NS_MUC_ADMIN "'>", type, id, room_name(room));
	if (room_await(room, AWAIT_QUERY, call, id) != NULL) {
		char *all = xasprintf("%s<item %s>%s</item></query></iq>",
		    xml, attributes, why ? why : "");

		(void)send_raw(room, all);
		free(all);
	}
	g_free(why);
	g_free(xml);
}

/* The address behind a nick, as far as it is known (g_free). */
static char *
address_of(struct room *room, const char *target)
{
	PurplePluginProtocolInfo *info = session_protocol(room->session);
	const char *name = occupant_name(room, target);
	size_t n = strlen(room_name(room));
	char *jid = NULL;

	if (name == NULL)
		return strchr(target, '@') != NULL ? g_strdup(target) : NULL;
	if (PROTOCOL_HAS(info, get_cb_real_name))
		jid = info->get_cb_real_name(
		    purple_conversation_get_gc(room->conv),
		    purple_conv_chat_get_id(room_chat(room)), name);
	if (jid == NULL || (strncmp(jid, room_name(room), n) == 0 &&
	    jid[n] == '/')) {
		g_free(jid);
		return NULL;
	}
	jid[strcspn(jid, "/")] = '\0';
	return jid;
}

static void
moderate_jabber(struct room *room, const struct kit_call *call,
    const struct msg_room_moderate *m)
{
	const char *name = occupant_name(room, m->target);
	char *jid, *attributes;

	if (m->role != NULL) {
		if (name == NULL) {
			kit_error(call, ERR_NOT_FOUND, NULL);
			return;
		}
		attributes = g_markup_printf_escaped("nick='%s' role='%s'",
		    name, m->role);
	} else {
		jid = address_of(room, m->target);
		/* Some servers know whom they mean. */
		attributes = g_markup_printf_escaped(
		    jid != NULL ? "jid='%s' affiliation='%s'" :
		    "nick='%s' affiliation='%s'", jid != NULL ? jid :
		    name != NULL ? name : m->target, m->affiliation);
		g_free(jid);
	}
	query(room, call, "set", attributes, m->reason);
	g_free(attributes);
}

static void
answer_list(struct room_await *await, xmlnode *node)
{
	static struct msg_affiliation rows[ROWS_MAX];
	char *texts[2 * ROWS_MAX];
	struct msg_room_affiliations_result result = { .rows.v = rows };
	size_t n = 0, ntexts = 0;

	memset(rows, 0, sizeof(rows));
	for (node = node != NULL ? xmlnode_get_child(node, "item") : NULL;
	    node != NULL && n < ROWS_MAX; node = xmlnode_get_next_twin(node)) {
		const char *jid = xmlnode_get_attrib(node, "jid");
		xmlnode *reason = xmlnode_get_child(node, "reason");

		if (jid == NULL || !g_utf8_validate(jid, -1, NULL) ||
		    strlen(jid) > 3 * 1024)
			continue;
		rows[n].target = jid;
		if (reason != NULL) {
			char *data = xmlnode_get_data(reason);

			rows[n].reason = texts[ntexts++] =
			    room_text_clean(data ? data : "", 400);
			g_free(data);
		}
		n++;
	}
	result.rows.n = n;
	room_await_done(await, &result);
	while (ntexts > 0)
		free(texts[--ntexts]);
}

void
room_queried(struct room_await *await, const char *code, const char *text,
    xmlnode *node)
{
	if (code != NULL)
		room_await_failed(await, code, text);
	else if (await->call.method == METHOD_room_affiliations)
		answer_list(await, node);
	else
		room_await_done(await, NULL);
}

void
down_room_affiliations(const struct kit_call *call,
    const struct msg_room_affiliations *m)
{
	struct room *room = room_for(call, m->user, m->room);
	char *attributes;

	if (room == NULL)
		return;
	if (!room_is_plugin(room->session, "prpl-jabber")) {
		kit_error(call, ERR_NOT_SUPPORTED, NULL);
		return;
	}
	attributes = g_markup_printf_escaped("affiliation='%s'",
	    m->affiliation);
	query(room, call, "get", attributes, NULL);
	g_free(attributes);
}

/* --------------------------------------------------------------------- IRC */

static const struct {
	const char	*role, *change;
	bool		 twice;
} irc_roles[] = {
	{ "moderator",	 "+o", false }, { "participant", "-o", false },
	{ "visitor",	 "-ov", true },
};

/* One line, short enough for any server. */
static void
raw_irc(struct room *room, char *line)
{
	char *whole;

	for (char *p = line; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ')
			*p = ' ';
	}
	whole = xasprintf("%.*s\r\n",
	    (int)utf8_cut(line, strlen(line), 480), line);
	(void)send_raw(room, whole);
	free(whole);
	free(line);
}

static bool
change_role(struct room *room, const char *name, const char *role)
{
	for (size_t i = 0; i < LENGTH(irc_roles); i++) {
		if (strcmp(irc_roles[i].role, role) != 0)
			continue;
		raw_irc(room, xasprintf("MODE %s %s %s %s", room_name(room),
		    irc_roles[i].change, name,
		    irc_roles[i].twice ? name : ""));
		return true;
	}
	return false;
}

static void
moderate_irc(struct room *room, const struct kit_call *call,
    const struct msg_room_moderate *m)
{
	const char *name = occupant_name(room, m->target);
	bool ban = m->affiliation != NULL &&
	    strcmp(m->affiliation, "outcast") == 0;
	bool kick = ban || (m->role != NULL && strcmp(m->role, "none") == 0);

	if (name == NULL) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	if (room_await(room, AWAIT_MODERATE, call, name) == NULL)
		return;
	if (ban)
		raw_irc(room, xasprintf("MODE %s +b %s!*@*", room_name(room),
		    name));
	if (kick)
		raw_irc(room, xasprintf("KICK %s %s :%s", room_name(room),
		    name, m->reason ? m->reason : ""));
	else if (m->role == NULL || !change_role(room, name, m->role))
		room_await_failed(room_awaited(room, AWAIT_MODERATE, name),
		    ERR_NOT_SUPPORTED, NULL);
}

/* -------------------------------------------------------------- all others */

static const struct {
	const char	*role, *affiliation, *command;
} verbs[] = {
	{ "none",	 NULL,		"kick" },
	{ "moderator",	 NULL,		"op" },
	{ "participant", NULL,		"deop" },
	{ NULL,		 "outcast",	"ban" },
	{ NULL,		 "admin",	"op" },
	{ NULL,		 "none",	"deop" },
};

static bool
matches(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
moderate_by_command(struct room *room, const struct kit_call *call,
    const struct msg_room_moderate *m)
{
	const char *name = occupant_name(room, m->target);
	const char *verb = NULL;
	char *why;

	for (size_t i = 0; i < LENGTH(verbs); i++) {
		if (matches(verbs[i].role, m->role) &&
		    matches(verbs[i].affiliation, m->affiliation))
			verb = verbs[i].command;
	}
	if (verb == NULL || !has_command(room, verb)) {
		kit_error(call, ERR_NOT_SUPPORTED, NULL);
		return;
	}
	if (run(room, verb, name != NULL ? name : m->target, m->reason, &why))
		kit_reply(call, NULL);
	else
		kit_error(call, ERR_NOT_ALLOWED, why);
	free(why);
}

void
down_room_moderate(const struct kit_call *call,
    const struct msg_room_moderate *m)
{
	struct room *room = room_for(call, m->user, m->room);

	if (room == NULL)
		return;
	if (m->role == NULL && m->affiliation == NULL)
		kit_error(call, ERR_BAD_REQUEST, NULL);
	else if (room_is_plugin(room->session, "prpl-jabber"))
		moderate_jabber(room, call, m);
	else if (room_is_plugin(room->session, "prpl-irc"))
		moderate_irc(room, call, m);
	else
		moderate_by_command(room, call, m);
}
