/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which clients a contact has, within bounds, and which of them nobody has
 * spoken of since the session was lost.  Who may see them is roster.c's. */
#include "manager/gateway/contact_client.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/say_roster.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define STALE_TIME 60.0		/* seconds in which servers far away answer */

bool
contact_is_there(const struct contact *c)
{
	return c->show != SHOW_OFFLINE || c->clients != NULL;
}

/* What is to be seen of a contact is seen as a whole. */
bool
contact_is_shown(const struct contact *c)
{
	return c->shown || (c->clients != NULL && c->clients->shown);
}

struct contact_client *
contact_client_find(const struct contact *c, const char *resource)
{
	struct contact_client *client = c->clients;

	while (client != NULL && strcmp(client->resource, resource) != 0)
		client = client->next;
	return client;
}

static size_t
length(const char *s)
{
	return s != NULL ? strlen(s) + 1 : 0;
}

static size_t
size_of(const char *resource, const struct contact_client *facts)
{
	return sizeof(*facts) + length(resource) + length(facts->status) +
	    length(facts->extra);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct contact_client *
add(struct contact *c, const char *resource)
{
	struct contact_client **at = &c->clients;
	size_t n = 0, size = strlen(resource) + 1;

	for (; *at != NULL; at = &(*at)->next)
		n++;
	if (n >= CONTACT_CLIENTS_MAX)
		return NULL;
	*at = xcalloc(1, sizeof(**at) + size);
	memcpy((*at)->resource, resource, size);
	return *at;
}

struct contact_client *
contact_client_put(struct user *user, struct contact *c, const char *resource,
    const struct contact_client *facts, bool *changed)
{
	struct contact_client *client = contact_client_find(c, resource);
	size_t before = client ? size_of(resource, client) : 0;
	struct contact_client now = *facts;

	/* One that is known says less; a new one is one too many. */
	if (user->client_bytes - before + size_of(resource, &now) >
	    CONTACT_CLIENTS_BYTES_MAX)
		now.status = now.extra = NULL;
	if (client == NULL && (user->client_bytes + size_of(resource, &now) >
	    CONTACT_CLIENTS_BYTES_MAX || (client = add(c, resource)) == NULL))
		return NULL;
	*changed = !client->shown || client->show != now.show ||
	    client->priority != now.priority || client->since != now.since ||
	    !same(client->status, now.status) ||
	    !same(client->extra, now.extra);
	client->show = now.show;
	client->priority = now.priority;
	client->since = now.since;
	client->stale = false;
	xreplace(&client->status, now.status);
	xreplace(&client->extra, now.extra);
	user->client_bytes += size_of(resource, client) - before;
	return client;
}

void
contact_client_remove(struct user *user, struct contact *c,
    struct contact_client *client)
{
	struct contact_client **at = &c->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	user->client_bytes -= size_of(client->resource, client);
	free(client->status);
	free(client->extra);
	free(client);
}

void
contact_clients_clear(struct user *user, struct contact *c)
{
	while (c->clients != NULL)
		contact_client_remove(user, c, c->clients);
}

/* ------------------------------------------------------ a session was lost */

/* Where there are no clients to be told of, it is as it always was: a backend
 * says who has gone meanwhile. */
void
contact_clients_untold(struct user *user)
{
	struct contact_client *client;
	struct contact *c;
	size_t at = 0;

	user->presence_due = 0;
	if (!gateway_can(user->gw, FEATURE_RAW))
		return;
	while ((c = map_next(&user->contacts, &at)) != NULL) {
		c->stale = c->show != SHOW_OFFLINE;
		for (client = c->clients; client; client = client->next)
			client->stale = true;
	}
}

void
contact_clients_wait(struct user *user)
{
	if (gateway_can(user->gw, FEATURE_RAW))
		user->presence_due = ev_now(user->gw->loop) + STALE_TIME;
}

static void
sweep(struct user *user, struct contact *c)
{
	struct contact_client *client, *next;

	if (c->stale) {
		c->stale = false;
		c->show = SHOW_OFFLINE;
		c->since = 0;
		xreplace(&c->status, NULL);
		roster_show(user, c);
	}
	for (client = c->clients; client != NULL; client = next) {
		next = client->next;
		if (!client->stale)
			continue;
		if (client->shown)
			say_client_gone(user, c, client, NULL, user->jid);
		contact_client_remove(user, c, client);
	}
}

void
contact_clients_sweep(struct user *user)
{
	struct contact *c;
	size_t at = 0;

	user->presence_due = 0;
	if (!session_ready(user))
		return;		/* lost again: contact_clients_wait() */
	while ((c = map_next(&user->contacts, &at)) != NULL)
		sweep(user, c);
}

/* ---------------------------------------------------------- over an upgrade */

void
contact_clients_pack(const struct contact *c, struct packer *p)
{
	const struct contact_client *client;

	if (c->clients == NULL)
		return;
	pack_list(p, "clients");
	for (client = c->clients; client != NULL; client = client->next) {
		pack_map(p, NULL);
		pack_str(p, "resource", client->resource);
		pack_str(p, "status", client->status);
		pack_str(p, "extra", client->extra);
		pack_int(p, "since", client->since);
		pack_int(p, "show", client->show);
		pack_int(p, "priority", client->priority);
		pack_bool(p, "shown", client->shown);
		pack_bool(p, "stale", client->stale);
		pack_end(p);
	}
	pack_end(p);
}

void
contact_clients_unpack(struct user *user, struct contact *c,
    const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *facts = packed_at(list, i);
		const char *resource = packed_str(facts, "resource");
		struct contact_client *client = NULL, now = {
			.status = (char *)packed_str(facts, "status"),
			.extra = (char *)packed_str(facts, "extra"),
			.since = packed_int(facts, "since", 0),
			.show = (enum show)packed_int(facts, "show",
			    SHOW_ONLINE),
			.priority = (int)packed_int(facts, "priority", 0),
		};
		bool changed;

		if (resource != NULL)
			client = contact_client_put(user, c, resource, &now,
			    &changed);
		if (client == NULL)
			continue;
		client->shown = packed_bool(facts, "shown", false);
		client->stale = packed_bool(facts, "stale", false);
	}
}
