/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody says to the user. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/pass.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/stanza.h"
#include "backends/xmpp/talk.h"
#include "util/xalloc.h"

/* Who the user talks with; malloced. */
static char *
peer_of(struct session *s, xmpp_stanza_t *st, bool own)
{
	const char *jid = own ? xmpp_stanza_get_to(st) :
	    xmpp_stanza_get_from(st);

	/* What has no sender is of the account itself. */
	return account_bare(jid != NULL && *jid != '\0' ? jid : s->jid);
}

/* The client of the peer's that has sent it; NULL: not known. */
static const char *
resource_of(xmpp_stanza_t *st, const struct heard *how)
{
	const char *from = xmpp_stanza_get_from(st);
	const char *slash = from != NULL && !how->own ? strchr(from, '/') :
	    NULL;

	return slash != NULL && slash[1] != '\0' ? slash + 1 : NULL;
}

/* An archive is read later, when others may have answered long ago. */
static size_t
wants_of(xmpp_stanza_t *st, const struct heard *how, const char **wants)
{
	size_t n = 0;

	if (how->own || how->time != 0)
		return 0;
	if (stanza_child(st, "request", NS_RECEIPTS) != NULL)
		wants[n++] = "received";
	if (stanza_child(st, "markable", NS_MARKERS) != NULL)
		wants[n++] = "displayed";
	return n;
}

static bool
tell_words(struct session *s, xmpp_stanza_t *st, const char *peer,
    const struct heard *how)
{
	struct payload p;
	const char *wants[2];
	struct msg_message m = { .user = s->user, .from = peer,
	    .kind = "chat", .carbon = how->own,
	    .resource = resource_of(st, how) };
	char *extra;

	if (!payload_read(&p, st))
		return false;
	m.body = p.body != NULL ? p.body : "";
	m.xhtml = p.xhtml;
	m.id = p.id;
	m.replaces = p.replaces;
	m.thread = p.thread;
	m.lang = p.lang;
	m.reply_to = p.reply.id != NULL ? &p.reply : NULL;
	m.attachments.v = p.files;
	m.attachments.n = p.nfiles;
	m.time = how->time != 0 ? how->time : stanza_delay(st);
	m.wants.v = wants;
	m.wants.n = wants_of(st, how, wants);
	m.headline = stanza_attr_is(st, "type", "headline");
	m.extra = extra = pass_extra(s, st);
	kit_notify(METHOD_message, &m);
	payload_finish(&p);
	free(extra);
	return true;
}

static bool
tell_gesture(struct session *s, xmpp_stanza_t *st, const char *peer, bool own)
{
	struct gesture g;
	struct msg_reaction reaction = { .user = s->user, .peer = peer,
	    .carbon = own };
	struct msg_retracted retracted = { .user = s->user, .peer = peer,
	    .carbon = own };

	if (!gesture_read(&g, st))
		return false;
	if (g.retracts != NULL) {
		retracted.id = g.retracts;
		kit_notify(METHOD_retracted, &retracted);
	} else if (g.reacts != NULL) {
		reaction.id = g.reacts;
		reaction.emojis.v = (const char **)g.emojis;
		reaction.emojis.n = g.nemojis;
		kit_notify(METHOD_reaction, &reaction);
	}
	gesture_finish(&g);
	return true;
}

/* How far the peer has got with what the user wrote; own: or the user, with
 * another client, with what the peer wrote. */
static void
tell_progress(struct session *s, xmpp_stanza_t *st, const char *peer, bool own)
{
	static const char *const seen[] = { "displayed", "acknowledged" };
	const char *id = payload_id_of(stanza_child(st, "received",
	    NS_RECEIPTS), "id");
	struct msg_receipt receipt = { .user = s->user, .peer = peer,
	    .state = "delivered" };
	struct msg_marker_up marker = { .user = s->user, .peer = peer,
	    .state = "displayed", .carbon = own };

	if (id == NULL)
		id = payload_id_of(stanza_child(st, "received", NS_MARKERS),
		    "id");
	if (id != NULL && !own) {
		receipt.id = id;
		kit_notify(METHOD_receipt, &receipt);
	}
	for (size_t i = 0; i < LENGTH(seen); i++) {
		id = payload_id_of(stanza_child(st, seen[i], NS_MARKERS),
		    "id");
		if (id == NULL)
			continue;
		marker.id = id;
		kit_notify(METHOD_marker_up, &marker);
	}
}

static void
tell_now(struct session *s, xmpp_stanza_t *st, const char *peer,
    const char *resource, bool words)
{
	struct msg_chat_state_up state = { .user = s->user, .peer = peer,
	    .state = payload_state(st), .resource = resource };
	struct msg_attention_up attention = { .user = s->user, .peer = peer };

	if (stanza_child(st, "attention", NS_ATTENTION) != NULL)
		kit_notify(METHOD_attention_up, &attention);
	/* Who writes is active: the main process says so by itself. */
	if (state.state != NULL &&
	    (!words || strcmp(state.state, "active") != 0))
		kit_notify(METHOD_chat_state_up, &state);
}

static void
tell_rest(struct session *s, xmpp_stanza_t *st, const struct heard *how,
    bool old)
{
	const struct passed rest = { .id = payload_id(st), .old = old,
	    .own = how->own,
	    /* RFC 6121 8.5; not to services, nor where somebody else has it. */
	    .bounces = !old && !how->copy && resource_of(st, how) != NULL &&
	    !stanza_attr_is(st, "type", "headline") };

	pass_message(s, st, &rest);
}

void
talk_hear(struct session *s, xmpp_stanza_t *st, const struct heard *how)
{
	char *peer = peer_of(s, st, how->own);
	bool old = how->time != 0 || stanza_delay(st) != 0, words;

	words = !tell_gesture(s, st, peer, how->own) &&
	    tell_words(s, st, peer, how);
	if (!words)
		tell_rest(s, st, how, old);
	tell_progress(s, st, peer, how->own);
	/* An hour later nobody is typing any more. */
	if (!how->own && !old)
		tell_now(s, st, peer, resource_of(st, how), words);
	free(peer);
}
