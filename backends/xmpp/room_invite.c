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

static void
tell(const struct session *s, const char *room, const char *peer,
    const char *reason, const char *password)
{
	const struct msg_room_invited m = { .user = s->user, .room = room,
	    .peer = peer, .reason = reason, .password = password };

	kit_notify(METHOD_room_invited, &m);
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
	char *text;

	/* Some rooms hide who it is behind the nick, which is no contact. */
	if (peer != NULL && strcmp(peer, room) == 0 && nick != NULL) {
		text = xasprintf("%s%s%s", nick, reason ? ": " : "",
		    reason ? reason : "");
		tell(s, room, NULL, text, password);
		free(text);
	} else {
		tell(s, room, peer, reason, password);
	}
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

	if (room == NULL)
		return false;
	if (reason != NULL && strlen(reason) > ROOM_TEXT)
		reason = NULL;
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
