/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of stanzas that pass as they are.  A resource is an opaque text of
 * the other side: the network's is shown as the contact's, the client's is told
 * to the network, and each gets its own back. */
#include "manager/gateway/raw_address.h"

#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"

static bool
in_room(const struct down *d, struct msg_stanza *m)
{
	if (!room_has_client(d->room, d->from->full))
		return false;
	m->peer = room_id(d->room);
	if (d->to->resource == NULL)
		return true;
	if (strcmp(d->to->resource, room_own_resource(d->room)) == 0)
		return false;
	m->room = m->peer;
	m->peer = room_occupant_nick(d->room, d->to->resource);
	return m->peer != NULL;
}

bool
raw_address(const struct down *d, struct msg_stanza *m)
{
	const struct contact *c;

	if (!gateway_can(d->gw, FEATURE_RAW) || d->user == NULL ||
	    d->user->guest || d->name == NULL || *d->name == '\0' ||
	    !session_ready(d->user))
		return false;
	m->user = d->user->jid;
	m->client = d->from->resource;
	if (d->room != NULL)
		return in_room(d, m);
	c = contact_find_jid(d->user, d->to->bare);
	m->peer = c != NULL ? c->name : d->name;
	if (d->to->resource != NULL && name_is_room(d->gw, d->name))
		return false;
	/* Our own word for any of them is no word to the network. */
	m->resource = d->to->resource == NULL ? NULL :
	    name_client(d->to) != NULL ? d->to->resource : "";
	return true;
}

static const char *
full_of(struct arena *a, const char *bare, const char *resource)
{
	struct jid jid;

	if (bare == NULL || resource == NULL)
		return bare;
	if (*resource == '\0')
		resource = CONTACT_RESOURCE;
	return jid_parse(a, arena_printf(a, "%s/%s", bare, resource),
	    &jid) == 0 ? jid.full : NULL;
}

const char *
raw_source(const struct up *up, struct arena *a, const struct msg_stanza_up *m)
{
	const struct room *room = room_find_id(up->user, m->room ? m->room :
	    m->peer);
	const struct contact *c;
	const char *nick;

	if (*m->peer == '\0')
		return NULL;
	if (m->room != NULL) {
		nick = room ? room_occupant_resource(room, m->peer) : NULL;
		return nick ? arena_printf(a, "%s/%s", room_jid(room), nick) :
		    NULL;
	}
	if (room != NULL)
		return room_jid(room);
	c = contact_find(up->user, m->peer);
	return full_of(a, c ? c->jid : name_to_jid(up->gw, a, m->peer),
	    m->resource);
}

void
raw_map_items(const struct gateway *gw, struct arena *a,
    const struct stanza *parent)
{
	struct stanza *item = stanza_first(stanza_child(parent, "query",
	    NS_DISCO_ITEMS));
	const char *jid, *resource, *bare;

	for (; item != NULL; item = stanza_next(item)) {
		jid = stanza_attr(item, "jid");
		if (jid == NULL || !stanza_is(item, "item", NS_DISCO_ITEMS))
			continue;
		resource = strchr(jid, '/');
		bare = name_to_jid(gw, a, arena_printf(a, "%.*s",
		    (int)strcspn(jid, "/"), jid));
		if (resource != NULL)
			bare = full_of(a, bare, resource + 1);
		/* What can be no address of ours leads nowhere else. */
		stanza_set(a, item, "jid", bare ? bare : gw->config->jid);
	}
}

/* In a room only those are asked that are in it. */
const char *
raw_client(const struct user *user, struct arena *a,
    const struct msg_stanza_up *m)
{
	const struct room *room = room_find_id(user, m->room ? m->room :
	    m->peer);
	const struct client *client = user_best_client(user);
	const char *full;

	if (m->client == NULL && (room == NULL || (client != NULL &&
	    room_has_client(room, client->full))))
		return client ? client->full : NULL;
	if (m->client == NULL)
		return room_first_client(room);
	full = arena_printf(a, "%s/%s", user->jid, m->client);
	if (room != NULL)
		return room_has_client(room, full) ? full : NULL;
	return user_client(user, full) != NULL ? full : NULL;
}
