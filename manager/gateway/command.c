/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which commands does a JID offer, and how is an answer written?  Running them
 * is down_command.c's. */
#include "manager/gateway/command.h"

#include <string.h>

#include "manager/gateway/ask.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/menu.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_owner.h"
#include "manager/gateway/settings.h"
#include "protocol/features.h"
#include "util/rand.h"

/* The gateway's own. */
static const struct {
	enum command_place place;
	const char	*node, *label;
} own[] = {
	{ AT_GATEWAY, SETTINGS_NODE, SETTINGS_LABEL },
	{ AT_GATEWAY, ASK_NODE, ASK_LABEL },
	{ AT_NETWORK, SETTINGS_NODE, SETTINGS_SERVER_LABEL },
	{ AT_ROOM, ROOM_OWNER_NODE, ROOM_OWNER_LABEL },
};

enum command_place
command_place(const struct down *d)
{
	if (d->to->node == NULL)
		return AT_GATEWAY;
	if (link_is_server(d->gw->link) &&
	    strcmp(d->to->bare, d->from->bare) == 0)
		return AT_NOTHING;
	if (d->room != NULL || name_is_room(d->gw, d->name))
		return d->to->resource == NULL ? AT_ROOM : AT_NOTHING;
	if (name_is_server(d->gw, d->name))
		return AT_NETWORK;
	return gateway_can(d->gw, FEATURE_CONTACT_COMMANDS) ? AT_CONTACT :
	    AT_NOTHING;
}

const char *
command_target(const struct down *d)
{
	const struct contact *c;

	if (d->to->node == NULL)
		return NULL;
	if (d->room != NULL)
		return d->room->id;
	/* A name that a JID, being in lower case, does not tell. */
	c = d->user ? contact_find_jid(d->user, d->to->bare) : NULL;
	return c != NULL ? c->name : d->name;
}

static bool
is_on(const struct msg_command_info *info, const char *where)
{
	for (size_t i = 0; i < info->on.n; i++) {
		if (strcmp(info->on.v[i], where) == 0)
			return true;
	}
	return false;
}

static bool
is_at(const struct gateway *gw, const struct msg_command_info *info,
    enum command_place place)
{
	switch (place) {
	case AT_GATEWAY:
		return info->on.n == 0 || is_on(info, "gateway") ||
		    (is_on(info, "network") &&
		    !gateway_can(gw, FEATURE_NETWORKS));
	case AT_NETWORK:
		return is_on(info, "network");
	case AT_ROOM:
		return is_on(info, "room");
	case AT_CONTACT:
		return is_on(info, "contact");
	case AT_NOTHING:
		break;
	}
	return false;
}

const struct msg_command_info *
command_of_backend(const struct down *d, const char *node)
{
	enum command_place place = command_place(d);
	const struct msg_command_info *info;

	for (size_t i = 0; (info = menu_at(d->gw, d->user, i)) != NULL; i++) {
		if (strcmp(info->name, node) == 0 && is_at(d->gw, info, place))
			return info;
	}
	return NULL;
}

/* That to answer a question is only there when there is one. */
static bool
is_there(const struct down *d, size_t i)
{
	return own[i].place == command_place(d) &&
	    (strcmp(own[i].node, ASK_NODE) != 0 ||
	    (d->user != NULL && ask_is_open(d->user)));
}

static const char *
own_label(const struct down *d, const char *node)
{
	for (size_t i = 0; i < LENGTH(own); i++) {
		if (strcmp(own[i].node, node) == 0 && is_there(d, i))
			return own[i].label;
	}
	return NULL;
}

const char *
command_label(const struct down *d, const char *node)
{
	const struct msg_command_info *info = command_of_backend(d, node);
	const char *label = own_label(d, node);

	return label != NULL || info == NULL ? label : info->label;
}

static void
put_item(const struct down *d, struct xml *x, const char *node,
    const char *label)
{
	xml_open(x, "item");
	xml_attr(x, "jid", d->to->node == NULL ? d->gw->config->jid :
	    command_place(d) == AT_CONTACT ? d->to->full : d->to->bare);
	xml_attr(x, "node", node);
	xml_attr(x, "name", label);
	xml_close(x);
}

void
command_put_items(const struct down *d, struct xml *x)
{
	const struct msg_command_info *info;

	for (size_t i = 0; i < LENGTH(own); i++) {
		if (is_there(d, i))
			put_item(d, x, own[i].node, own[i].label);
	}
	for (size_t i = 0; (info = menu_at(d->gw, d->user, i)) != NULL; i++) {
		/* The first of a name is the one that can be run. */
		if (own_label(d, info->name) == NULL &&
		    command_of_backend(d, info->name) == info)
			put_item(d, x, info->name, info->label);
	}
}

/* ------------------------------------------------------------------ answers */

static struct xml *
begin(const struct asked *asked, const char *node, const char *session,
    const char *status)
{
	struct xml *x = asked_begin(asked);
	char token[17];

	rand_token(token, sizeof(token));
	xml_open_ns(x, "command", NS_COMMANDS);
	xml_attr(x, "node", node);
	xml_attr(x, "sessionid", session ? session : token);
	xml_attr(x, "status", status);
	return x;
}

static bool
has(const struct strs *actions, const char *action)
{
	for (size_t i = 0; i < actions->n; i++) {
		if (strcmp(actions->v[i], action) == 0)
			return true;
	}
	return false;
}

struct xml *
command_begin_step(const struct asked *asked, const char *node,
    const char *session, const struct strs *actions)
{
	static const char *const known[] = { "prev", "next", "complete" };
	struct xml *x = begin(asked, node, session, "executing");
	bool next = has(actions, "next"), complete = has(actions, "complete");

	/* XEP-0050 3.4: what "execute" stands for must be among them. */
	xml_open(x, "actions");
	xml_attr(x, "execute", next ? "next" : "complete");
	for (size_t i = 0; i < LENGTH(known); i++) {
		if (has(actions, known[i]) || (i == 2 && !next && !complete))
			xml_element(x, known[i], NULL, NULL);
	}
	xml_close(x);
	return x;
}

struct xml *
command_begin(const struct asked *asked, const char *node,
    const char *session, const char *status)
{
	static const struct strs none;

	if (strcmp(status, "executing") == 0)
		return command_begin_step(asked, node, session, &none);
	return begin(asked, node, session, status);
}

static void
note(struct xml *x, const char *type, const char *text)
{
	xml_open(x, "note");
	xml_attr(x, "type", type);
	xml_text(x, text);
	xml_close(x);
}

void
command_note(struct xml *x, const char *text)
{
	note(x, "info", text);
}

void
command_wrong(struct xml *x, const char *text)
{
	note(x, "error", text);
}
