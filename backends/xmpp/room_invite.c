/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invitations: by way of the room (XEP-0045 7.8), and from one to another
 * (XEP-0249). */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define NS_CONFERENCE	"jabber:x:conference"
#define PASSWORD_MAX	1000
#define KEPT_MAX	50		/* invitations of a session */

/* One that came by way of the room, which passes the answer on. */
struct invitation {
	TAILQ_ENTRY(invitation) entry;
	char		*from;		/* as the room calls who invites; NULL:
					 * it does not say */
	char		 room[];
};

struct invitations {
	TAILQ_HEAD(, invitation) list;	/* oldest first */
	size_t		 n;
};

/* ------------------------------------------------------- what may be declined */

static struct invitation *
kept_find(const struct session *s, const char *room)
{
	struct invitation *i;

	if (s->invitations == NULL)
		return NULL;
	TAILQ_FOREACH(i, &s->invitations->list, entry) {
		if (strcmp(i->room, room) == 0)
			return i;
	}
	return NULL;
}

static void
kept_remove(struct session *s, struct invitation *i)
{
	if (i == NULL)
		return;
	TAILQ_REMOVE(&s->invitations->list, i, entry);
	s->invitations->n--;
	free(i->from);
	free(i);
}

/* The newest to a room counts. */
static void
keep(struct session *s, const char *room, const char *from)
{
	struct invitation *i;

	if (s->invitations == NULL) {
		s->invitations = xcalloc(1, sizeof(*s->invitations));
		TAILQ_INIT(&s->invitations->list);
	}
	kept_remove(s, kept_find(s, room));
	if (s->invitations->n == KEPT_MAX)
		kept_remove(s, TAILQ_FIRST(&s->invitations->list));
	i = xcalloc(1, sizeof(*i) + strlen(room) + 1);
	strcpy(i->room, room);
	i->from = xstrdup_null(from);
	TAILQ_INSERT_TAIL(&s->invitations->list, i, entry);
	s->invitations->n++;
}

void
invitations_end(struct session *s)
{
	while (s->invitations != NULL && s->invitations->n > 0)
		kept_remove(s, TAILQ_FIRST(&s->invitations->list));
	free(s->invitations);
	s->invitations = NULL;
}

/* ------------------------------------------------------------------- theirs */

static void
tell(const struct session *s, const char *room, const char *peer,
    const char *reason, const char *password)
{
	const struct msg_room_invited m = { .user = s->user, .room = room,
	    .peer = peer, .reason = reason, .password = password };

	kit_notify(METHOD_room_invited, &m);
}

/* Who is hidden behind a nick is no contact. */
static void
tell_nick(const struct session *s, const char *room, const char *nick,
    const char *reason, const char *password)
{
	char *text = xasprintf("%s%s%s", nick, reason ? ": " : "",
	    reason ? reason : "");

	tell(s, room, NULL, text, password);
	free(text);
}

static void
hear_mediated(struct session *s, xmpp_stanza_t *x, xmpp_stanza_t *invite,
    const char *room)
{
	const char *from = stanza_attr(invite, "from");
	char *peer = from != NULL ? account_jid(from) : NULL;
	char *reason = stanza_text(stanza_child(invite, "reason", NULL),
	    ROOM_TEXT);
	char *password = stanza_text(stanza_child(x, "password", NULL),
	    PASSWORD_MAX);
	const char *nick = from != NULL ? room_nick_of(from) : NULL;

	keep(s, room, from);
	if (peer != NULL && strcmp(peer, room) == 0 && nick != NULL)
		tell_nick(s, room, nick, reason, password);
	else
		tell(s, room, peer, reason, password);
	free(peer);
	free(reason);
	free(password);
}

static void
hear_decline(const struct session *s, xmpp_stanza_t *decline,
    const char *room)
{
	const struct room *r = room_find(s, room);
	const char *from = stanza_attr(decline, "from");
	char *reason = stanza_text(stanza_child(decline, "reason", NULL),
	    ROOM_TEXT), *body;
	struct msg_message m = { .user = s->user, .kind = "groupchat" };

	if (r != NULL) {
		body = xasprintf("%s does not come%s%s", from ? from :
		    "Somebody", reason ? ": " : ".", reason ? reason : "");
		m.from = r->id;
		m.body = body;
		kit_notify(METHOD_message, &m);
		free(body);
	}
	free(reason);
}

static bool
hear_direct(struct session *s, xmpp_stanza_t *st, const char *peer)
{
	xmpp_stanza_t *x = stanza_child(st, "x", NS_CONFERENCE);
	const char *jid = stanza_attr(x, "jid");
	const char *reason = stanza_attr(x, "reason");
	const char *password = stanza_attr(x, "password");
	char *room = jid != NULL ? account_jid(jid) : NULL;
	const char *nick = room_nick_of(stanza_attr(st, "from"));

	if (room == NULL)
		return false;
	if (reason != NULL && strlen(reason) > ROOM_TEXT)
		reason = NULL;
	kept_remove(s, kept_find(s, room));
	/* In private, to somebody who is in a room, too. */
	if (nick != NULL && (room_find(s, peer) != NULL ||
	    stanza_child(st, "x", NS_MUC_USER) != NULL))
		tell_nick(s, room, nick, reason, password);
	else
		tell(s, room, peer, reason, password);
	free(room);
	return true;
}

bool
room_invite_stanza(struct session *s, xmpp_stanza_t *st)
{
	xmpp_stanza_t *x, *invite, *decline;
	const char *from = stanza_attr(st, "from");
	char *bare;
	bool ours = true;

	if (from == NULL || !stanza_is(st, "message", NULL) ||
	    stanza_attr_is(st, "type", "error") ||
	    stanza_attr_is(st, "type", "groupchat"))
		return false;
	x = stanza_child(st, "x", NS_MUC_USER);
	invite = stanza_child(x, "invite", NULL);
	decline = stanza_child(x, "decline", NULL);
	bare = account_bare(from);
	/* Only the room itself speaks without a nick. */
	if (invite != NULL && room_nick_of(from) == NULL)
		hear_mediated(s, x, invite, bare);
	else if (decline != NULL && room_nick_of(from) == NULL)
		hear_decline(s, decline, bare);
	else
		ours = hear_direct(s, st, bare);
	free(bare);
	return ours;
}

/* --------------------------------------------------------------------- ours */

static xmpp_stanza_t *
mediated(const struct room *r, const char *id, const char *peer,
    const char *reason)
{
	xmpp_stanza_t *st = xmpp_message_new(session_strophe(r->session),
	    NULL, r->jid, id), *x, *invite;

	x = build_child(st, "x", NS_MUC_USER);
	invite = build_child(x, "invite", NULL);
	xmpp_stanza_set_to(invite, peer);
	build_text(invite, "reason", reason);
	build_text(x, "password", r->password);
	return st;
}

static xmpp_stanza_t *
direct(const struct session *s, const char *id, const char *room,
    const char *peer, const char *reason)
{
	xmpp_stanza_t *st = xmpp_message_new(session_strophe(s), NULL, peer,
	    id), *x;

	x = build_child(st, "x", NS_CONFERENCE);
	xmpp_stanza_set_attribute(x, "jid", room);
	if (reason != NULL)
		xmpp_stanza_set_attribute(x, "reason", reason);
	return st;
}

void
down_room_invite(const struct kit_call *call, const struct msg_room_invite *m)
{
	struct session *s = session_for(call, m->user);
	char *room, *peer, id[24];
	const struct room *r;

	if (s == NULL)
		return;
	room = account_jid(m->room);
	peer = account_jid(m->peer);
	rand_token(id, sizeof(id));
	r = room != NULL ? room_find(s, room) : NULL;
	if (room == NULL || peer == NULL)
		kit_error(call, ERR_NOT_FOUND, NULL);
	else if (r != NULL)
		session_send(s, mediated(r, id, peer, m->reason), call);
	else
		session_send(s, direct(s, id, room, peer, m->reason), call);
	free(room);
	free(peer);
}

/* XEP-0045 7.8.2.  Of one that came directly, and of a bookmark, nobody waits
 * for an answer. */
void
down_room_decline(const struct kit_call *call,
    const struct msg_room_decline *m)
{
	struct session *s = session_for(call, m->user);
	xmpp_stanza_t *st, *decline;
	struct invitation *i;
	char *room, id[24];

	if (s == NULL)
		return;
	room = account_jid(m->room);
	i = room != NULL ? kept_find(s, room) : NULL;
	if (i == NULL) {
		kit_reply(call, NULL);
	} else {
		rand_token(id, sizeof(id));
		st = xmpp_message_new(session_strophe(s), NULL, room, id);
		decline = build_child(build_child(st, "x", NS_MUC_USER),
		    "decline", NULL);
		if (i->from != NULL)
			xmpp_stanza_set_to(decline, i->from);
		build_text(decline, "reason", m->reason);
		session_send(s, st, call);
		kept_remove(s, i);
	}
	free(room);
}
