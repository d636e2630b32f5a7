/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user says to somebody. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/talk.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define JID_MAX		3071
#define TOKEN_SIZE	17

static bool
is_address(const char *jid)
{
	return *jid != '\0' && strlen(jid) <= JID_MAX;
}

/* id NULL: one is made. */
static xmpp_stanza_t *
message(struct session *s, const char *type, const char *to, const char *id)
{
	char token[TOKEN_SIZE];

	rand_token(token, sizeof(token));
	return xmpp_message_new(session_strophe(s), type, to,
	    id != NULL && *id != '\0' ? id : token);
}

/* What a client that is written to is asked for, and how others call it. */
static void
put_wishes(xmpp_stanza_t *st)
{
	xmpp_stanza_set_id(build_child(st, "origin-id", NS_SID),
	    xmpp_stanza_get_id(st));
	build_child(st, "request", NS_RECEIPTS);
	build_child(st, "markable", NS_MARKERS);
	build_child(st, "active", NS_STATES);
}

static void
put_answered(struct session *s, xmpp_stanza_t *st, const struct msg_send *m)
{
	const struct msg_reply *reply = m->reply_to;
	size_t len = strlen(m->user);
	bool own;

	if (reply == NULL || *reply->id == '\0')
		return;
	/* Its author is named as the user's clients see him. */
	own = reply->author != NULL &&
	    strncmp(reply->author, m->user, len) == 0 &&
	    (reply->author[len] == '\0' || reply->author[len] == '/');
	payload_put_reply(st, reply->id, own ? s->jid : m->to, reply->text);
}

static xmpp_stanza_t *
text(struct session *s, const struct msg_send *m)
{
	xmpp_stanza_t *st = message(s, "chat", m->to, m->id);
	const char *quote = m->reply_to != NULL &&
	    m->reply_to->text != NULL ? m->reply_to->text : "";
	char *body = xasprintf("%s%s", quote, m->body);

	build_text(st, "body", body);
	free(body);
	/* Without the quotation it would be another text. */
	if (*quote == '\0')
		payload_put_xhtml(st, m->xhtml);
	put_answered(s, st, m);
	if (m->replaces != NULL && *m->replaces != '\0')
		xmpp_stanza_set_id(build_child(st, "replace", NS_CORRECT),
		    m->replaces);
	build_text(st, "thread", m->thread);
	put_wishes(st);
	return st;
}

/* Clients show a picture where the body is nothing but its URL. */
static xmpp_stanza_t *
file(struct session *s, const struct msg_send *m,
    const struct msg_attachment *a, const char *id)
{
	xmpp_stanza_t *st = message(s, "chat", m->to, id);

	build_text(st, "body", a->url);
	payload_put_file(st, a->url, a->name);
	build_text(st, "thread", m->thread);
	put_wishes(st);
	return st;
}

static void
hand_over(struct session *s, xmpp_stanza_t *st, const struct kit_call *call)
{
	talk_note(s, xmpp_stanza_get_to(st), xmpp_stanza_get_id(st));
	session_send(s, st, call);
}

/* The last stanza has the answer: those before it have arrived by then. */
void
talk_send(struct session *s, const struct kit_call *call,
    const struct msg_send *m)
{
	size_t n = m->attachments.n;
	bool alone = n == 1 && (*m->body == '\0' ||
	    strcmp(m->body, m->attachments.v[0].url) == 0);
	xmpp_stanza_t *st;

	if (!is_address(m->to)) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	if (!alone && (n == 0 || *m->body != '\0')) {
		st = text(s, m);
		hand_over(s, st, n == 0 ? call : NULL);
	} else if (alone && m->replaces == NULL && m->reply_to == NULL) {
		st = file(s, m, &m->attachments.v[0], m->id);
		hand_over(s, st, call);
		return;
	} else if (alone) {
		st = text(s, m);
		payload_put_file(st, m->attachments.v[0].url,
		    m->attachments.v[0].name);
		hand_over(s, st, call);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		st = file(s, m, &m->attachments.v[i], NULL);
		hand_over(s, st, i + 1 == n ? call : NULL);
	}
}

void
talk_mark(struct session *s, const struct msg_marker *m)
{
	bool seen = strcmp(m->state, "displayed") == 0;
	xmpp_stanza_t *st;

	if (!is_address(m->peer) || *m->id == '\0')
		return;
	st = message(s, "chat", m->peer, NULL);
	xmpp_stanza_set_id(build_child(st, seen ? "displayed" : "received",
	    seen ? NS_MARKERS : NS_RECEIPTS), m->id);
	build_child(st, "store", NS_HINTS);
	session_send(s, st, NULL);
}

void
talk_state(struct session *s, const struct msg_chat_state *m)
{
	static const char *const states[] = { "active", "composing", "paused",
	    "inactive", "gone" };
	xmpp_stanza_t *st;

	for (size_t i = 0; i < LENGTH(states); i++) {
		if (strcmp(states[i], m->state) != 0 || !is_address(m->peer))
			continue;
		st = message(s, "chat", m->peer, NULL);
		build_child(st, states[i], NS_STATES);
		build_child(st, "no-store", NS_HINTS);
		session_send(s, st, NULL);
	}
}

/* false: the request has been answered. */
static bool
is_about(const struct kit_call *call, const char *peer, const char *id)
{
	if (is_address(peer) && *id != '\0')
		return true;
	kit_error(call, ERR_NOT_FOUND, NULL);
	return false;
}

void
talk_react(struct session *s, const struct kit_call *call,
    const struct msg_react *m)
{
	xmpp_stanza_t *st;

	if (!is_about(call, m->peer, m->id))
		return;
	st = message(s, "chat", m->peer, NULL);
	payload_put_reactions(st, m->id, &m->emojis);
	session_send(s, st, call);
}

void
talk_retract(struct session *s, const struct kit_call *call,
    const struct msg_retract *m)
{
	xmpp_stanza_t *st;

	if (!is_about(call, m->peer, m->id))
		return;
	st = message(s, "chat", m->peer, NULL);
	payload_put_retraction(st, m->id);
	session_send(s, st, call);
}

void
talk_attention(struct session *s, const struct msg_attention *m)
{
	xmpp_stanza_t *st;

	if (!is_address(m->peer))
		return;
	st = message(s, "headline", m->peer, NULL);
	build_child(st, "attention", NS_ATTENTION);
	session_send(s, st, NULL);
}
