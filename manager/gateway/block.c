/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of the blocked: in server mode that of the account, behind a server
 * one of the gateway's own, as what the server blocks it does not tell us. */
#include "manager/gateway/block.h"

#include <stdlib.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "util/xalloc.h"

#define AT_ONCE	100	/* items of one request */

/* XEP-0191 3.3: every client is told; from the account, or from us. */
static void
push(struct user *user, const struct contact *c)
{
	struct gateway *gw = user->gw;
	struct client *client;
	struct xml *x;

	TAILQ_FOREACH(client, &user->clients, entry) {
		x = link_begin(gw->link);
		xml_open(x, "iq");
		xml_attr(x, "type", "set");
		xml_attr(x, "from", link_is_server(gw->link) ? user->jid :
		    gw->config->jid);
		xml_attr(x, "to", client->full);
		xml_attrf(x, "id", "%s-b%lu", gw->iq_token, ++gw->iq_serial);
		xml_open_ns(x, c->blocked ? "block" : "unblock", NS_BLOCKING);
		xml_open(x, "item");
		xml_attr(x, "jid", c->jid);
		xml_close(x);
		say_end(gw, x, client->full, 0);
	}
}

void
block_changed(struct user *user, struct contact *c, bool blocked)
{
	if (c->blocked == blocked)
		return;
	c->blocked = blocked;
	/* A guest has not seen the list. */
	if (gateway_can(user->gw, "blocking") && !user->guest)
		push(user, c);
	contact_save(user, c);
}

void
down_blocklist_get(struct down *d)
{
	struct contact *c;
	struct xml *x;
	size_t at = 0;

	if (!gateway_can(d->gw, "blocking")) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	x = say_result_begin(d);
	xml_open_ns(x, "blocklist", NS_BLOCKING);
	while ((c = map_next(&d->user->contacts, &at)) != NULL) {
		if (!c->blocked)
			continue;
		xml_open(x, "item");
		xml_attr(x, "jid", c->jid);
		xml_close(x);
	}
	say_end(d->gw, x, d->from->full, 0);
}

/* One request for some contacts, answered when the network has answered for all
 * of them, or has refused the first. */
struct batch {
	struct asked	*asked;		/* NULL: answered */
	size_t		 left;
};

struct change {
	struct gateway	*gw;
	char		*user, *name;
	bool		 blocked;
	struct batch	*batch;
};

static void
one_less(struct batch *batch, const struct msg_error *error)
{
	batch->left--;
	if (batch->asked != NULL && (error != NULL || batch->left == 0)) {
		asked_answered(batch->asked, error, NULL);
		batch->asked = NULL;
	}
	if (batch->left == 0)
		free(batch);
}

static void
changed(void *ctx, const struct msg_error *error, const union result *result)
{
	struct change *change = ctx;
	struct user *user = user_find(change->gw, change->user);
	struct contact *c = user ? contact_find(user, change->name) : NULL;

	(void)result;
	if (error == NULL && c != NULL)
		block_changed(user, c, change->blocked);
	/* Nothing is left of one that was here for this only. */
	if (c != NULL && !c->blocked && !c->listed && !c->adding &&
	    !c->requested && c->subscription == SUB_NONE && !c->ignored)
		contact_remove(user, c);
	one_less(change->batch, error);
	free(change->user);
	free(change->name);
	free(change);
}

static void
request(struct down *d, struct contact *c, bool blocked, struct batch *batch)
{
	struct msg_contact_block msg = {
		.user = d->user->jid, .contact = c->name, .blocked = blocked,
	};
	struct change *change = xmalloc(sizeof(*change));

	*change = (struct change){
		.gw = d->gw, .user = xstrdup(d->user->jid),
		.name = xstrdup(c->name), .blocked = blocked,
		.batch = batch,
	};
	session_request(d->user, METHOD_contact_block, &msg, changed, change);
}

/* Strangers can be blocked, too. */
static struct contact *
find(struct down *d, const char *text, bool blocked)
{
	struct contact *c;
	struct jid jid;

	if (text == NULL || jid_parse(d->arena, text, &jid) < 0 ||
	    jid.node == NULL || strcmp(jid.domain, d->gw->config->jid) != 0)
		return NULL;
	c = contact_find_jid(d->user, jid.bare);
	return c != NULL || !blocked ? c : contact_add(d->user,
	    name_from_node(d->arena, jid.node));
}

/* XEP-0191 3.5: no item at all unblocks everybody. */
static size_t
choose(struct down *d, bool blocked, struct contact *v[AT_ONCE])
{
	const struct stanza *item = stanza_first(d->payload);
	struct contact *c;
	size_t at = 0, n = 0;

	while (item == NULL && n < AT_ONCE && !blocked &&
	    (c = map_next(&d->user->contacts, &at)) != NULL)
		if (c->blocked)
			v[n++] = c;
	for (; item != NULL && n < AT_ONCE; item = stanza_next(item)) {
		c = find(d, stanza_attr(item, "jid"), blocked);
		for (at = 0; c != NULL && at < n; at++)
			c = v[at] == c ? NULL : c;	/* named twice */
		if (c != NULL && c->blocked != blocked)
			v[n++] = c;
	}
	return n;
}

static size_t
count(const struct down *d)
{
	const struct stanza *item = stanza_first(d->payload);
	const struct contact *c;
	size_t at = 0, n = 0;

	while (item == NULL && (c = map_next(&d->user->contacts, &at)) != NULL)
		n += c->blocked;
	for (; item != NULL; item = stanza_next(item))
		n++;
	return n;
}

static void
change_blocks(struct down *d, bool blocked)
{
	struct contact *v[AT_ONCE];
	struct batch *batch;
	size_t n;

	if (!gateway_can(d->gw, "blocking")) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	if (blocked && stanza_first(d->payload) == NULL) {
		say_error(d, E_BAD_REQUEST, "An item is missing.");
		return;
	}
	if (!session_ready(d->user)) {
		say_error(d, E_RECIPIENT_UNAVAILABLE,
		    "The network is not to be reached just now.");
		return;
	}
	if (count(d) > AT_ONCE) {
		say_error(d, E_RESOURCE_CONSTRAINT, "Too many at once.");
		return;
	}
	n = choose(d, blocked, v);
	if (n == 0) {
		say_result(d);
		return;
	}
	batch = xmalloc(sizeof(*batch));
	*batch = (struct batch){ asked_by(d), n };
	for (size_t i = 0; i < n; i++)
		request(d, v[i], blocked, batch);
}

void
down_block(struct down *d)
{
	change_blocks(d, true);
}

void
down_unblock(struct down *d)
{
	change_blocks(d, false);
}
