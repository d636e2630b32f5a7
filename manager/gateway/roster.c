/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do the network's contacts get onto the user's XMPP roster?  By the best
 * way there is: written by us (XEP-0356; server mode: our own roster), offered
 * in one message (XEP-0144), or by a subscription request each, asked once and
 * never again once answered. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/avatar.h"
#include "manager/gateway/caps.h"
#include "manager/gateway/contact_client.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define WATCH_AT_ONCE 500	/* contacts in one message */
#define GATHER		0.3	/* seconds; a network's list comes in a burst */
#define PUT_TIMEOUT	30.0
#define LINK_PAUSE	5.0	/* seconds between looks at a link that is down */

/* A list is told contact by contact; and whoever waits to see it does not like
 * to wait for the next second. */
static void
soon(struct user *user)
{
	struct gateway *gw = user->gw;

	if (user->roster_due > 0)
		return;
	user->roster_due = ev_now(gw->loop) + GATHER;
	if (!ev_is_active(&gw->roster_soon)) {
		ev_timer_set(&gw->roster_soon, GATHER, 0);
		ev_timer_start(gw->loop, &gw->roster_soon);
	}
}

/* May the user see this contact?  Without a roster item presence is noise:
 * in server mode it comes behind the item, which makes it SUB_BOTH. */
static bool
visible(const struct contact *c)
{
	return c->subscription == SUB_BOTH || c->subscription == SUB_FROM;
}

/* ---------------------------------------------------- feature "watch" */

void
roster_watch(struct user *user)
{
	struct msg_contact_watch m = { .user = user->jid };
	const char *names[WATCH_AT_ONCE];
	struct contact *c;
	size_t at = 0;

	if (!gateway_can(user->gw, FEATURE_WATCH))
		return;
	m.contacts.v = names;
	while ((c = map_next(&user->contacts, &at)) != NULL) {
		if (!(c->watched = visible(c)))
			continue;
		names[m.contacts.n++] = c->name;
		if (m.contacts.n < LENGTH(names))
			continue;
		session_notify(user, METHOD_contact_watch, &m);
		m.contacts.n = 0;
	}
	if (m.contacts.n > 0)
		session_notify(user, METHOD_contact_watch, &m);
}

static void
watch_one(struct user *user, struct contact *c)
{
	const char *name = c->name;
	const struct msg_contact_watch m = {
		.user = user->jid, .contacts = { &name, 1 },
	};

	if (c->watched || !gateway_can(user->gw, FEATURE_WATCH) ||
	    !session_ready(user))
		return;
	c->watched = true;
	session_notify(user, METHOD_contact_watch, &m);
}

void
roster_unwatch(struct user *user, struct contact *c)
{
	const char *name = c->name;
	const struct msg_contact_watch m = {
		.user = user->jid, .gone = { &name, 1 },
	};

	if (c->watched && session_ready(user))
		session_notify(user, METHOD_contact_watch, &m);
	c->watched = false;
}

void
roster_show(struct user *user, struct contact *c)
{
	struct contact_client *client;

	if (!user->shown || !visible(c))
		return;
	watch_one(user, c);
	if (c->show != SHOW_OFFLINE || c->shown)
		say_contact(user, c, user->jid);
	c->shown = c->show != SHOW_OFFLINE;
	for (client = c->clients; client != NULL; client = client->next)
		if (!client->shown)
			roster_show_client(user, c, client);
}

void
roster_show_client(struct user *user, struct contact *c,
    struct contact_client *client)
{
	if (!user->shown || !visible(c))
		return;
	watch_one(user, c);
	say_client(user, c, client, user->jid);
	client->shown = true;
}

void
roster_hide(struct user *user, struct contact *c)
{
	struct contact_client *client;

	say_contact_gone(user, c, user->jid);
	c->shown = false;
	for (client = c->clients; client != NULL; client = client->next)
		client->shown = false;
}

/* It is on the roster, for both halves; it may have been seen before. */
static void
is_item(struct user *user, struct contact *c)
{
	bool seen = visible(c);

	if (c->subscription == SUB_BOTH)
		return;
	c->subscription = SUB_BOTH;
	contact_save(user, c);
	if (!seen)
		roster_show(user, c);
}

/* ----------------------------------------------------------- written by us */

struct written {
	struct gateway	*gw;
	char		*jid, *name, *item;	/* user; contact's id, JID */
};

void
roster_put(struct gateway *gw, const char *jid, const struct contact *c,
    const char *subscription, iq_answer *answer, void *ctx)
{
	struct xml *x = iq_begin(gw, "set", NULL, jid);

	xml_open_ns(x, "query", NS_ROSTER);
	say_roster_item(x, c, subscription);
	iq_send(gw, x, jid, PUT_TIMEOUT, answer, ctx);
}

static void
write_answered(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct written *w = ctx;
	struct user *user = user_find(gw, w->jid);
	struct contact *c = user ? contact_find(user, w->name) : NULL;
	const char *type = answer ? stanza_attr(answer, "type") : NULL;

	(void)a;
	if (type != NULL && strcmp(type, "error") == 0)
		rights_refused_roster_set(gw, w->jid);
	if (user != NULL && (c == NULL || c->ignored)) {
		/* Removed meanwhile; our words may have come behind that. */
		roster_put(gw, w->jid, &(struct contact){ .jid = w->item },
		    "remove", NULL, NULL);
	} else if (c != NULL && type != NULL && strcmp(type, "result") == 0) {
		is_item(user, c);
	} else if (c != NULL) {
		/* By another way, or when the link is back. */
		c->pending = true;
		user->roster_due = 0;
		soon(user);
	}
	free(w->jid);
	free(w->name);
	free(w->item);
	free(w);
}

/* Who reads the roster meanwhile may find it as it was. */
static void
write_item(struct user *user, struct contact *c)
{
	struct written *w = xmalloc(sizeof(*w));

	c->changed = ev_now(user->gw->loop);
	*w = (struct written){ user->gw, xstrdup(user->jid),
	    xstrdup(c->name), xstrdup(c->jid) };
	roster_put(user->gw, user->jid, c, c->network == SUB_BOTH ? "both" :
	    c->network == SUB_TO ? "to" : c->network == SUB_FROM ? "from" :
	    "none", write_answered, w);
}

/* -------------------------------------------------------------- server mode */

void
roster_push(struct user *user, struct contact *c)
{
	struct client *client;

	TAILQ_FOREACH(client, &user->clients, entry)
		say_roster_push(user, c, NULL, client->full);
	is_item(user, c);
}

/* ------------------------------------------------------------------ offered */

static bool
to_be_offered(const struct contact *c)
{
	if (!c->pending || !contact_is_friend(c))
		return false;
	/* Neither sees the other: there is nothing to agree to. */
	if (c->network == SUB_NONE || c->network == SUB_ASK)
		return false;
	/* One whom the user has asked is on the roster, for one half. */
	if (c->subscription == SUB_FROM)
		return c->told && c->network == SUB_BOTH;
	return c->subscription != SUB_BOTH && c->subscription != SUB_ASK;
}

static void
offer_by_request(struct user *user)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&user->contacts, &at)) != NULL) {
		if (to_be_offered(c)) {
			c->subscription = SUB_ASK;
			contact_save(user, c);
			say_subscribe(user, c, NULL);
		}
		c->pending = false;
	}
}

static void
offer_by_message(struct user *user, const char *full)
{
	struct xml *x = link_begin(user->gw->link);
	struct contact *c;
	size_t at = 0;

	xml_open(x, "message");
	xml_attr(x, "from", user->gw->config->jid);
	xml_attr(x, "to", full);
	xml_open_ns(x, "x", NS_ROSTERX);
	while ((c = map_next(&user->contacts, &at)) != NULL) {
		if (to_be_offered(c)) {
			xml_open(x, "item");
			xml_attr(x, "action", "add");
			xml_attr(x, "jid", c->jid);
			xml_attr(x, "name", c->nickname);
			xml_close(x);
			c->subscription = SUB_ASK;
			contact_save(user, c);
		}
		c->pending = false;
	}
	say_end(user->gw, x, full, LINK_KEEP);
}

static void
offer(struct gateway *gw, const char *full, bool wants_rosterx)
{
	char *bare = xstrndup(full, strcspn(full, "/"));
	struct user *user = user_find(gw, bare);

	free(bare);
	if (user == NULL)
		return;
	if (wants_rosterx && user_client(user, full) != NULL)
		offer_by_message(user, full);
	else
		offer_by_request(user);
}

/* ---------------------------------------------- how things are between them */

static void
answer_subscription(struct user *user, struct contact *c, bool yes)
{
	c->waits = false;
	say_presence(user->gw, c->jid, user->jid, yes ? "subscribed" :
	    "unsubscribed", SHOW_OFFLINE, NULL);
}

void
roster_agreed(struct user *user, struct contact *c)
{
	bool by_rights = rights_of(user->gw, user->jid)->roster_set;

	c->ignored = false;
	if (c->subscription != SUB_BOTH) {
		c->subscription = SUB_FROM;
		if (by_rights) {
			roster_changed(user, c);
		} else if (c->network == SUB_BOTH) {
			say_subscribe(user, c, NULL);
			c->subscription = SUB_BOTH;
		}
	}
	contact_save(user, c);
	roster_show(user, c);
}

void
roster_network(struct user *user, struct contact *c, enum subscription now)
{
	enum subscription before = c->network;
	bool seen = now == SUB_BOTH || now == SUB_TO;
	bool server = link_is_server(user->gw->link);

	c->network = now;
	c->stated = true;
	if (c->waits && !c->adding && (seen || now == SUB_NONE)) {
		answer_subscription(user, c, seen);
		if (!server && seen)
			roster_agreed(user, c);
	}
	if (seen)
		c->requested = c->requested && now == SUB_TO;
	/* Behind a server without rights all there is are these stanzas. */
	if (before != now && (server ||
	    rights_of(user->gw, user->jid)->roster_set))
		roster_changed(user, c);
}

/* --------------------------------------------------------------- the choice */

void
roster_changed(struct user *user, struct contact *c)
{
	c->pending = true;
	soon(user);
}

static size_t
count_offers(const struct user *user)
{
	struct contact *c;
	size_t at = 0, n = 0;

	while ((c = map_next(&user->contacts, &at)) != NULL)
		n += to_be_offered(c);
	return n;
}

static void
each_pending(struct user *user, void (*tell)(struct user *, struct contact *))
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&user->contacts, &at)) != NULL) {
		if (!c->pending || !contact_is_friend(c))
			continue;
		c->pending = false;
		tell(user, c);
	}
}

static void
tell_by_rights(struct user *user, struct contact *c)
{
	write_item(user, c);
}

void
roster_flush(struct user *user)
{
	struct gateway *gw = user->gw;
	const struct client *best = user_best_client(user);

	user->roster_due = 0;
	if (best == NULL)
		return;			/* roster_client_up() comes back */
	if (user->guest)
		return;			/* so does roster_push_all() */
	if (!link_is_up(gw->link)) {
		user->roster_due = ev_now(gw->loop) + LINK_PAUSE;
		return;
	}
	if (link_is_server(gw->link))
		each_pending(user, roster_push);
	else if (rights_of(gw, user->jid)->roster_set)
		each_pending(user, tell_by_rights);
	else if (count_offers(user) > 0)
		caps_ask_rosterx(gw, best->full, offer);
}

/* ------------------------------------------------------------- session life */

void
roster_session_up(struct user *user)
{
	/* An offer is one only where the user's server has the roster: another
	 * mode, or the C++ program, may have left it. */
	bool by_us = link_is_server(user->gw->link) ||
	    rights_of(user->gw, user->jid)->roster_set;
	struct client *client;
	struct contact *c;
	size_t at = 0;

	roster_watch(user);
	TAILQ_FOREACH(client, &user->clients, entry)
		avatar_client_up(user, client->full);
	while ((c = map_next(&user->contacts, &at)) != NULL) {
		roster_show(user, c);
		if (contact_is_friend(c) && c->subscription != SUB_BOTH &&
		    (c->subscription != SUB_ASK || by_us))
			roster_changed(user, c);
	}
	roster_read_soon(user);
	avatar_look(user);
	keys_session_up(user);
}

void
roster_push_all(struct user *user)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&user->contacts, &at)) != NULL)
		c->pending = true;
	/* At once: how they are is told next.  Else roster_client_up() does. */
	if (!TAILQ_EMPTY(&user->clients))
		each_pending(user, roster_push);
}

void
roster_client_up(struct user *user, const char *full)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&user->contacts, &at)) != NULL) {
		if (visible(c))
			say_contact_all(user, c, full);
		if (c->pending)
			soon(user);
	}
	if (user->roster_look == 0)
		roster_read(user);
	avatar_client_up(user, full);
}

void
roster_client_down(struct user *user, const char *full)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&user->contacts, &at)) != NULL) {
		say_contact_gone(user, c, full ? full : user->jid);
		if (full == NULL) {
			c->shown = c->watched = c->stale = false;
			c->show = SHOW_OFFLINE;
			contact_clients_clear(user, c);
		}
	}
}

void
roster_removed(struct user *user, const struct contact *c)
{
	struct gateway *gw = user->gw;
	struct client *client;

	if (link_is_server(gw->link)) {
		if (user->guest)
			return;		/* has not seen it */
		TAILQ_FOREACH(client, &user->clients, entry)
			say_roster_push(user, c, "remove", client->full);
	} else if (rights_of(gw, user->jid)->roster_set) {
		roster_put(gw, user->jid, c, "remove", NULL, NULL);
	} else {
		say_unsubscribe(gw, c->jid, user->jid);
	}
}
