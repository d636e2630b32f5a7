/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Server mode: the roster is ours, and is the network's list. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "util/xalloc.h"

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
		if (contact_is_friend(c))
			say_roster_item(x, c, NULL);
	}
	say_end(d->gw, x, d->from->full, 0);
}

/* What a client wants of one contact.  It holds once the network has agreed, and
 * then all clients are told. */
struct wish {
	struct gateway	*gw;
	char		*user, *name;	/* bare JID; contact */
	char		*nickname;	/* or NULL: none */
	struct strs	 groups;	/* in arena */
	struct arena	 arena;
	struct asked	*asked;
};

static struct wish *
wish_new(struct down *d, const struct contact *c)
{
	struct wish *w = xcalloc(1, sizeof(*w));

	w->gw = d->gw;
	w->user = xstrdup(d->user->jid);
	w->name = xstrdup(c->name);
	w->asked = asked_by(d);
	return w;
}

static void
wish_free(struct wish *w)
{
	free(w->user);
	free(w->name);
	free(w->nickname);
	arena_free(&w->arena);
	free(w);
}

static void
read_item(struct wish *w, const struct stanza *item)
{
	w->nickname = xstrdup_null(stanza_attr(item, "name"));
	w->groups.v = arena_alloc(&w->arena,
	    GROUPS_MAX * sizeof(*w->groups.v));
	for (const struct stanza *g = stanza_first(item);
	    g != NULL && w->groups.n < GROUPS_MAX; g = stanza_next(g)) {
		if (strcmp(g->name, "group") == 0)
			w->groups.v[w->groups.n++] = arena_strdup(&w->arena,
			    stanza_text(&w->arena, g));
	}
}

static void
apply(struct user *user, struct contact *c, const struct wish *w)
{
	contact_set_name(c, w->nickname ? w->nickname : "");
	contact_set_groups(c, &w->groups);
	c->ignored = false;
	contact_save(user, c);
	roster_push(user, c);
}

/* A network that has no such list leaves it to us. */
static bool
is_refused(const struct msg_error *error)
{
	return error != NULL && strcmp(error->code, ERR_NOT_SUPPORTED) != 0;
}

static void
changed(void *ctx, const struct msg_error *error, const union result *result)
{
	struct wish *w = ctx;
	struct user *user = user_find(w->gw, w->user);
	struct contact *c = user ? contact_find(user, w->name) : NULL;

	(void)result;
	if (!is_refused(error) && c != NULL)
		apply(user, c, w);
	asked_answered(w->asked, is_refused(error) ? error : NULL, NULL);
	wish_free(w);
}

static void
added(void *ctx, const struct msg_error *error, const union result *result)
{
	struct wish *w = ctx;
	struct user *user = user_find(w->gw, w->user);
	struct contact *c = user ? contact_find(user, w->name) : NULL;

	(void)result;
	if (c != NULL)
		c->adding = false;
	if (error == NULL && c != NULL) {
		c->listed = c->told = true;
		apply(user, c, w);
		/* The client has subscribed meanwhile. */
		if (c->waits)
			roster_network(user, c, c->network);
	} else if (c != NULL && !c->listed && !c->blocked && !c->requested) {
		contact_remove(user, c);
	}
	asked_answered(w->asked, error, NULL);
	wish_free(w);
}

static void
add_item(struct down *d, const struct stanza *item, struct contact *c)
{
	struct wish *w = wish_new(d, c);
	struct msg_contact_add m = {
		.user = d->user->jid, .contact = c->name,
	};

	read_item(w, item);
	m.name = w->nickname;
	m.groups = w->groups;
	c->adding = true;
	session_request(d->user, METHOD_contact_add, &m, added, w);
}

static void
change_item(struct down *d, const struct stanza *item, struct contact *c)
{
	struct wish *w = wish_new(d, c);
	struct msg_contact_update m = {
		.user = d->user->jid, .contact = c->name,
	};

	read_item(w, item);
	m.name = w->nickname;
	m.groups = w->groups;
	session_request(d->user, METHOD_contact_update, &m, changed, w);
}

static void
set_item(struct down *d, const struct stanza *item, struct contact *c,
    const char *network_name)
{
	if (c == NULL && (c = contact_add(d->user, network_name)) == NULL)
		say_error(d, E_NOT_ACCEPTABLE, NULL);
	else if (c->adding)
		say_error(d, E_UNEXPECTED_REQUEST, "The contact is being "
		    "added; try again.");
	else if (!c->listed && c->subscription == SUB_NONE)
		add_item(d, item, c);
	else
		change_item(d, item, c);
}

static void
removed(void *ctx, const struct msg_error *error, const union result *result)
{
	struct wish *w = ctx;
	struct user *user = user_find(w->gw, w->user);
	struct contact *c = user ? contact_find(user, w->name) : NULL;

	(void)result;
	if (!is_refused(error) && c != NULL) {
		roster_unwatch(user, c);
		roster_hide(user, c);
		roster_removed(user, c);
		contact_remove(user, c);
	}
	asked_answered(w->asked, is_refused(error) ? error : NULL, NULL);
	wish_free(w);
}

static void
remove_item(struct down *d, struct contact *c)
{
	struct msg_contact_remove msg = {
		.user = d->user->jid, .contact = c->name,
	};

	session_request(d->user, METHOD_contact_remove, &msg, removed,
	    wish_new(d, c));
}

/* A server that knows how tells us what the user has changed (XEP-0356 4.3). */
static void
take_push(struct down *d, const struct stanza *item)
{
	if (d->from->resource != NULL ||
	    !rights_of(d->gw, d->from->bare)->roster_get) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	if (session_ready(d->user))
		roster_compare(d->user, d->arena, item, ev_now(d->gw->loop));
	say_result(d);
}

void
down_roster_set(struct down *d)
{
	const struct stanza *item = stanza_child(d->payload, "item", NULL);
	const char *text = stanza_attr(item, "jid"), *subscription;
	struct contact *c;
	struct jid jid;

	if (!link_is_server(d->gw->link)) {
		take_push(d, item);
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
		remove_item(d, c);
	}
}
