/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user says to somebody. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/answer.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/pass_xml.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/talk.h"
#include "util/log.h"
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
	/* As the server writes it in what comes back. */
	char *bare = account_contact(to);
	char *jid = bare != NULL ? xasprintf("%s%s", bare,
	    to + strcspn(to, "/")) : xstrdup(to);
	char token[TOKEN_SIZE];
	xmpp_stanza_t *st;

	rand_token(token, sizeof(token));
	st = xmpp_message_new(session_strophe(s), type, jid,
	    id != NULL && *id != '\0' ? id : token);
	free(bare);
	free(jid);
	return st;
}

/* Of somebody whose clients are known, one that has gone is none; malloced. */
static char *
client_of(struct session *s, const char *peer, const char *resource)
{
	const struct contact *c = contact_find(s, peer);

	if (resource == NULL || *resource == '\0' ||
	    strchr(peer, '/') != NULL ||
	    strlen(peer) + strlen(resource) >= JID_MAX ||
	    (c != NULL && contact_is_seen(c) &&
	    resources_find(&c->resources, resource) == NULL))
		return xstrdup(peer);
	return xasprintf("%s/%s", peer, resource);
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

/* What else the user's client has put beside it. */
static void
put_extra(struct session *s, xmpp_stanza_t *st, const struct msg_send *m)
{
	const char *why;

	if (m->extra != NULL &&
	    pass_put(PASSING_MESSAGE, st, m->extra, &why) < 0)
		log_debug("%s: what is beside a message cannot be passed: %s",
		    s->user, why);
}

static xmpp_stanza_t *
text(struct session *s, const struct msg_send *m, const char *to)
{
	xmpp_stanza_t *st = message(s, "chat", to, m->id);
	const char *quote = m->reply_to != NULL &&
	    m->reply_to->text != NULL ? m->reply_to->text : "";
	char *body = xasprintf("%s%s", quote, m->body);

	payload_put_text(st, body, m);
	free(body);
	/* Without the quotation it would be another text. */
	if (*quote == '\0')
		payload_put_xhtml(st, m->xhtml);
	put_answered(s, st, m);
	if (m->replaces != NULL && *m->replaces != '\0')
		xmpp_stanza_set_id(build_child(st, "replace", NS_CORRECT),
		    m->replaces);
	put_wishes(st);
	put_extra(s, st, m);
	return st;
}

/* Clients show a picture where the body is nothing but its URL. */
static xmpp_stanza_t *
file(struct session *s, const struct msg_send *m,
    const struct msg_attachment *a, const char *to, const char *id)
{
	xmpp_stanza_t *st = message(s, "chat", to, id);

	payload_put_text(st, a->url, m);
	payload_put_file(st, a->url, a->name);
	put_wishes(st);
	return st;
}

/* It is going to the server. */
static xmpp_stanza_t *
noted(struct session *s, const struct msg_send *m, xmpp_stanza_t *st)
{
	const char *id = xmpp_stanza_get_id(st);

	talk_note(s, xmpp_stanza_get_to(st), id, m->id == NULL ||
	    strcmp(m->id, id) != 0);
	return st;
}

static void
send_file(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const char *to)
{
	const struct msg_attachment *a = &m->attachments.v[0];
	xmpp_stanza_t *st;

	if (m->replaces == NULL && m->reply_to == NULL) {
		st = file(s, m, a, to, m->id);
		put_extra(s, st, m);
	} else {
		st = text(s, m, to);
		payload_put_file(st, a->url, a->name);
	}
	session_send(s, noted(s, m, st), call);
}

/* The text, and each file in a message of its own. */
static void
send_all(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const char *to)
{
	size_t files = m->attachments.n, n = 0;
	bool worded = files == 0 || *m->body != '\0';
	xmpp_stanza_t **all = xcalloc(files + 1, sizeof(*all));

	if (worded)
		all[n++] = noted(s, m, text(s, m, to));
	for (size_t i = 0; i < files; i++) {
		all[n] = file(s, m, &m->attachments.v[i], to, NULL);
		if (!worded && i == 0)
			put_extra(s, all[n], m);
		noted(s, m, all[n++]);
	}
	answer_send_all(s, call, all, n);
	while (n > 0)
		xmpp_stanza_release(all[--n]);
	free(all);
}

void
talk_send(struct session *s, const struct kit_call *call,
    const struct msg_send *m)
{
	char *to;

	if (!is_address(m->to)) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	to = client_of(s, m->to, m->resource);
	if (m->attachments.n == 1 && (*m->body == '\0' ||
	    strcmp(m->body, m->attachments.v[0].url) == 0))
		send_file(s, call, m, to);
	else
		send_all(s, call, m, to);
	free(to);
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
	char *to;

	/* After a break it is not so any more. */
	if (!session_is_up(s))
		return;
	for (size_t i = 0; i < LENGTH(states); i++) {
		if (strcmp(states[i], m->state) != 0 || !is_address(m->peer))
			continue;
		to = client_of(s, m->peer, m->resource);
		st = message(s, "chat", to, NULL);
		free(to);
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
