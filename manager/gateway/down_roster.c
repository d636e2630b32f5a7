/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Server mode: the roster is ours, and is the network's list. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/session.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define GROUPS_MAX 16

void
down_roster_get(struct down *d)
{
	struct contact *c;
	struct xml *x;
	size_t at = 0;

	if (!link_is_server(d->gw->link)) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_ROSTER);
	/* Somebody may be a guest: the list is pushed when it is the user. */
	while (!d->user->guest &&
	    (c = map_next(&d->user->contacts, &at)) != NULL) {
		if (!c->ignored)
			say_roster_item(x, c, "both");
	}
	say_end(d->gw, x, d->from->full, 0);
}

static void
remove_item(struct down *d, struct contact *c)
{
	struct msg_contact_remove msg = {
		.user = d->user->jid, .contact = c->name,
	};

	session_request(d->user, METHOD_contact_remove, &msg, NULL, NULL);
	roster_unwatch(d->user, c);
	roster_removed(d->user, c);
	contact_remove(d->user, c);
}

static void
read_groups(struct down *d, const struct stanza *item, struct strs *groups)
{
	groups->v = arena_alloc(d->arena, GROUPS_MAX * sizeof(*groups->v));
	for (const struct stanza *g = stanza_first(item);
	    g != NULL && groups->n < GROUPS_MAX; g = stanza_next(g)) {
		if (strcmp(g->name, "group") == 0)
			groups->v[groups->n++] = stanza_text(d->arena, g);
	}
}

static void
save_item(struct contact *c, const char *name, const struct strs *groups)
{
	struct buf joined = { 0 };
	char *text;

	for (size_t i = 0; i < groups->n; i++)
		buf_addf(&joined, "%s%s", i ? "\n" : "", groups->v[i]);
	text = buf_steal(&joined);
	xreplace(&c->groups, *text ? text : NULL);
	xreplace(&c->nickname, name);
	free(text);
}

static void
set_item(struct down *d, const struct stanza *item, struct contact *c,
    const char *network_name)
{
	struct msg_contact_update update = {
		.user = d->user->jid, .name = stanza_attr(item, "name"),
	};
	struct msg_contact_add add = {
		.user = d->user->jid, .name = update.name,
	};
	bool known = c != NULL;

	if (!known && (c = contact_add(d->user, network_name)) == NULL) {
		say_error(d, E_NOT_ACCEPTABLE, NULL);
		return;
	}
	say_result(d);
	read_groups(d, item, &update.groups);
	save_item(c, update.name, &update.groups);
	c->ignored = false;
	contact_save(d->user, c);
	add.contact = update.contact = c->name;
	add.groups = update.groups;
	if (known)
		session_request(d->user, METHOD_contact_update, &update, NULL,
		    NULL);
	else
		session_request(d->user, METHOD_contact_add, &add, NULL, NULL);
	roster_changed(d->user, c);
}

void
down_roster_set(struct down *d)
{
	const struct stanza *item = stanza_child(d->payload, "item", NULL);
	const char *text = stanza_attr(item, "jid"), *subscription;
	struct contact *c;
	struct jid jid;

	if (!link_is_server(d->gw->link)) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	if (!session_ready(d->user)) {
		say_error(d, E_RECIPIENT_UNAVAILABLE, "The network is not "
		    "there at the moment; try again.");
		return;
	}
	if (text == NULL || jid_parse(d->arena, text, &jid) < 0) {
		say_error(d, E_BAD_REQUEST, "An item with a JID is missing.");
		return;
	}
	if (jid.node == NULL || strcmp(jid.domain, d->gw->config->jid) != 0) {
		say_error(d, E_NOT_ALLOWED,
		    "Only contacts of this network can be added.");
		return;
	}
	c = contact_find_jid(d->user, jid.bare);
	subscription = stanza_attr(item, "subscription");
	if (subscription == NULL || strcmp(subscription, "remove") != 0) {
		set_item(d, item, c, name_from_node(d->arena, jid.node));
	} else if (c == NULL) {
		say_error(d, E_ITEM_NOT_FOUND, NULL);
	} else {
		say_result(d);
		remove_item(d, c);
	}
}
