/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subscriptions: adding, accepting, refusing, removing a contact. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact_client.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "util/xalloc.h"

static void
answer(const struct down *d, const char *type)
{
	say_presence(d->gw, d->to->bare, d->from->bare, type, SHOW_OFFLINE,
	    NULL);
}

/* The user shows its presence to the contact and wants to see the contact's:
 * on these networks that is one thing. */
static void
make_mutual(struct user *user, struct contact *c)
{
	c->subscription = SUB_BOTH;
	c->ignored = false;
	contact_save(user, c);
	roster_show(user, c);
}

struct adding {
	struct gateway	*gw;
	char		*user, *name, *jid;
	char		*text;		/* or NULL */
};

static void
adding_free(struct adding *a)
{
	free(a->user);
	free(a->name);
	free(a->jid);
	free(a->text);
	free(a);
}

/* It is on the network's list; whether the user may see the contact is another
 * matter, which may take days. */
static void
is_added(struct user *user, struct contact *c)
{
	struct gateway *gw = user->gw;

	c->listed = c->told = true;
	c->ignored = false;	/* whom the user had removed before */
	if (c->network != SUB_BOTH && c->network != SUB_TO) {
		contact_save(user, c);
		if (link_is_server(gw->link))
			roster_push(user, c);
		return;
	}
	c->waits = false;
	say_presence(gw, c->jid, user->jid, "subscribed", SHOW_OFFLINE, NULL);
	if (link_is_server(gw->link)) {
		contact_save(user, c);
		roster_push(user, c);
		return;
	}
	roster_agreed(user, c);
}

static void
added(void *ctx, const struct msg_error *error, const union result *result)
{
	struct adding *a = ctx;
	struct user *user = user_find(a->gw, a->user);
	struct contact *c = user ? contact_find(user, a->name) : NULL;

	(void)result;
	if (c != NULL)
		c->adding = false;
	if (error == NULL && c != NULL) {
		is_added(user, c);
	} else {
		say_presence(a->gw, a->jid, a->user, "unsubscribed",
		    SHOW_OFFLINE, error ? error->text : NULL);
		if (c != NULL)
			c->waits = false;
		if (c != NULL && !c->listed && !c->blocked)
			contact_remove(user, c);
	}
	adding_free(a);
}

/* Its groups as a list; the texts are in the arena. */
static struct strs
groups_of(struct arena *arena, const struct contact *c)
{
	struct strs groups = { 0 };
	char *rest, *group;

	if (c->groups == NULL)
		return groups;
	groups.v = arena_alloc(arena, GROUPS_MAX * sizeof(*groups.v));
	rest = arena_strdup(arena, c->groups);
	while (groups.n < GROUPS_MAX &&
	    (group = strsep(&rest, "\n")) != NULL)
		groups.v[groups.n++] = group;
	return groups;
}

/* As the user has it on the roster, as far as that is known. */
static void
ask_network(struct gateway *gw, void *ctx, enum roster_item item)
{
	struct adding *a = ctx;
	struct user *user = user_find(gw, a->user);
	struct contact *c = user ? contact_find(user, a->name) : NULL;
	const struct msg_error gone = { .code = ERR_NOT_CONNECTED };
	struct msg_contact_add msg = { .text = a->text };
	struct arena arena = { 0 };

	(void)item;
	if (c == NULL) {
		if (gw->stopping)	/* there is nobody to tell it to */
			adding_free(a);
		else
			added(a, &gone, NULL);
		return;
	}
	msg.user = user->jid;
	msg.contact = c->name;
	msg.name = c->nickname;
	msg.groups = groups_of(&arena, c);
	session_request(user, METHOD_contact_add, &msg, added, a);
	arena_free(&arena);
}

/* Nothing to ask the network: the user sees this contact already. */
static bool
is_seen(const struct contact *c)
{
	return c->listed && c->subscription != SUB_NONE && !c->requested &&
	    (c->network == SUB_BOTH || c->network == SUB_TO);
}

void
down_contact_subscribe(struct down *d)
{
	struct contact *c;
	struct adding *a;

	if (d->user == NULL || !session_ready(d->user)) {
		say_error(d, E_RECIPIENT_UNAVAILABLE,
		    "You are not logged in to this gateway.");
		return;
	}
	c = contact_find_jid(d->user, d->to->bare);
	if (c != NULL && c->adding) {
		c->waits = true;	/* a client says it twice */
		return;
	}
	if (c != NULL && is_seen(c)) {
		answer(d, "subscribed");
		make_mutual(d->user, c);
		return;
	}
	if (c == NULL && (c = contact_add(d->user, d->name)) == NULL) {
		say_error(d, E_NOT_ACCEPTABLE, NULL);
		return;
	}
	a = xmalloc(sizeof(*a));
	*a = (struct adding){ d->gw, xstrdup(d->user->jid), xstrdup(c->name),
	    xstrdup(d->to->bare), xstrdup_null(stanza_child_text(d->arena,
	    d->stanza, "status", NULL)) };
	c->adding = c->waits = true;
	if (!link_is_server(d->gw->link) && link_is_up(d->gw->link) &&
	    rights_of(d->gw, d->user->jid)->roster_get)
		roster_read_item(d->user, c, ask_network, a);
	else
		ask_network(d->gw, a, ITEM_UNKNOWN);
}

void
down_contact_subscribed(struct down *d)
{
	struct msg_contact_allow msg = { 0 };
	struct contact *c;

	if (d->user == NULL ||
	    (c = contact_find_jid(d->user, d->to->bare)) == NULL)
		return;
	if (c->requested && !session_ready(d->user)) {
		say_error(d, E_RECIPIENT_UNAVAILABLE,
		    "You are not logged in to this gateway.");
		return;
	}
	if (c->requested) {
		c->requested = false;
		msg.user = d->user->jid;
		msg.contact = c->name;
		session_request(d->user, METHOD_contact_allow, &msg, NULL,
		    NULL);
	}
	if (!link_is_server(d->gw->link)) {
		make_mutual(d->user, c);
		return;
	}
	c->ignored = false;
	contact_save(d->user, c);
	roster_push(d->user, c);
}

static void
remove_contact(struct user *user, struct contact *c)
{
	struct msg_contact_remove msg = {
		.user = user->jid, .contact = c->name,
	};

	roster_unwatch(user, c);
	roster_hide(user, c);
	/* RFC 6121 2.1.6; another server has a roster of its own. */
	if (link_is_server(user->gw->link) && contact_is_friend(c))
		roster_removed(user, c);
	/* Only where the admin lets rosters reach that far; else it would come
	 * back from the network, so it is remembered as not wanted. */
	if (user->gw->config->remove_contacts) {
		session_request(user, METHOD_contact_remove, &msg, NULL,
		    NULL);
		contact_remove(user, c);
		return;
	}
	c->ignored = true;
	c->subscription = SUB_NONE;
	contact_save(user, c);
}

void
down_contact_unsubscribe(struct down *d)
{
	struct contact *c = d->user ? contact_find_jid(d->user, d->to->bare) :
	    NULL;

	answer(d, "unsubscribed");
	if (c == NULL)
		return;
	answer(d, "unsubscribe");
	remove_contact(d->user, c);
}

static void
deny(struct user *user, struct contact *c)
{
	const struct msg_contact_deny msg = {
		.user = user->jid, .contact = c->name,
	};

	session_request(user, METHOD_contact_deny, &msg, NULL, NULL);
}

struct hidden {
	char	*user, *name;
};

/* Of an item that was for the contact's sight of the user only, a server says
 * no more than this when it is removed. */
static void
hide(struct gateway *gw, void *ctx, enum roster_item item)
{
	struct hidden *h = ctx;
	struct user *user = user_find(gw, h->user);
	struct contact *c = user ? contact_find(user, h->name) : NULL;

	if (c != NULL && session_ready(user)) {
		if (item == ITEM_GONE)
			remove_contact(user, c);
		else
			deny(user, c);
	}
	free(h->user);
	free(h->name);
	free(h);
}

/* The user does not want to be seen any more. */
static void
begin_to_hide(struct user *user, struct contact *c)
{
	struct gateway *gw = user->gw;
	struct hidden *h;

	if (c->subscription == SUB_BOTH)
		c->subscription = SUB_FROM;
	contact_save(user, c);
	h = xmalloc(sizeof(*h));
	*h = (struct hidden){ xstrdup(user->jid), xstrdup(c->name) };
	if (!link_is_server(gw->link) && link_is_up(gw->link) &&
	    rights_of(gw, user->jid)->roster_get)
		roster_read_item(user, c, hide, h);
	else
		hide(gw, h, ITEM_UNKNOWN);
}

void
down_contact_unsubscribed(struct down *d)
{
	struct contact *c = d->user ? contact_find_jid(d->user, d->to->bare) :
	    NULL;

	if (c == NULL)
		return;
	if (c->requested) {
		c->requested = false;
		deny(d->user, c);
		if (!contact_is_friend(c) || !c->listed)
			contact_remove(d->user, c);
		return;
	}
	/* An offer that was declined is not made again. */
	if (c->subscription == SUB_ASK) {
		c->ignored = true;
		c->subscription = SUB_NONE;
		contact_save(d->user, c);
	} else if (c->stated && (c->network == SUB_BOTH ||
	    c->network == SUB_FROM)) {
		begin_to_hide(d->user, c);
	}
}

void
down_contact_probe(struct down *d)
{
	struct contact *c = d->user && d->user->shown ?
	    contact_find_jid(d->user, d->to->bare) : NULL;

	if (c != NULL && contact_is_there(c))
		say_contact_all(d->user, c, d->from->full);
	else
		say_presence(d->gw, d->to->bare, d->from->full, "unavailable",
		    SHOW_OFFLINE, NULL);
}

/* Directed presence: these networks show everybody the same. */
void
down_contact_presence(struct down *d)
{
	(void)d;
}
