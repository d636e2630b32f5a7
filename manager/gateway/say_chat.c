/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stanzas about messages. */
#include "manager/gateway/say_chat.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ns.h"
#include "manager/gateway/rights.h"
#include "util/xalloc.h"

static struct xml *
begin(struct gateway *gw, const char *from, const char *to, const char *type)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "message");
	xml_attr(x, "from", from);
	xml_attr(x, "to", to);
	xml_attr(x, "type", type);
	return x;
}

void
say_marker(struct gateway *gw, const char *from, const char *to,
    const char *id, const char *state)
{
	struct xml *x = begin(gw, from, to, "chat");

	xml_open_ns(x, strcmp(state, "displayed") == 0 ? "displayed" :
	    "received", NS_MARKERS);
	xml_attr(x, "id", id);
	say_end(gw, x, to, LINK_KEEP);
}

static void
put_moderated(struct xml *x, const struct say_gesture *g)
{
	if (g->by != NULL) {
		xml_open_ns(x, "moderated", NS_MODERATE);
		xml_attr(x, "by", g->by);
		xml_close(x);
	}
	if (g->reason != NULL)
		xml_element(x, "reason", NULL, g->reason);
	xml_close(x);
}

static void
put_reactions(struct xml *x, const struct say_gesture *g)
{
	const char *at = g->emojis;
	int len;

	xml_open_ns(x, "reactions", NS_REACTIONS);
	xml_attr(x, "id", g->reacts);
	for (; at != NULL && *at != '\0'; at += len + (at[len] == '\n')) {
		len = (int)strcspn(at, "\n");
		xml_open(x, "reaction");
		xml_textf(x, "%.*s", len, at);
		xml_close(x);
	}
	xml_close(x);
}

static void
put_tombstone(struct xml *x, const struct say_gesture *g)
{
	char stamp[STAMP_SIZE];

	say_stamp(stamp, g->retracted);
	xml_open_ns(x, "retracted", NS_RETRACT);
	xml_attr(x, "id", g->retraction);
	xml_attr(x, "stamp", stamp);
	put_moderated(x, g);
}

void
say_gesture_inside(struct xml *x, const struct say_gesture *g)
{
	if (g->retraction != NULL) {
		put_tombstone(x, g);
		return;
	}
	if (g->reacts != NULL) {
		put_reactions(x, g);
	} else {
		xml_open_ns(x, "retract", NS_RETRACT);
		xml_attr(x, "id", g->retracts);
		put_moderated(x, g);
		if (g->by == NULL) {
			xml_open_ns(x, "fallback", NS_FALLBACK);
			xml_attr(x, "for", NS_RETRACT);
			xml_close(x);
		}
	}
	xml_element(x, "store", NS_HINTS, NULL);
}

/* <forwarded/> around the message as the user would have sent it. */
static void
put_forwarded(struct xml *x, const struct user *user, const char *to,
    const struct say_message *m)
{
	struct say_message sent = *m;

	sent.from = user->jid;
	sent.to = to;
	sent.type = "chat";
	xml_open_ns(x, "forwarded", NS_FORWARD);
	say_message_inside(x, &sent);
	xml_close(x);
}

/* To a client, or to all of them. */
static void
say_carbon(struct user *user, const char *jid, const char *to,
    const struct say_message *m)
{
	struct xml *x = begin(user->gw, user->jid, jid, "chat");

	xml_open_ns(x, "sent", NS_CARBONS);
	put_forwarded(x, user, to, m);
	say_end(user->gw, x, jid, LINK_KEEP);
}

void
say_sent(struct user *user, const char *sender, const struct say_message *m)
{
	struct client *client;

	if (!link_is_server(user->gw->link))
		return;
	TAILQ_FOREACH(client, &user->clients, entry) {
		if (strcmp(client->full, sender) != 0)
			say_carbon(user, client->full, m->to, m);
	}
}

void
say_own_message(struct user *user, const char *contact,
    const struct say_message *m)
{
	struct gateway *gw = user->gw;
	const struct rights *rights = rights_of(gw, user->jid);
	const char *domain = strchr(user->jid, '@');
	struct say_message plain = *m;
	struct client *client;
	struct xml *x;
	char *text;

	if (user->guest || (link_is_server(gw->link) &&
	    TAILQ_EMPTY(&user->clients))) {
		/* Waits until it is known who is there, or somebody is. */
		say_carbon(user, user->jid, contact, m);
	} else if (link_is_server(gw->link)) {
		TAILQ_FOREACH(client, &user->clients, entry)
			say_carbon(user, client->full, contact, m);
	} else if (rights->message && domain != NULL) {
		x = begin(gw, gw->config->jid, domain + 1, NULL);
		xml_open_ns(x, "privilege", rights->ns);
		put_forwarded(x, user, contact, m);
		say_end(gw, x, domain + 1, LINK_KEEP);
	} else if (m->gesture == NULL && m->body != NULL) {
		/* Shown on the wrong side, but not lost.  What is done to a
		 * message, or has no words, would be taken for the
		 * contact's. */
		text = xasprintf("[you] %s", m->body);
		plain.from = contact;
		plain.to = user->jid;
		plain.body = text;
		plain.xhtml = NULL;
		say_message(gw, &plain);
		free(text);
	}
}
