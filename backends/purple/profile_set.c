/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's own picture and name.  A name is the public alias where there is
 * one, and part of the vCard on XMPP; elsewhere networks have no place for
 * it. */
#include "backends/purple/profile_set.h"

#include <purple.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/avatar.h"
#include "backends/purple/session.h"
#include "backends/purple/text.h"
#include "util/log.h"
#include "util/xalloc.h"

#define NAME_MAX_BYTES	256
#define TIMEOUT		20		/* seconds */

/* One that waits for the network, in a session. */
struct renaming {
	struct kit_call	 call;
	guint		 timer;
};

static void
finish(struct session *s)
{
	struct renaming *r = s->renaming;

	s->renaming = NULL;
	if (r->timer != 0)
		g_source_remove(r->timer);
	free(r);
}

static void
renamed(PurpleAccount *account, const char *alias)
{
	struct session *s = session_of(account);

	(void)alias;
	if (s == NULL || s->renaming == NULL)
		return;
	kit_reply(&s->renaming->call, NULL);
	finish(s);
}

static void
not_renamed(PurpleAccount *account, const char *why)
{
	struct session *s = session_of(account);
	char *text;

	if (s == NULL || s->renaming == NULL)
		return;
	text = text_plain(why, 1024);
	kit_error(&s->renaming->call, ERR_NETWORK, text);
	free(text);
	finish(s);
}

static gboolean
timed_out(gpointer data)
{
	struct session *s = data;

	s->renaming->timer = 0;
	kit_error(&s->renaming->call, ERR_TIMEOUT, NULL);
	finish(s);
	return G_SOURCE_REMOVE;
}

static void
set_alias(const struct kit_call *call, struct session *s, const char *name)
{
	if (s->renaming != NULL) {
		kit_error(call, ERR_RATE_LIMITED,
		    "Your name is being changed already.");
		return;
	}
	s->renaming = xcalloc(1, sizeof(*s->renaming));
	s->renaming->call = *call;
	s->renaming->timer = g_timeout_add_seconds(TIMEOUT, timed_out, s);
	purple_account_set_public_alias(s->account, name, renamed,
	    not_renamed);
}

/* ------------------------------------------------------------- XMPP's vCard */

static void
replace(xmlnode *card, const char *name, const char *value)
{
	xmlnode *child = xmlnode_get_child(card, name);

	if (value == NULL)
		return;
	if (child != NULL)
		xmlnode_free(child);
	child = xmlnode_new_child(card, name);
	xmlnode_insert_data(child, value, -1);
}

/* prpl-jabber keeps the vCard it has got from the server in the account, and
 * sends what it is given in whole. */
static void
set_vcard(struct session *s, const char *nick, const char *full_name)
{
	const char *old = purple_account_get_user_info(s->account);
	xmlnode *card = old != NULL ? xmlnode_from_str(old, -1) : NULL;
	char *text;

	if (card != NULL && strcmp(card->name, "vCard") != 0) {
		xmlnode_free(card);
		card = NULL;
	}
	if (card == NULL) {
		card = xmlnode_new("vCard");
		xmlnode_set_namespace(card, "vcard-temp");
	}
	replace(card, "NICKNAME", nick);
	replace(card, "FN", full_name);
	text = xmlnode_to_str(card, NULL);
	purple_account_set_user_info(s->account, text);
	serv_set_info(purple_account_get_connection(s->account), text);
	g_free(text);
	xmlnode_free(card);
}

/* --------------------------------------------------------------------- down */

static void
set_name(const struct kit_call *call, struct session *s, const char *nick,
    const char *full_name)
{
	PurplePluginProtocolInfo *info = session_protocol(s);

	if (PROTOCOL_HAS(info, set_public_alias)) {
		set_alias(call, s, nick != NULL ? nick : full_name);
		return;
	}
	if (PROTOCOL_HAS(info, set_info) &&
	    strcmp(purple_account_get_protocol_id(s->account),
	    "prpl-jabber") == 0)
		set_vcard(s, nick, full_name);
	else
		log_debug("%s: no place for a name on this network", s->user);
	kit_reply(call, NULL);
}

void
down_profile_set(const struct kit_call *call, const struct msg_profile_set *m)
{
	struct session *s = session_for(call, m->user);
	char *nick, *full_name, *why;

	if (s == NULL)
		return;
	if (m->photo.data != NULL &&
	    (why = avatar_set_own(s, &m->photo)) != NULL) {
		kit_error(call, ERR_NOT_ACCEPTABLE, why);
		free(why);
		return;
	}
	if (session_of(s->account) != s) {
		kit_error(call, ERR_NOT_CONNECTED, NULL);
		return;
	}
	nick = text_line(m->nick, NAME_MAX_BYTES);
	full_name = text_line(m->full_name, NAME_MAX_BYTES);
	if (nick != NULL || full_name != NULL)
		set_name(call, s, nick, full_name);
	else
		kit_reply(call, NULL);
	free(nick);
	free(full_name);
}

static void
end(struct session *s)
{
	if (s->renaming == NULL)
		return;
	kit_error(&s->renaming->call, ERR_NOT_CONNECTED, NULL);
	finish(s);
}

const struct module profile_set_module = { .end = end };
