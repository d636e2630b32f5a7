/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from a room: to all (XEP-0045 7.4), from one occupant to us (7.5),
 * and from the room itself. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/answer.h"
#include "backends/xmpp/pass.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

/* A message and what of it every part needs. */
struct heard {
	xmpp_stanza_t	*st;
	const char	*nick;		/* NULL: the room */
	const char	*id;		/* its author's; or NULL */
	const char	*net;		/* the room's, or else the author's */
	int64_t		 time;		/* of an old one; 0 */
	bool		 private;
	bool		 outside;	/* to us who are not in yet */
};

/* XEP-0359: only the room itself gives ids in its name, if it does. */
static const char *
id_of_room(const struct room *r, xmpp_stanza_t *st)
{
	xmpp_stanza_t *sid = stanza_child(st, "stanza-id", NS_SID);

	for (; r->names_messages && sid != NULL;
	    sid = stanza_beside(sid, "stanza-id", NS_SID)) {
		if (stanza_attr_is(sid, "by", r->jid))
			return payload_id_of(sid, "id");
	}
	return NULL;
}

/* What others call a message, as the main process knows it. */
static const char *
name_of(const struct room *r, const char *id)
{
	const struct past *p = room_past_find(r, id);

	return p != NULL ? p->net : id;
}

/* The same of one by this author; NULL: it is by somebody else. */
static const char *
name_of_own(const struct room *r, const char *id, const char *nick)
{
	const struct past *p = room_past_of(r, id, nick);

	if (p != NULL)
		return p->net;
	return room_past_find(r, id) == NULL ? id : NULL;
}

/* ----------------------------------------------------------------- messages */

static void
say(struct room *r, const struct heard *h, const struct payload *p,
    const char *origin)
{
	const char *to = stanza_attr(stanza_child(h->st, "reply", NS_REPLY),
	    "to");
	struct msg_reply reply = p->reply;
	char *extra;
	struct msg_message m = {
		.user = r->session->user, .from = r->id,
		.kind = h->private ? "private" : h->outside ? "chat" :
		    "groupchat",
		.nick = h->nick, .body = p->body ? p->body : "",
		.xhtml = p->xhtml, .id = h->net, .origin = origin,
		.time = h->time, .thread = p->thread, .lang = p->lang,
	};

	if (reply.id != NULL) {
		if (!h->private)
			reply.id = name_of(r, reply.id);
		reply.author = to != NULL ? room_nick_of(to) : NULL;
		m.reply_to = &reply;
	}
	/* Whoever corrects somebody else says something new. */
	if (p->replaces != NULL && h->private)
		m.replaces = p->replaces;
	else if (p->replaces != NULL && h->nick != NULL)
		m.replaces = name_of_own(r, p->replaces, h->nick);
	m.attachments.v = (struct msg_attachment *)p->files;
	m.attachments.n = p->nfiles;
	m.extra = extra = pass_extra(r->session, h->st);
	kit_notify(METHOD_message, &m);
	free(extra);
}

static void
echoed(struct room_wait *w, const struct heard *h)
{
	const char *ids[] = { h->net };
	struct msg_send_result result = { .delivered = true, .echo = true };

	if (w->kind != WAIT_SAY) {
		room_wait_done(w, NULL);
		return;
	}
	if (h->net != NULL)
		result.ids = (struct strs){ ids, 1 };
	room_wait_done(w, &result);
}

static bool
hear_words(struct room *r, const struct heard *h, struct room_wait *w)
{
	struct payload p;

	if (!payload_read(&p, h->st))
		return false;
	say(r, h, &p, w != NULL && w->kind == WAIT_SAY ? w->origin : NULL);
	payload_finish(&p);
	return true;
}

/* An error to the room could put us out of it, so none is wanted. */
static void
hear_rest(struct room *r, const struct heard *h)
{
	const struct passed rest = { .room = r, .nick = h->nick,
	    .id = h->net, .old = h->time != 0 };

	pass_message(r->session, h->st, &rest);
}

/* ----------------------------------------------------------------- gestures */

static bool
hear_gesture(struct room *r, const struct heard *h)
{
	struct gesture g;
	const char *id;

	if (h->nick == NULL || !gesture_read(&g, h->st))
		return false;
	if (g.reacts != NULL) {
		struct msg_reaction m = { .user = r->session->user,
		    .peer = h->nick, .room = r->id, .private = h->private,
		    .id = h->private ? g.reacts : name_of(r, g.reacts) };

		m.emojis.v = (const char **)g.emojis;
		m.emojis.n = g.nemojis;
		kit_notify(METHOD_reaction, &m);
	}
	id = g.retracts == NULL || h->private ? g.retracts :
	    name_of_own(r, g.retracts, h->nick);
	if (id != NULL) {
		const struct msg_retracted m = { .user = r->session->user,
		    .peer = h->nick, .room = r->id, .private = h->private,
		    .id = id };

		kit_notify(METHOD_retracted, &m);
	}
	gesture_finish(&g);
	return true;
}

/* XEP-0425, as it is now and as it was.  Only the room may say so. */
static bool
hear_moderation(struct room *r, xmpp_stanza_t *st)
{
	xmpp_stanza_t *at = stanza_child(st, "retract", NS_RETRACT), *by;
	struct msg_retracted m = { .user = r->session->user, .room = r->id };
	const struct past *past;
	const char *who, *id;
	char *reason;

	by = stanza_child(at, "moderated", NS_MODERATE);
	reason = stanza_text(stanza_child(at, "reason", NULL), ROOM_TEXT);
	if (at == NULL) {
		at = stanza_child(st, "apply-to", NS_FASTEN);
		by = stanza_child(at, "moderated", NS_MODERATE_0);
		reason = stanza_text(stanza_child(by, "reason", NULL),
		    ROOM_TEXT);
	}
	id = by != NULL ? payload_id_of(at, "id") : NULL;
	if (id != NULL) {
		past = room_past_find(r, id);
		who = stanza_attr(by, "by");
		m.peer = past != NULL ? past->nick : r->id;
		m.id = past != NULL ? past->net : id;
		m.moderated_by = who != NULL ? room_nick_of(who) : NULL;
		if (m.moderated_by == NULL)
			m.moderated_by = r->id;
		m.reason = reason;
		kit_notify(METHOD_retracted, &m);
	}
	free(reason);
	return id != NULL;
}

static void
hear_state(struct room *r, const struct heard *h)
{
	const char *state = payload_state(h->st);
	const struct msg_chat_state_up m = { .user = r->session->user,
	    .peer = h->nick, .room = r->id, .state = state,
	    .private = h->private };

	/* Our own comes back, too. */
	if (state != NULL && h->nick != NULL && h->time == 0 &&
	    (h->private || strcmp(h->nick, r->nick) != 0))
		kit_notify(METHOD_chat_state_up, &m);
}

/* ------------------------------------------------------------------ subject */

/* 8.1: a subject, and no body. */
static bool
hear_subject(struct room *r, const struct heard *h)
{
	xmpp_stanza_t *subject = stanza_child(h->st, "subject", NULL);
	struct msg_room_subject m = { .user = r->session->user,
	    .room = r->id, .nick = h->nick, .time = h->time };
	char *text;

	if (subject == NULL || stanza_child(h->st, "body", NULL) != NULL)
		return false;
	text = stanza_text(subject, ROOM_TEXT);
	m.subject = text != NULL ? text : "";
	kit_notify(METHOD_room_subject, &m);
	free(text);
	return true;
}

/* ---------------------------------------------------------------------- all */

/* After a break we ask for what we may know already. */
static bool
is_known(const struct room *r, const struct heard *h)
{
	return h->time != 0 && h->net != NULL && h->nick != NULL &&
	    room_past_of(r, h->net, h->nick) != NULL;
}

/* Is it what we have said?  XEP-0359 3.2: rooms may give it another id. */
static struct room_wait *
wait_of(const struct room *r, const struct heard *h)
{
	struct room_wait *w;

	if (h->nick == NULL || strcmp(h->nick, r->nick) != 0)
		return NULL;
	w = room_waiting(r, h->id);
	return w != NULL ? w : room_waiting(r, payload_id_of(
	    stanza_child(h->st, "origin-id", NS_SID), "id"));
}

static void
hear_all(struct room *r, const struct heard *h)
{
	struct room_wait *w = wait_of(r, h);

	if (is_known(r, h))
		;
	else if (hear_subject(r, h)) {
		/* Some rooms tell it in words of their own. */
		if (w == NULL && h->nick != NULL && h->time == 0 &&
		    strcmp(h->nick, r->nick) == 0)
			w = room_waiting_for(r, WAIT_SUBJECT);
	}
	else if (h->nick == NULL && hear_moderation(r, h->st))
		;
	else {
		if (hear_gesture(r, h) || !hear_words(r, h, w))
			hear_rest(r, h);
		hear_state(r, h);
		if (h->net != NULL && h->nick != NULL)
			room_past_add(r, h->net, h->id, h->nick);
	}
	if (w != NULL)
		echoed(w, h);
	/* 10.2.1: the room is not what it was. */
	if (h->nick == NULL && h->time == 0 &&
	    stanza_child(stanza_child(h->st, "x", NS_MUC_USER), "status",
	    NULL) != NULL)
		room_changed(r);
}

/* Not said: what we have sent is refused. */
static void
hear_error(struct room *r, xmpp_stanza_t *st)
{
	const char *nick = room_nick_of(stanza_attr(st, "from"));
	struct room_wait *w = room_waiting(r, stanza_attr(st, "id"));
	const char *code = request_code(st);
	char *text = request_text(st), *body;
	struct msg_message m = { .user = r->session->user, .from = r->id,
	    .kind = nick != NULL ? "private" : "groupchat", .nick = nick };

	/* XEP-0045 7.4: only who is in may speak. */
	if (nick == NULL && strcmp(code, ERR_NOT_ACCEPTABLE) == 0)
		room_doubt(r);
	if (w != NULL) {
		room_wait_failed(w, code, text);
	} else if (stanza_attr(st, "id") != NULL &&
	    !answer_refuse(r->session, stanza_attr(st, "id"),
	    stanza_attr(st, "from"), code, text) &&
	    !pass_refused(r->session, st)) {
		/* It has been answered already. */
		body = xasprintf("A message was not delivered: %s", text ?
		    text : code);
		m.body = body;
		kit_notify(METHOD_message, &m);
		free(body);
	}
	free(text);
}

void
room_hear(struct room *r, xmpp_stanza_t *st)
{
	const char *type = stanza_attr(st, "type");
	struct heard h = {
		.st = st, .nick = room_nick_of(stanza_attr(st, "from")),
		.id = payload_id_of(st, "id"), .time = stanza_delay(st),
	};

	if (h.nick != NULL && strlen(h.nick) > ROOM_NICK)
		return;
	if (type != NULL && strcmp(type, "error") == 0) {
		hear_error(r, st);
	} else if (type != NULL && strcmp(type, "groupchat") == 0) {
		h.net = id_of_room(r, st);
		if (h.net == NULL)
			h.net = h.id;
		hear_all(r, &h);
	} else if (h.nick == NULL) {
		/* What must be done to get in, for instance (XEP-0158). */
		h.net = h.id;
		h.outside = r->state != ROOM_IN;
		if (!room_history_hear(r, st) && !hear_words(r, &h, NULL))
			hear_rest(r, &h);
	} else {
		h.private = true;
		h.net = h.id;
		if (hear_gesture(r, &h) || !hear_words(r, &h, NULL))
			hear_rest(r, &h);
		hear_state(r, &h);
	}
}

/* The user need not be in that room. */
bool
room_hear_past(struct session *s, xmpp_stanza_t *st, bool own, int64_t time)
{
	const char *peer = stanza_attr(st, own ? "to" : "from");
	const char *nick = peer != NULL ? room_nick_of(peer) : NULL;
	struct msg_message m = { .user = s->user, .kind = "private",
	    .nick = nick, .time = time, .carbon = own };
	struct room *r;
	struct payload p;
	char *jid, *extra;

	if (nick == NULL || strlen(nick) > ROOM_NICK ||
	    stanza_child(st, "x", NS_MUC_USER) == NULL)
		return false;
	jid = account_bare(peer);
	r = room_find(s, jid);
	if (!payload_read(&p, st)) {
		pass_message(s, st, &(struct passed){ .room = r, .nick = nick,
		    .id = payload_id(st), .old = true, .own = own });
		free(jid);
		return true;
	}
	m.from = r != NULL ? r->id : jid;
	m.body = p.body != NULL ? p.body : "";
	m.xhtml = p.xhtml;
	m.id = p.id;
	m.replaces = p.replaces;
	m.thread = p.thread;
	m.lang = p.lang;
	m.attachments.v = p.files;
	m.attachments.n = p.nfiles;
	m.extra = extra = pass_extra(s, st);
	kit_notify(METHOD_message, &m);
	payload_finish(&p);
	free(extra);
	free(jid);
	return true;
}
