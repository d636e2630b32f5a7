/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-jabber drops an error that comes back without the message's text, as
 * most do, and shows the others in a dialog.  It lets us read along. */
#include "backends/purple/talk_jabber.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/peer.h"
#include "backends/purple/pending.h"
#include "backends/purple/room_text.h"
#include "backends/purple/talk.h"
#include "backends/purple/text.h"
#include "util/xalloc.h"

#define NS_STANZAS	"urn:ietf:params:xml:ns:xmpp-stanzas"
#define TEXT_BYTES	1000

/* The condition, or its text for humans; both may be missing. */
static char *
explain(const xmlnode *packet, const char **code)
{
	xmlnode *error = xmlnode_get_child(packet, "error"), *child;
	const char *condition = NULL, *ns;
	char *data, *text;

	child = error != NULL ? xmlnode_get_child(error, "text") : NULL;
	data = child != NULL ? xmlnode_get_data(child) : NULL;
	text = text_line(data, TEXT_BYTES);
	g_free(data);
	*code = NULL;
	for (child = error != NULL ? error->child : NULL; child != NULL;
	    child = child->next) {
		ns = child->type == XMLNODE_TYPE_TAG ?
		    xmlnode_get_namespace(child) : NULL;
		if (ns == NULL || strcmp(ns, NS_STANZAS) != 0 ||
		    strcmp(child->name, "text") == 0)
			continue;
		condition = child->name;
		*code = room_condition(condition);
	}
	if (*code == NULL)
		*code = ERR_NOT_ACCEPTABLE;
	return text != NULL ? text : text_line(condition ? condition :
	    "the network gives no reason", TEXT_BYTES);
}

/* TRUE: the plug-in need not see it. */
static gboolean
refused(struct session *s, const char *id, const char *from,
    const xmlnode *packet)
{
	struct peer peer;
	const char *code;
	char *why, *text;

	/* In rooms it is about other things as well. */
	if (!peer_of(s, from, &peer) || peer.room != NULL ||
	    purple_find_conversation_with_account(PURPLE_CONV_TYPE_CHAT,
	    peer.id, s->account) != NULL ||
	    purple_find_conversation_with_account(PURPLE_CONV_TYPE_IM,
	    peer.id, s->account) == NULL)
		return FALSE;
	why = explain(packet, &code);
	if (id == NULL || !pending_refused_by_name(s, id, code, why)) {
		text = xasprintf("A message was not delivered: %s", why);
		talk_say(s, from, text);
		free(text);
	}
	free(why);
	return TRUE;
}

static gboolean
receiving(PurpleConnection *gc, const char *type, const char *id,
    const char *from, const char *to, xmlnode *packet)
{
	struct session *s = session_of_connection(gc);

	(void)to;
	/* What was not written by the user gets no answer to be told. */
	return s != NULL && from != NULL && type != NULL &&
	    strcmp(type, "error") == 0 &&
	    xmlnode_get_child(packet, "composing") == NULL &&
	    xmlnode_get_child(packet, "paused") == NULL &&
	    refused(s, id, from, packet);
}

static void
sending(PurpleConnection *gc, xmlnode **packet)
{
	struct session *s = session_of_connection(gc);
	const char *id;

	if (s == NULL || packet == NULL || *packet == NULL ||
	    (*packet)->name == NULL || strcmp((*packet)->name, "message") != 0)
		return;
	id = xmlnode_get_attrib(*packet, "id");
	if (id != NULL && xmlnode_get_child(*packet, "body") != NULL)
		pending_named(s, id);
}

static void
init(void)
{
	PurplePlugin *jabber = purple_find_prpl("prpl-jabber");

	if (jabber == NULL)
		return;
	purple_signal_connect(jabber, "jabber-receiving-message",
	    core_handle(), PURPLE_CALLBACK(receiving), NULL);
	purple_signal_connect(jabber, "jabber-sending-xmlnode", core_handle(),
	    PURPLE_CALLBACK(sending), NULL);
}

const struct module talk_jabber_module = { .init = init };
