/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user does to the list, and answers to those who ask. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/request.h"
#include "util/xalloc.h"

#define NS_ROSTER	"jabber:iq:roster"
#define NS_PING		"urn:xmpp:ping"

struct adding {
	struct kit_call	 call;
	char		*jid;
	char		*text;		/* or NULL */
};

/* NULL: the call is answered. */
static char *
somebody(const struct kit_call *call, struct session *s, const char *id)
{
	char *jid = account_contact(id);

	if (jid != NULL && !session_is_own(s, jid))
		return jid;
	kit_error(call, jid == NULL ? ERR_NOT_FOUND : ERR_NOT_ALLOWED, NULL);
	free(jid);
	return NULL;
}

static void
presence_to(struct session *s, const char *jid, const char *type,
    const char *text, const struct kit_call *call)
{
	xmpp_stanza_t *p = xmpp_presence_new(session_strophe(s));

	xmpp_stanza_set_type(p, type);
	xmpp_stanza_set_to(p, jid);
	build_text(p, "status", text);
	session_send(s, p, call);
}

/* An item takes the place of the one before: what is not to change is said
 * again. */
static xmpp_stanza_t *
change(struct session *s, const char *jid, const char *name,
    const struct strs *groups)
{
	const struct contact *c = contact_find(s, jid);
	xmpp_stanza_t *iq = request_new(s, "set", NULL);
	xmpp_stanza_t *item = build_child(build_child(iq, "query", NS_ROSTER),
	    "item", NULL);

	xmpp_stanza_set_attribute(item, "jid", jid);
	if (name == NULL && c != NULL)
		name = c->name;
	if (name != NULL && *name != '\0')
		xmpp_stanza_set_attribute(item, "name", name);
	if (groups->v != NULL) {
		for (size_t i = 0; i < groups->n; i++)
			build_text(item, "group", groups->v[i]);
	} else if (c != NULL) {
		for (size_t i = 0; i < c->ngroups; i++)
			build_text(item, "group", c->groups[i]);
	}
	return iq;
}

/* ---------------------------------------------------------------------- add */

static void
adding_free(struct adding *a)
{
	free(a->jid);
	free(a->text);
	free(a);
}

/* Whatever the answer is: what came before it has been told. */
static void
on_behind(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct adding *a = ctx;

	(void)s, (void)answer;
	kit_reply(&a->call, NULL);
	adding_free(a);
}

static void
on_added(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct adding *a = ctx;
	const struct contact *c;
	xmpp_stanza_t *ping;

	if (s->ended || !request_worked(answer)) {
		request_settle(&a->call, answer);
		adding_free(a);
		return;
	}
	c = contact_find(s, a->jid);
	if (c != NULL && (strcmp(c->subscription, "both") == 0 ||
	    strcmp(c->subscription, "to") == 0)) {
		kit_reply(&a->call, NULL);
		adding_free(a);
		return;
	}
	presence_to(s, a->jid, "subscribe", a->text, NULL);
	/* The main process wants to know that it was asked for before this is
	 * answered; the server says so when it has come so far. */
	ping = request_new(s, "get", NULL);
	build_child(ping, "ping", NS_PING);
	request_send(s, ping, on_behind, a);
}

void
down_contact_add(const struct kit_call *call, const struct msg_contact_add *m)
{
	struct session *s = session_for(call, m->user);
	char *jid = s != NULL ? somebody(call, s, m->contact) : NULL;
	struct adding *a;

	if (jid == NULL)
		return;
	a = xmalloc(sizeof(*a));
	*a = (struct adding){ .call = *call, .jid = jid,
	    .text = xstrdup_null(m->text) };
	request_send(s, change(s, jid, m->name, &m->groups), on_added, a);
}

/* --------------------------------------------------------------- all others */

void
down_contact_update(const struct kit_call *call,
    const struct msg_contact_update *m)
{
	struct session *s = session_for(call, m->user);
	char *jid = s != NULL ? somebody(call, s, m->contact) : NULL;

	if (jid == NULL)
		return;
	request_send_for(s, change(s, jid, m->name, &m->groups), call);
	free(jid);
}

void
down_contact_remove(const struct kit_call *call,
    const struct msg_contact_remove *m)
{
	struct session *s = session_for(call, m->user);
	const struct contact *c;
	xmpp_stanza_t *iq, *item;

	if (s == NULL)
		return;
	c = contact_find(s, m->contact);
	if (c == NULL || !c->listed) {
		kit_reply(call, NULL);
		return;
	}
	/* RFC 6121 2.5.2: the subscriptions go with it. */
	iq = request_new(s, "set", NULL);
	item = build_child(build_child(iq, "query", NS_ROSTER), "item", NULL);
	xmpp_stanza_set_attribute(item, "jid", c->jid);
	xmpp_stanza_set_attribute(item, "subscription", "remove");
	request_send_for(s, iq, call);
}

static void
answer(const struct kit_call *call, const char *user, const char *contact,
    const char *type)
{
	struct session *s = session_for(call, user);
	char *jid = s != NULL ? somebody(call, s, contact) : NULL;

	if (jid == NULL)
		return;
	presence_to(s, jid, type, NULL, call);
	free(jid);
}

void
down_contact_allow(const struct kit_call *call,
    const struct msg_contact_allow *m)
{
	answer(call, m->user, m->contact, "subscribed");
}

void
down_contact_deny(const struct kit_call *call, const struct msg_contact_deny *m)
{
	answer(call, m->user, m->contact, "unsubscribed");
}
