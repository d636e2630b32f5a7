/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is this?  Old servers and clients have a vcard-temp, new ones a vCard4
 * and a published picture; those in between have both. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/avatar.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "backends/xmpp/vcard.h"
#include "util/xalloc.h"

struct asking {
	struct kit_call	 call;
	char		*jid;
	bool		 occupant;	/* has nothing published */
	bool		 found;
	struct arena	 arena;
	struct msg_profile_result result;
};

static void
asking_free(struct asking *a)
{
	arena_free(&a->arena);
	free(a->jid);
	free(a);
}

static void
finish(struct asking *a, xmpp_stanza_t *answer)
{
	if (a->found)
		kit_reply(&a->call, &a->result);
	else
		/* Why each of them is missing is of no use to anybody. */
		kit_error(&a->call, answer != NULL ? ERR_NOT_FOUND :
		    ERR_TIMEOUT, NULL);
	asking_free(a);
}

static void
on_picture(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct asking *a = ctx;

	(void)s;
	if (request_worked(answer))
		a->result.photo = avatar_answer(&a->arena, answer);
	a->found = a->found || a->result.photo.len > 0;
	finish(a, answer);
}

/* The words are there, or there are none. */
static void
look_for_picture(struct session *s, struct asking *a, xmpp_stanza_t *answer)
{
	const struct contact *c = a->occupant || s->ended ? NULL :
	    contact_find(s, a->jid);

	if (c != NULL && c->published && *c->hash != '\0' &&
	    a->result.photo.len == 0)
		request_send(s, avatar_request(s, a->jid, c->hash), on_picture,
		    a);
	else
		finish(a, answer);
}

static void
on_vcard4(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct asking *a = ctx;
	xmpp_stanza_t *items = stanza_child(stanza_child(answer, "pubsub",
	    NS_PUBSUB), "items", NULL);
	xmpp_stanza_t *card = stanza_child(stanza_child(items, "item", NULL),
	    "vcard", NS_VCARD4);

	if (request_worked(answer) && card != NULL) {
		vcard_read(&a->arena, card, &a->result);
		a->found = true;
	}
	look_for_picture(s, a, answer);
}

/* Servers make a vcard-temp of a published picture, with nothing else in it. */
static bool
has_words(const struct msg_profile_result *r)
{
	const char *const words[] = { r->full_name, r->nick, r->email,
	    r->birthday, r->note, r->url };

	for (size_t i = 0; i < LENGTH(words); i++) {
		if (words[i] != NULL && *words[i] != '\0')
			return true;
	}
	return false;
}

static void
on_vcard(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct asking *a = ctx;
	xmpp_stanza_t *card = stanza_child(answer, "vCard", NS_VCARD), *iq;
	xmpp_stanza_t *items;

	if (request_worked(answer) && card != NULL &&
	    xmpp_stanza_get_children(card) != NULL) {
		vcard_read(&a->arena, card, &a->result);
		a->found = true;
	}
	if (has_words(&a->result) || a->occupant || s->ended ||
	    answer == NULL) {
		look_for_picture(s, a, answer);
		return;
	}
	iq = request_new(s, "get", a->jid);
	items = build_child(build_child(iq, "pubsub", NS_PUBSUB), "items",
	    NULL);
	xmpp_stanza_set_attribute(items, "node", "urn:xmpp:vcard4");
	request_send(s, iq, on_vcard4, a);
}

void
down_profile(const struct kit_call *call, const struct msg_profile *m)
{
	struct session *s = session_for(call, m->user);
	struct asking *a;
	xmpp_stanza_t *iq;
	char *jid;

	if (s == NULL)
		return;
	jid = m->room != NULL ? xasprintf("%s/%s", m->room, m->contact) :
	    account_contact(m->contact);
	if (jid == NULL) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	a = xcalloc(1, sizeof(*a));
	a->call = *call;
	a->jid = jid;
	a->occupant = m->room != NULL;
	/* XEP-0054 3.1: one's own is asked for without an address. */
	iq = request_new(s, "get", session_is_own(s, jid) ? NULL : jid);
	build_child(iq, "vCard", NS_VCARD);
	request_send(s, iq, on_vcard, a);
}
