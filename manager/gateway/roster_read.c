/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has the user changed on a roster that the XMPP server keeps?  Only names
 * and groups: who is added or removed says so by presence.  Servers push what
 * changes only if they know how; so we look when a client comes. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define TIMEOUT		30.0	/* seconds */
#define ITEM_TIMEOUT	5.0	/* the user waits for it */
#define PAUSE		10.0	/* between two looks */
#define LIST_TIME	2.0	/* for the network to tell its list first: else
				 * its names would take the place of the
				 * user's */

static void
read_groups(struct arena *a, const struct stanza *item, struct strs *groups)
{
	groups->v = arena_alloc(a, GROUPS_MAX * sizeof(*groups->v));
	for (const struct stanza *g = stanza_first(item);
	    g != NULL && groups->n < GROUPS_MAX; g = stanza_next(g)) {
		if (strcmp(g->name, "group") == 0)
			groups->v[groups->n++] = stanza_text(a, g);
	}
}

/* What was written by us, or told by the network since the roster was read, is
 * no wish of the user's. */
void
roster_compare(struct user *user, struct arena *a, const struct stanza *item,
    double since)
{
	struct msg_contact_update m = { .user = user->jid };
	const char *text = stanza_attr(item, "jid");
	struct contact *c;
	struct jid jid;
	bool changed;

	if (text == NULL || jid_parse(a, text, &jid) < 0 ||
	    (c = contact_find_jid(user, jid.bare)) == NULL || c->pending ||
	    c->ignored || c->changed >= since ||
	    (c->subscription != SUB_BOTH && c->subscription != SUB_FROM))
		return;
	read_groups(a, item, &m.groups);
	m.contact = c->name;
	m.name = stanza_attr(item, "name");
	/* No name at all: it is shown as its address, which nobody wants. */
	changed = m.name != NULL && *m.name != '\0' &&
	    contact_set_name(c, m.name);
	if (gateway_can(user->gw, FEATURE_GROUPS))
		changed |= contact_set_groups(c, &m.groups);
	else
		m.groups.v = NULL;
	if (!changed)
		return;
	contact_save(user, c);
	session_request(user, METHOD_contact_update, &m, NULL, NULL);
}

struct look {
	double	 since;
	char	 jid[];
};

static void
looked(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct look *look = ctx;
	struct user *user = user_find(gw, look->jid);
	const char *type = answer ? stanza_attr(answer, "type") : NULL;
	const struct stanza *query = stanza_child(answer, "query", NS_ROSTER);

	if (user != NULL && type != NULL && strcmp(type, "result") == 0 &&
	    session_ready(user)) {
		for (const struct stanza *item = stanza_first(query);
		    item != NULL; item = stanza_next(item))
			roster_compare(user, a, item, look->since);
	}
	free(look);
}

void
roster_read_soon(struct user *user)
{
	user->roster_look = ev_now(user->gw->loop) + LIST_TIME;
}

void
roster_read(struct user *user)
{
	struct gateway *gw = user->gw;
	double now = ev_now(gw->loop);
	size_t size = strlen(user->jid) + 1;
	struct look *look;
	struct xml *x;

	if (link_is_server(gw->link) || !link_is_up(gw->link) ||
	    !rights_of(gw, user->jid)->roster_get || !session_ready(user) ||
	    !gateway_can(gw, FEATURE_CONTACTS))
		return;
	if (now < user->roster_read + PAUSE) {
		user->roster_look = user->roster_read + PAUSE;
		return;
	}
	user->roster_read = now;
	user->roster_look = 0;
	look = xmalloc(sizeof(*look) + size);
	look->since = now;
	memcpy(look->jid, user->jid, size);
	x = iq_begin(gw, "get", NULL, user->jid);
	xml_element(x, "query", NS_ROSTER, NULL);
	iq_send(gw, x, look->jid, TIMEOUT, looked, look);
}

/* ----------------------------------------------------------- one that is new */

struct item_wanted {
	char	*user, *jid, *name;	/* of the contact: address, id */
	roster_item_read *done;
	void	*ctx;
};

static void
take_item(struct contact *c, struct arena *a, const struct stanza *item)
{
	const char *name = stanza_attr(item, "name");
	struct strs groups = { 0 };

	read_groups(a, item, &groups);
	if (name != NULL && c->nickname == NULL)
		contact_set_name(c, name);
	if (c->groups == NULL)
		contact_set_groups(c, &groups);
}

static void
got_item(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct item_wanted *w = ctx;
	struct user *user = user_find(gw, w->user);
	struct contact *c = user ? contact_find(user, w->name) : NULL;
	const struct stanza *query = stanza_child(answer, "query", NS_ROSTER);
	enum roster_item found = query != NULL ? ITEM_GONE : ITEM_UNKNOWN;
	const char *jid;

	for (const struct stanza *item = stanza_first(query);
	    c != NULL && item != NULL; item = stanza_next(item)) {
		jid = stanza_attr(item, "jid");
		if (jid == NULL || strcmp(jid, w->jid) != 0)
			continue;
		take_item(c, a, item);
		found = ITEM_THERE;
	}
	w->done(gw, w->ctx, found);
	free(w->user);
	free(w->jid);
	free(w->name);
	free(w);
}

void
roster_read_item(struct user *user, const struct contact *c,
    roster_item_read *done, void *ctx)
{
	struct item_wanted *w = xmalloc(sizeof(*w));
	struct xml *x = iq_begin(user->gw, "get", NULL, user->jid);

	*w = (struct item_wanted){ xstrdup(user->jid), xstrdup(c->jid),
	    xstrdup(c->name), done, ctx };
	xml_element(x, "query", NS_ROSTER, NULL);
	iq_send(user->gw, x, w->user, ITEM_TIMEOUT, got_item, w);
}
