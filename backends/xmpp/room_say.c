/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user says in a room, and does to what was said there. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/pass_xml.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define ID_SIZE	24

/* ---------------------------------------------------------------- a message */

/* To the room, or to one in it (nick); its id is the given one, or a new
 * one. */
static xmpp_stanza_t *
message(struct room *r, const char *nick, const char *id)
{
	char fresh[ID_SIZE], *to;
	xmpp_stanza_t *st, *origin;

	rand_token(fresh, sizeof(fresh));
	if (id == NULL || *id == '\0' || strlen(id) > PAYLOAD_ID)
		id = fresh;
	to = nick != NULL ? xasprintf("%s/%s", r->jid, nick) :
	    xstrdup(r->jid);
	st = xmpp_message_new(session_strophe(r->session),
	    nick != NULL ? "chat" : "groupchat", to, id);
	/* By this its echo is known if the room gives it another id. */
	origin = build_child(st, "origin-id", NS_SID);
	xmpp_stanza_set_id(origin, id);
	/* XEP-0045 7.5: for our other devices' copies. */
	if (nick != NULL)
		build_child(st, "x", NS_MUC_USER);
	free(to);
	return st;
}

/* By which name its author knows it (XEP-0308), or the room. */
static const char *
author_name(const struct room *r, const char *id)
{
	const struct past *p = room_past_find(r, id);

	return p != NULL ? p->id : id;
}

static const char *
room_word(const struct room *r, const char *id)
{
	const struct past *p = room_past_find(r, id);

	return p != NULL ? p->net : id;
}

static void
put_words(struct room *r, xmpp_stanza_t *st, const struct msg_send *m,
    bool private)
{
	const struct msg_reply *reply = m->reply_to;
	xmpp_stanza_t *replace;
	const char *why;
	char *author = NULL;

	payload_put_text(st, m->body, m);
	if (m->xhtml != NULL)
		payload_put_xhtml(st, m->xhtml);
	if (m->replaces != NULL) {
		replace = build_child(st, "replace", NS_CORRECT);
		xmpp_stanza_set_id(replace, private ? m->replaces :
		    author_name(r, m->replaces));
	}
	if (reply != NULL) {
		if (reply->author != NULL)
			author = xasprintf("%s/%s", r->jid, reply->author);
		payload_put_reply(st, private ? reply->id :
		    room_word(r, reply->id), author, reply->text);
		free(author);
	}
	for (size_t i = 0; i < m->attachments.n; i++)
		payload_put_file(st, m->attachments.v[i].url,
		    m->attachments.v[i].name);
	if (m->extra != NULL &&
	    pass_put(PASSING_MESSAGE, st, m->extra, &why) < 0)
		log_debug("%s: what is beside a message cannot be passed: %s",
		    m->user, why);
}

void
room_send(struct session *s, const struct kit_call *call,
    const struct msg_send *m)
{
	bool private = strcmp(m->kind, "private") == 0;
	const char *where = private ? m->room : m->to;
	struct room *r;
	xmpp_stanza_t *st;

	if (where == NULL) {
		kit_error(call, ERR_BAD_REQUEST, NULL);
		return;
	}
	r = room_in(s, call, where);
	if (r == NULL)
		return;
	if (private && (*m->to == '\0' || strlen(m->to) > ROOM_NICK)) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	st = message(r, private ? m->to : NULL, m->id);
	put_words(r, st, m, private);
	room_wait_send(r, st, private ? WAIT_PRIVATE : WAIT_SAY, call, m->id);
}

/* ----------------------------------------------------------------- gestures */

/* The nick in it that is meant, or NULL for all. */
static const char *
whom(const char *peer, const char *room)
{
	return strcmp(peer, room) == 0 ? NULL : peer;
}

void
room_react(struct session *s, const struct kit_call *call,
    const struct msg_react *m)
{
	struct room *r = room_in(s, call, m->room);
	const char *nick = whom(m->peer, m->room);
	xmpp_stanza_t *st;

	if (r == NULL)
		return;
	st = message(r, nick, NULL);
	payload_put_reactions(st, nick != NULL ? m->id : room_word(r, m->id),
	    &m->emojis);
	room_wait_send(r, st, nick != NULL ? WAIT_PRIVATE : WAIT_GESTURE, call,
	    NULL);
}

static void
on_moderated(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct kit_call *call = ctx;

	(void)s;
	request_settle(call, answer);
	free(call);
}

/* XEP-0425, as this room knows it. */
static void
moderate(struct room *r, const struct kit_call *call, const char *id,
    const char *reason)
{
	xmpp_stanza_t *iq = request_new(r->session, "set", r->jid), *at;
	struct kit_call *copy = xmalloc(sizeof(*copy));

	*copy = *call;
	if (r->moderates) {
		at = build_child(iq, "moderate", NS_MODERATE);
		xmpp_stanza_set_id(at, id);
		build_child(at, "retract", NS_RETRACT);
	} else {
		at = build_child(iq, "apply-to", NS_FASTEN);
		xmpp_stanza_set_id(at, id);
		at = build_child(at, "moderate", NS_MODERATE_0);
		build_child(at, "retract", NS_RETRACT_0);
	}
	build_text(at, "reason", reason);
	request_send(r->session, iq, on_moderated, copy);
}

void
room_retract(struct session *s, const struct kit_call *call,
    const struct msg_retract *m)
{
	struct room *r = room_in(s, call, m->room);
	const char *nick = whom(m->peer, m->room);
	const struct past *past;
	xmpp_stanza_t *st;
	bool own;

	if (r == NULL)
		return;
	past = room_past_find(r, m->id);
	own = nick != NULL || (past != NULL ? strcmp(past->nick, r->nick) ==
	    0 : !r->moderates && !r->moderates_0);
	if (!own && !r->moderates && !r->moderates_0) {
		kit_error(call, ERR_NOT_SUPPORTED, "This room cannot take "
		    "back what others have said.");
		return;
	}
	if (!own) {
		moderate(r, call, room_word(r, m->id), m->reason);
		return;
	}
	st = message(r, nick, NULL);
	payload_put_retraction(st, nick != NULL ? m->id :
	    room_word(r, m->id));
	room_wait_send(r, st, nick != NULL ? WAIT_PRIVATE : WAIT_GESTURE, call,
	    NULL);
}

void
room_chat_state(struct session *s, const struct msg_chat_state *m)
{
	const struct kit_call nobody = { 0 };
	struct room *r = room_in(s, &nobody, m->room);
	const char *nick = whom(m->peer, m->room);
	xmpp_stanza_t *st;

	/* XEP-0085 5.5: whether one is there does not matter to a room. */
	if (r == NULL || r->state != ROOM_IN || !session_is_up(s) ||
	    (nick == NULL && strcmp(m->state, "composing") != 0 &&
	    strcmp(m->state, "paused") != 0 && strcmp(m->state, "active") != 0))
		return;
	st = message(r, nick, NULL);
	/* Where it is refused, it is not a message that did not arrive. */
	xmpp_stanza_del_attribute(st, "id");
	build_child(st, m->state, NS_STATES);
	build_child(st, "no-store", NS_HINTS);
	session_send(s, st, NULL);
}

/* ------------------------------------------------------------------ subject */

void
down_room_subject(const struct kit_call *call,
    const struct msg_room_subject_set *m)
{
	struct room *r = room_for(call, m->user, m->room);
	xmpp_stanza_t *st;

	if (r == NULL)
		return;
	st = message(r, NULL, NULL);
	build_text(st, "subject", m->subject);
	room_wait_send(r, st, WAIT_SUBJECT, call, NULL);
}
