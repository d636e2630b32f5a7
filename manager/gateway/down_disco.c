/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Service discovery: what is this, and what is in it? */
#include <string.h>

#include "manager/gateway/caps.h"
#include "manager/gateway/command.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_disco.h"
#include "manager/gateway/room_list.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"

static void
put_identity(struct xml *x, const char *category, const char *type,
    const char *name)
{
	xml_open(x, "identity");
	xml_attr(x, "category", category);
	xml_attr(x, "type", type);
	xml_attr(x, "name", name);
	xml_close(x);
}

static void
put_feature(struct xml *x, const char *var)
{
	xml_open(x, "feature");
	xml_attr(x, "var", var);
	xml_close(x);
}

static struct xml *
begin(struct down *d, const char *ns, const char *node)
{
	struct xml *x = say_result_begin(d);

	xml_open_ns(x, "query", ns);
	xml_attr(x, "node", node);
	return x;
}

static void
gateway_info(struct down *d, const char *node)
{
	struct xml *x = begin(d, NS_DISCO_INFO, node);

	caps_put_gateway(d->gw, x);
	say_end(d->gw, x, d->from->full, 0);
}

static void
command_info(struct down *d, const char *node)
{
	const char *label = command_label(d, node);
	struct xml *x;

	if (strcmp(node, NS_COMMANDS) != 0 && label == NULL) {
		say_error(d, E_ITEM_NOT_FOUND, NULL);
		return;
	}
	x = begin(d, NS_DISCO_INFO, node);
	if (label != NULL) {
		put_identity(x, "automation", "command-node", label);
		put_feature(x, NS_COMMANDS);
		put_feature(x, NS_DATA);
	} else {
		put_identity(x, "automation", "command-list", "Commands");
	}
	say_end(d->gw, x, d->from->full, 0);
}

/* XEP-0163 6: a bare JID whose pictures can be asked for (avatar_pep.c). */
static void
put_pep(struct down *d, struct xml *x)
{
	if (!gateway_can(d->gw, "avatars"))
		return;
	put_identity(x, "pubsub", "pep", NULL);
	put_feature(x, NS_PUBSUB);
}

/* Of the user's own account, nodes of which are on the network: what servers
 * of its kind can do, as it is not asked. */
static void
put_own_pep(struct down *d, struct xml *x)
{
	static const char *const can[] = {
		"access-presence", "access-whitelist", "auto-create",
		"auto-subscribe", "config-node", "create-and-configure",
		"create-nodes", "delete-items", "delete-nodes",
		"filtered-notifications", "item-ids", "last-published",
		"persistent-items", "publish", "publish-options",
		"retract-items", "retrieve-items", "subscribe",
	};

	if (!gateway_can(d->gw, FEATURE_RAW)) {
		put_pep(d, x);
		return;
	}
	put_identity(x, "pubsub", "pep", NULL);
	put_feature(x, NS_PUBSUB);
	for (size_t i = 0; i < LENGTH(can); i++) {
		xml_open(x, "feature");
		xml_attrf(x, "var", "%s#%s", NS_PUBSUB, can[i]);
		xml_close(x);
	}
}

static void
self_info(struct down *d)
{
	struct xml *x = begin(d, NS_DISCO_INFO, NULL);

	put_identity(x, "account", "registered", NULL);
	put_own_pep(d, x);
	put_feature(x, NS_DISCO_INFO);
	put_feature(x, NS_DISCO_ITEMS);
	put_feature(x, NS_VCARD);
	say_end(d->gw, x, d->from->full, 0);
}

static void
contact_info(struct down *d, const char *node)
{
	struct xml *x;

	if (node != NULL && !caps_is_node(node, caps_of_contacts(d->gw))) {
		say_error(d, E_ITEM_NOT_FOUND, NULL);
		return;
	}
	x = begin(d, NS_DISCO_INFO, node);
	/* The hash in presence is about the full JID. */
	if (node == NULL && d->to->resource == NULL)
		put_pep(d, x);
	caps_put_contact(d->gw, x);
	say_end(d->gw, x, d->from->full, 0);
}

/* Where there are several, each is a place to do something at. */
static void
network_info(struct down *d)
{
	struct xml *x = begin(d, NS_DISCO_INFO, NULL);

	put_identity(x, "conference", caps_network_type(d->gw), d->name);
	put_feature(x, NS_DISCO_INFO);
	put_feature(x, NS_DISCO_ITEMS);
	put_feature(x, NS_COMMANDS);
	put_feature(x, NS_MUC);
	put_feature(x, NS_PING);
	put_feature(x, NS_VCARD);
	put_feature(x, NS_VERSION);
	say_end(d->gw, x, d->from->full, 0);
}

static bool
is_self(const struct down *d)
{
	return link_is_server(d->gw->link) &&
	    strcmp(d->to->bare, d->from->bare) == 0;
}

static bool
is_room(const struct down *d)
{
	return d->room != NULL || name_is_room(d->gw, d->name);
}

/* Is it about the commands of this JID, or one of them? */
static bool
is_command(const struct down *d, const char *node)
{
	return node != NULL && command_place(d) != AT_NOTHING &&
	    (strcmp(node, NS_COMMANDS) == 0 || command_label(d, node) != NULL);
}

void
down_disco_info(struct down *d)
{
	const char *node = stanza_attr(d->payload, "node");

	if (d->to->node == NULL && (node == NULL ||
	    caps_is_node(node, caps_of_gateway(d->gw))))
		gateway_info(d, node);
	else if (d->to->node == NULL || is_command(d, node))
		command_info(d, node);
	else if (is_self(d))
		self_info(d);
	else if (node == NULL && command_place(d) == AT_NETWORK)
		network_info(d);
	else if (is_room(d) && d->to->resource == NULL)
		room_disco_info(d);
	else
		contact_info(d, node);
}

static void
command_items(struct down *d)
{
	struct xml *x = begin(d, NS_DISCO_ITEMS, NS_COMMANDS);

	command_put_items(d, x);
	say_end(d->gw, x, d->from->full, 0);
}

static void
no_items(struct down *d, const char *node)
{
	say_end(d->gw, begin(d, NS_DISCO_ITEMS, node), d->from->full, 0);
}

void
down_disco_items(struct down *d)
{
	const char *node = stanza_attr(d->payload, "node");
	bool gateway = d->to->node == NULL;

	if (node != NULL && strcmp(node, NS_COMMANDS) == 0 &&
	    command_place(d) != AT_NOTHING)
		command_items(d);
	else if (node != NULL || is_self(d))
		no_items(d, node);
	else if (!gateway && is_room(d) && d->to->resource == NULL)
		room_disco_items(d);
	/* A server of the network, where there are several, lists its rooms. */
	else if ((gateway || gateway_can(d->gw, "networks")) &&
	    d->to->resource == NULL && gateway_can(d->gw, "room_list") &&
	    d->user != NULL && session_ready(d->user))
		room_list_answer(d);
	else
		no_items(d, NULL);
}
