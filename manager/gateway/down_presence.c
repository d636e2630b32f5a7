/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Presence to the gateway itself: this is how a user says "log me in", "I am
 * away" and "goodbye". */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/admin.h"
#include "manager/gateway/ask.h"
#include "manager/gateway/avatar.h"
#include "manager/gateway/client_caps.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/session.h"
#include "manager/gateway/watch.h"

#define CLIENTS_MAX 64		/* of one user */

static enum show
show_of(const struct down *d)
{
	const char *show = stanza_child_text(d->arena, d->stanza, "show",
	    NULL);

	return show && *show ? show_parse(show) : SHOW_ONLINE;
}

static int
priority_of(const struct down *d)
{
	const char *text = stanza_child_text(d->arena, d->stanza, "priority",
	    NULL);
	long value = text ? strtol(text, NULL, 10) : 0;

	return value < -128 ? -128 : value > 127 ? 127 : (int)value;
}

/* RFC 6121 4.4.2: the user's clients see each other.  In gateway mode the XMPP
 * server does this. */
static void
show_to_each_other(struct user *user, struct client *client, bool added)
{
	struct client *other;

	if (!link_is_server(user->gw->link))
		return;
	TAILQ_FOREACH(other, &user->clients, entry) {
		say_presence(user->gw, client->full, other->full, NULL,
		    client->show, client->status);
		if (added && other != client)
			say_presence(user->gw, other->full, client->full, NULL,
			    other->show, other->status);
	}
}

static size_t
client_count(const struct user *user)
{
	struct client *client;
	size_t n = 0;

	TAILQ_FOREACH(client, &user->clients, entry)
		n++;
	return n;
}

/* A question was put to those who were there (ask.h). */
static void
show_question(struct user *user, const struct client *client, bool added)
{
	if (added && link_is_server(user->gw->link))
		ask_show(user, client->full);
}

static void
welcome(struct user *user, const struct client *client)
{
	session_greet(user, client);
	roster_client_up(user, client->full);
	keys_look(user);
}

void
down_presence_available(struct down *d)
{
	struct client *client;
	struct user *user;
	bool added;

	if (d->from->node == NULL || d->from->resource == NULL ||
	    d->gw->stopping)
		return;
	/* Server mode: the admin is no user of the network. */
	if (link_is_server(d->gw->link) && admin_is(d->gw, d->from->bare))
		return;
	user = user_get(d->gw, d->from->bare);
	if (user_client(user, d->from->full) == NULL &&
	    client_count(user) >= CLIENTS_MAX) {
		say_error(d, E_RESOURCE_CONSTRAINT, "Too many clients.");
		return;
	}
	client = user_client_set(user, d->from->full, show_of(d),
	    stanza_child_text(d->arena, d->stanza, "status", NULL),
	    priority_of(d), &added);
	client_caps_note(user, client, d->stanza);
	show_to_each_other(user, client, added);
	avatar_note(user, d);
	if (!session_ready(user)) {
		/* While recovering the user is not to notice. */
		if (!user->shown)
			say_presence(d->gw, d->gw->config->jid, client->full,
			    "unavailable", SHOW_OFFLINE, "Connecting");
		else if (added)
			welcome(user, client);
		session_want(user, NULL);
		show_question(user, client, added);
		return;
	}
	show_question(user, client, added);
	if (added)
		welcome(user, client);
	else
		session_greet(user, client);
	session_presence(user);
}

void
down_presence_unavailable(struct down *d)
{
	struct client *other;

	if (d->user == NULL || user_client(d->user, d->from->full) == NULL) {
		say_presence(d->gw, d->gw->config->jid, d->from->full,
		    "unavailable", SHOW_OFFLINE, NULL);
		return;
	}
	roster_client_down(d->user, d->from->full);
	say_presence(d->gw, d->gw->config->jid, d->from->full, "unavailable",
	    SHOW_OFFLINE, NULL);
	if (link_is_server(d->gw->link)) {
		TAILQ_FOREACH(other, &d->user->clients, entry)
			say_presence(d->gw, d->from->full, other->full,
			    "unavailable", SHOW_OFFLINE, NULL);
	}
	watch_goodbye(d->user, d->from->full);
}

void
down_presence_probe(struct down *d)
{
	if (d->user != NULL && d->user->shown &&
	    !TAILQ_EMPTY(&d->user->clients)) {
		say_gateway(d->user, d->from->full);
		return;
	}
	say_presence(d->gw, d->gw->config->jid, d->from->full, "unavailable",
	    SHOW_OFFLINE, NULL);
	/* Maybe we were away when the user came: ask in turn.  Only people:
	 * another gateway might do as we do, for ever. */
	if (!link_is_server(d->gw->link) && d->from->node != NULL)
		say_presence(d->gw, d->gw->config->jid, d->from->bare, "probe",
		    SHOW_ONLINE, NULL);
}

void
down_presence_error(struct down *d)
{
	if (d->user != NULL && user_client(d->user, d->from->full) != NULL)
		watch_remove(d->user, d->from->full);
}

void
down_gateway_subscribe(struct down *d)
{
	say_presence(d->gw, d->gw->config->jid, d->from->bare, "subscribed",
	    SHOW_ONLINE, NULL);
	if (d->user != NULL && d->user->shown)
		down_presence_probe(d);
}

/* XEP-0100 4.4.1: the user lets us see its presence; the server sends it. */
void
down_gateway_subscribed(struct down *d)
{
	say_presence(d->gw, d->gw->config->jid, d->from->bare, "probe",
	    SHOW_ONLINE, NULL);
}

void
down_gateway_unsubscribe(struct down *d)
{
	say_presence(d->gw, d->gw->config->jid, d->from->bare, "unsubscribed",
	    SHOW_ONLINE, NULL);
}

/* The user does not want us to see its presence.  It is still registered and
 * may send presence by hand, so there is nothing to undo. */
void
down_gateway_unsubscribed(struct down *d)
{
	(void)d;
}
