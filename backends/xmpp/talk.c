/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/talk.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define BODY_MAX	(64 * 1024)	/* bytes that are shown */
#define JID_MAX		3071

void
talk_send(struct session *s, const struct kit_call *call,
    const struct msg_send *m)
{
	xmpp_stanza_t *stanza;

	if (strcmp(m->kind, "chat") != 0) {
		kit_error(call, ERR_NOT_SUPPORTED, NULL);
		return;
	}
	if (*m->to == '\0' || strlen(m->to) > JID_MAX) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	stanza = xmpp_message_new(session_strophe(s), "chat", m->to, m->id);
	build_text(stanza, "body", m->body);
	session_send(s, stanza, call);
}

static void
show(struct session *s, const char *from, const char *id, const char *text)
{
	char *bare = account_bare(from);
	size_t len = strlen(text);
	char *body = xstrndup(text, utf8_cut(text, len, BODY_MAX));
	const struct msg_message m = { .user = s->user, .from = bare,
	    .kind = "chat", .body = body, .id = id };

	kit_notify(METHOD_message, &m);
	free(body);
	free(bare);
}

bool
talk_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	const char *type = xmpp_stanza_get_type(stanza);
	const char *from = xmpp_stanza_get_from(stanza);
	char *body;

	if (strcmp(xmpp_stanza_get_name(stanza), "message") != 0)
		return false;
	/* Errors are for later, rooms too. */
	if (type != NULL && strcmp(type, "chat") != 0 &&
	    strcmp(type, "normal") != 0)
		return true;
	body = xmpp_message_get_body(stanza);
	if (body != NULL && *body != '\0')
		show(s, from != NULL ? from : s->jid,
		    xmpp_stanza_get_id(stanza), body);
	if (body != NULL)
		xmpp_free(session_strophe(s), body);
	return true;
}
