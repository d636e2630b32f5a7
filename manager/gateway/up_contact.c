/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network's list of contacts and their presence. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/avatar.h"
#include "manager/gateway/block.h"
#include "manager/gateway/contact_client.h"
#include "manager/gateway/name.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/up.h"
#include "util/log.h"
#include "util/xalloc.h"

static struct contact *
get(struct up *up, const char *name)
{
	struct contact *c = contact_find(up->user, name);

	if (c == NULL && (c = contact_add(up->user, name)) == NULL)
		log_debug("%s: %s: contact \"%s\" cannot be made an address, "
		    "or is one too many", up->gw->config->jid, up->user->jid,
		    name);
	return c;
}

/* *slot = value when it is given; true when that changes anything. */
static bool
update(char **slot, const char *value)
{
	if (value == NULL)
		return false;
	if (*value == '\0')
		value = NULL;
	if (*slot == NULL ? value == NULL :
	    value != NULL && strcmp(*slot, value) == 0)
		return false;
	xreplace(slot, value);
	return true;
}

/* Or empty: there is none. */
static bool
is_hash(const char *s)
{
	return *s == '\0' || (strlen(s) == 40 &&
	    strspn(s, "0123456789abcdefABCDEF") == 40);
}

/* Told in a contact, or with the picture itself. */
static void
set_avatar(struct user *user, struct contact *c, const char *hash, bool here)
{
	bool changed = (hash == NULL || is_hash(hash)) &&
	    update(&c->avatar_hash, hash);

	if (changed && contact_is_shown(c))
		say_contact_all(user, c, user->jid);
	if (changed || here)
		avatar_tell(user, c);
}

void
up_contact(struct up *up)
{
	const struct msg_contact *msg = &up->params->contact;
	bool known = contact_find(up->user, msg->contact) != NULL;
	struct contact *c;
	bool changed = false;

	/* The account's own name is on some networks' lists. */
	if (up->user->account != NULL &&
	    strcmp(up->user->account, msg->contact) == 0)
		return;
	if ((c = get(up, msg->contact)) == NULL)
		return;
	if (msg->name != NULL)
		changed = contact_set_name(c, msg->name);
	if (msg->groups.v != NULL)
		changed |= contact_set_groups(c, &msg->groups);
	if (changed)
		c->changed = ev_now(up->gw->loop);
	/* One that only was blocked, or had only asked, is new to the roster. */
	known = known && contact_is_friend(c);
	c->listed = c->told = true;
	if (msg->blocked != TRI_ABSENT)
		block_changed(up->user, c, msg->blocked == TRI_TRUE);
	set_avatar(up->user, c, msg->avatar_hash, false);
	if (!known || changed) {
		contact_save(up->user, c);
		roster_changed(up->user, c);
	}
	if (msg->subscription != NULL)
		roster_network(up->user, c,
		    subscription_parse(msg->subscription));
}

/* As a whole, which is also what is no client. */
static void
set_whole(struct user *user, struct contact *c,
    const struct msg_contact_presence *msg)
{
	enum show show = show_parse(msg->show);
	bool changed = update(&c->status, msg->status ? msg->status : "");

	changed |= c->since != msg->since;
	c->since = msg->since > 0 ? msg->since : 0;
	c->stale = false;
	if (c->show == show && !changed && c->shown == (show != SHOW_OFFLINE))
		return;
	c->show = show;
	roster_show(user, c);
}

static void
client_gone(struct user *user, struct contact *c,
    struct contact_client *client, const char *status)
{
	if (client->shown)
		say_client_gone(user, c, client, status, user->jid);
	contact_client_remove(user, c, client);
}

static void
set_client(struct user *user, struct contact *c, const char *resource,
    const struct msg_contact_presence *msg)
{
	struct buf extra = { 0 };
	struct contact_client *client, now = {
		.status = msg->status && *msg->status ? (char *)msg->status :
		    NULL,
		.show = show_parse(msg->show),
		.since = msg->since > 0 ? msg->since : 0,
		.priority = msg->priority < -128 ? -128 :
		    msg->priority > 127 ? 127 : (int)msg->priority,
	};
	bool changed;

	if (raw_presence(user, msg->extra, &extra))
		now.extra = buf_data(&extra);
	client = contact_client_put(user, c, resource, &now, &changed);
	if (client == NULL)
		log_debug("%s: %s: one client too many of %s",
		    user->gw->config->jid, user->jid, c->name);
	else if (changed)
		roster_show_client(user, c, client);
	buf_free(&extra);
}

void
up_contact_presence(struct up *up)
{
	const struct msg_contact_presence *msg = &up->params->contact_presence;
	struct contact *c = contact_find(up->user, msg->contact);
	bool gone = show_parse(msg->show) == SHOW_OFFLINE;
	struct contact_client *client = NULL;
	struct arena a = { 0 };
	const char *resource;

	if (c == NULL)
		return;		/* not on the list: nobody to show it to */
	resource = name_resource(&a, msg->resource);
	if (resource != NULL)
		client = contact_client_find(c, resource);
	if (resource == NULL && msg->resource == NULL && gone) {
		while (c->clients != NULL)
			client_gone(up->user, c, c->clients, msg->status);
	}
	if (resource == NULL)
		set_whole(up->user, c, msg);
	else if (!gone)
		set_client(up->user, c, resource, msg);
	else if (client != NULL)
		client_gone(up->user, c, client, msg->status);
	arena_free(&a);
}

static void
remove_from_list(struct user *user, struct contact *c)
{
	if (c->waits)
		say_presence(user->gw, c->jid, user->jid, "unsubscribed",
		    SHOW_OFFLINE, NULL);
	say_contact_gone(user, c, user->jid);
	roster_removed(user, c);
	contact_remove(user, c);
}

void
up_contact_removed(struct up *up)
{
	struct contact *c = contact_find(up->user,
	    up->params->contact_removed.contact);

	if (c != NULL)
		remove_from_list(up->user, c);
}

/* Who was on the list once, and has been removed while the user was away. */
void
up_contacts_end(struct up *up)
{
	struct contact *c, **gone;
	size_t at = 0, n = 0;

	gone = xreallocarray(NULL, map_count(&up->user->contacts) + 1,
	    sizeof(*gone));
	while ((c = map_next(&up->user->contacts, &at)) != NULL) {
		if (!c->told && !c->adding && contact_is_friend(c))
			gone[n++] = c;
	}
	for (size_t i = 0; i < n; i++)
		remove_from_list(up->user, gone[i]);
	free(gone);
}

void
up_contact_request(struct up *up)
{
	const struct msg_contact_request *msg = &up->params->contact_request;
	struct contact *c = get(up, msg->contact);

	if (c == NULL || c->blocked)
		return;
	if (!c->listed)
		update(&c->nickname, msg->name);
	c->requested = true;
	say_subscribe(up->user, c, msg->text);
}

void
up_avatar(struct up *up)
{
	const struct msg_avatar *msg = &up->params->avatar;
	struct contact *c = contact_find(up->user, msg->contact);
	const struct avatar *a;
	bool new;

	if (c == NULL)
		return;
	/* We know better than the network what its hash is. */
	new = avatar_find(up->gw, c->avatar_hash) == NULL;
	a = avatar_keep(up->gw, msg->type, msg->data.data, msg->data.len);
	if (a == NULL && msg->data.len > 0) {
		log_debug("%s: %s: the picture of %s is too large",
		    up->gw->config->jid, up->user->jid, c->name);
		return;
	}
	set_avatar(up->user, c, a ? a->id : "", new);
	contact_save(up->user, c);
}
