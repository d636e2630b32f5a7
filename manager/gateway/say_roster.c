/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stanzas about contacts. */
#include "manager/gateway/say_roster.h"

#include <string.h>

#include "manager/gateway/caps.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/say.h"

static struct xml *
begin(const struct user *user, const struct contact *c, const char *resource,
    const char *to)
{
	struct xml *x = link_begin(user->gw->link);

	xml_open(x, "presence");
	xml_attrf(x, "from", "%s/%s", c->jid, resource ? resource :
	    CONTACT_RESOURCE);
	xml_attr(x, "to", to);
	return x;
}

static void
put_show(struct xml *x, enum show show, const char *status)
{
	if (show == SHOW_OFFLINE)
		xml_attr(x, "type", "unavailable");
	else if (show != SHOW_ONLINE)
		xml_element(x, "show", NULL, show_name(show));
	if (status != NULL)
		xml_element(x, "status", NULL, status);
}

static void
put_idle(struct xml *x, int64_t since)
{
	char stamp[STAMP_SIZE];

	if (since <= 0)
		return;
	say_stamp(stamp, since);
	xml_open_ns(x, "idle", NS_IDLE);
	xml_attr(x, "since", stamp);
	xml_close(x);
}

/* XEP-0153: an empty photo says that there is none. */
static void
put_photo(struct xml *x, const struct contact *c)
{
	xml_open_ns(x, "x", NS_VCARD_UPDATE);
	xml_element(x, "photo", NULL, c->avatar_hash);
	xml_close(x);
}

void
say_contact(const struct user *user, const struct contact *c, const char *to)
{
	struct xml *x = begin(user, c, NULL, to);

	put_show(x, c->show, c->status);
	if (c->show != SHOW_OFFLINE)
		put_idle(x, c->since);
	caps_put(user->gw, x);
	put_photo(x, c);
	say_end(user->gw, x, to, 0);
}

/* It was written by raw_clean(): a namespace stands first. */
static bool
says_caps(const char *extra)
{
	return extra != NULL && (strstr(extra, "<c xmlns='" NS_CAPS "'") ||
	    strstr(extra, "<c xmlns='" NS_CAPS2 "'"));
}

void
say_client(const struct user *user, const struct contact *c,
    const struct contact_client *client, const char *to)
{
	struct xml *x = begin(user, c, client->resource, to);

	put_show(x, client->show, client->status);
	if (client->priority != 0) {
		xml_open(x, "priority");
		xml_textf(x, "%d", client->priority);
		xml_close(x);
	}
	put_idle(x, client->since);
	if (!says_caps(client->extra))
		caps_put(user->gw, x);
	put_photo(x, c);
	if (client->extra != NULL)
		xml_raw(x, client->extra, strlen(client->extra));
	say_end(user->gw, x, to, 0);
}

void
say_contact_all(const struct user *user, const struct contact *c,
    const char *to)
{
	const struct contact_client *client;

	if (c->show != SHOW_OFFLINE)
		say_contact(user, c, to);
	for (client = c->clients; client != NULL; client = client->next)
		say_client(user, c, client, to);
}

static void
say_gone(const struct user *user, const struct contact *c,
    const char *resource, const char *status, const char *to)
{
	struct xml *x = begin(user, c, resource, to);

	put_show(x, SHOW_OFFLINE, status);
	say_end(user->gw, x, to, 0);
}

void
say_client_gone(const struct user *user, const struct contact *c,
    const struct contact_client *client, const char *status, const char *to)
{
	say_gone(user, c, client->resource, status, to);
}

void
say_contact_gone(const struct user *user, const struct contact *c,
    const char *to)
{
	const struct contact_client *client;

	if (c->shown)
		say_gone(user, c, NULL, NULL, to);
	for (client = c->clients; client != NULL; client = client->next)
		if (client->shown)
			say_gone(user, c, client->resource, NULL, to);
}

void
say_gateway(const struct user *user, const char *to)
{
	const struct client *best = user_best_client(user);
	struct gateway *gw = user->gw;
	struct xml *x = link_begin(gw->link);

	xml_open(x, "presence");
	xml_attr(x, "from", gw->config->jid);
	xml_attr(x, "to", to);
	if (best != NULL && best->show != SHOW_ONLINE)
		xml_element(x, "show", NULL, show_name(best->show));
	if (best != NULL && best->status != NULL)
		xml_element(x, "status", NULL, best->status);
	caps_put_self(gw, x);
	say_end(gw, x, to, 0);
}

/* RFC 6121 2.1.2: how things stand with this contact. */
static const char *
state_of(const struct contact *c)
{
	switch (c->network) {
	case SUB_FROM:
		return "from";
	case SUB_TO:
		return "to";
	case SUB_BOTH:
		return c->adding ? "none" : "both";
	case SUB_NONE:
	case SUB_ASK:
		break;
	}
	return "none";
}

void
say_roster_item(struct xml *x, const struct contact *c,
    const char *subscription)
{
	const char *group = c->groups;

	xml_open(x, "item");
	xml_attr(x, "jid", c->jid);
	xml_attr(x, "subscription", subscription ? subscription :
	    state_of(c));
	if (subscription == NULL && (c->network == SUB_ASK || c->adding))
		xml_attr(x, "ask", "subscribe");
	if (subscription != NULL && strcmp(subscription, "remove") == 0) {
		xml_close(x);
		return;
	}
	xml_attr(x, "name", c->nickname);
	while (group != NULL && *group != '\0') {
		size_t len = strcspn(group, "\n");

		if (len > 0) {
			xml_open(x, "group");
			xml_textf(x, "%.*s", (int)len, group);
			xml_close(x);
		}
		group += len + (group[len] == '\n');
	}
	xml_close(x);
}

void
say_roster_push(const struct user *user, const struct contact *c,
    const char *subscription, const char *to)
{
	struct gateway *gw = user->gw;
	struct xml *x = link_begin(gw->link);

	xml_open(x, "iq");
	xml_attr(x, "type", "set");
	/* RFC 6121 2.1.6: a push comes from the account itself. */
	xml_attr(x, "from", user->jid);
	xml_attr(x, "to", to);
	xml_attrf(x, "id", "%s-r%lu", gw->iq_token, ++gw->iq_serial);
	xml_open_ns(x, "query", NS_ROSTER);
	say_roster_item(x, c, subscription);
	say_end(gw, x, to, 0);
}

void
say_subscribe(const struct user *user, const struct contact *c,
    const char *text)
{
	struct gateway *gw = user->gw;
	struct xml *x = link_begin(gw->link);

	xml_open(x, "presence");
	xml_attr(x, "type", "subscribe");
	xml_attr(x, "from", c->jid);
	xml_attr(x, "to", user->jid);
	if (text != NULL)
		xml_element(x, "status", NULL, text);
	if (c->nickname != NULL)
		xml_element(x, "nick", NS_NICK, c->nickname);
	say_end(gw, x, user->jid, LINK_KEEP);
}

void
say_unsubscribe(struct gateway *gw, const char *from, const char *to)
{
	static const char *const types[] = { "unsubscribe", "unsubscribed" };
	struct xml *x;

	for (size_t i = 0; i < LENGTH(types); i++) {
		x = link_begin(gw->link);
		xml_open(x, "presence");
		xml_attr(x, "type", types[i]);
		xml_attr(x, "from", from);
		xml_attr(x, "to", to);
		say_end(gw, x, to, LINK_KEEP);
	}
}
