/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that say something in no words that we know, and what stands beside
 * words. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/pass.h"
#include "backends/xmpp/pass_state.h"
#include "backends/xmpp/pass_xml.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/log.h"
#include "util/xalloc.h"

static char *
take(struct session *s, xmpp_stanza_t *message, enum passing_kind kind)
{
	const char *why;
	char *xml = pass_take(kind, message, &why);

	if (why != NULL)
		log_debug("%s: what is beside a message of %s cannot be "
		    "passed: %s", s->user, xmpp_stanza_get_from(message) ?
		    xmpp_stanza_get_from(message) : "the server", why);
	return xml;
}

char *
pass_extra(struct session *s, xmpp_stanza_t *message)
{
	return take(s, message, PASSING_MESSAGE);
}

/* What the main process takes; NULL: it cannot be told. */
static const char *
type_of(xmpp_stanza_t *st, const struct passed *p)
{
	static const char *const types[] = { "chat", "headline", "groupchat" };
	const char *type = xmpp_stanza_get_type(st);

	/* In a room somebody must have said it. */
	if (type != NULL && strcmp(type, "groupchat") == 0 && p->nick == NULL)
		return NULL;
	for (size_t i = 0; type != NULL && i < LENGTH(types); i++) {
		if (strcmp(types[i], type) == 0)
			return types[i];
	}
	return "normal";
}

static void
tell(struct session *s, xmpp_stanza_t *st, const struct passed *p,
    const struct msg_stanza_up *m)
{
	/* Of one too many nobody is told that it did not arrive. */
	if (!p->bounces || xmpp_stanza_get_from(st) == NULL ||
	    !pass_ask(s, st, m))
		kit_request(METHOD_stanza_up, m, PASS_TIMEOUT, NULL, NULL);
}

void
pass_message(struct session *s, xmpp_stanza_t *st, const struct passed *p)
{
	struct msg_stanza_up m = { .user = s->user, .kind = "message",
	    .type = type_of(st, p), .id = p->id, .carbon = p->own };
	const char *jid = p->own ? xmpp_stanza_get_to(st) :
	    xmpp_stanza_get_from(st);
	struct pass_peer peer;
	char *xml;

	if (!pass_says(st) || m.type == NULL || (p->old && pass_rings(st)))
		return;
	pass_peer_init(&peer, s, p->room == NULL ? jid : NULL);
	m.peer = peer.peer;
	m.room = peer.room;
	m.resource = peer.resource;
	if (p->room != NULL) {
		m.room = p->nick != NULL ? p->room->id : NULL;
		m.peer = p->nick != NULL ? p->nick : p->room->id;
	}
	m.xml = xml = take(s, st, *m.peer == '\0' && m.room == NULL ?
	    PASSING_EVENT : PASSING_MESSAGE);
	if (xml != NULL)
		tell(s, st, p, &m);
	pass_peer_finish(&peer);
	free(xml);
}

/* ---------------------------------------------------------- what comes back */

static struct sent *
sent_of(struct session *s, xmpp_stanza_t *st)
{
	const char *from = xmpp_stanza_get_from(st);
	const char *id = xmpp_stanza_get_id(st);
	size_t len = from != NULL ? strcspn(from, "/") : 0;

	for (size_t i = 0; s->pass != NULL && id != NULL && i < PASS_SENT;
	    i++) {
		struct sent *sent = &s->pass->sent[i];

		if (sent->id != NULL && strcmp(sent->id, id) == 0 &&
		    strlen(sent->to) == len &&
		    strncmp(sent->to, from, len) == 0)
			return sent;
	}
	return NULL;
}

bool
pass_refused(struct session *s, xmpp_stanza_t *st)
{
	struct sent *sent = sent_of(s, st);
	struct msg_stanza_up m = { .user = s->user, .kind = "message",
	    .type = "error" };
	struct pass_peer peer;
	const char *why;
	char *xml;

	if (sent == NULL)
		return false;
	xml = pass_take(PASSING_ERROR, st, &why);
	if (xml != NULL) {
		pass_peer_init(&peer, s, xmpp_stanza_get_from(st));
		m.client = sent->client;
		m.peer = peer.peer;
		m.room = peer.room;
		m.resource = peer.resource;
		m.id = sent->id;
		m.xml = xml;
		kit_request(METHOD_stanza_up, &m, PASS_TIMEOUT, NULL, NULL);
		pass_peer_finish(&peer);
		free(xml);
	}
	pass_forget(sent);
	return true;
}
