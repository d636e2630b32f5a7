/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the server says of the roster; what the user does to it is for
 * roster_down.c. */
#include "backends/xmpp/roster.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/iq.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define NS_ROSTER	"jabber:iq:roster"

static void
gone(struct session *s, struct contact *c)
{
	const struct msg_contact_removed m = { .user = s->user,
	    .contact = c->jid };

	if (c->listed)
		kit_notify(METHOD_contact_removed, &m);
	c->listed = false;
	resources_clear(&c->resources);
	c->there = false;
	c->subscription = "none";
	contact_prune(s, c);
}

static const char *
subscription_of(xmpp_stanza_t *item)
{
	static const char *const words[] = { "both", "to", "from" };

	for (size_t i = 0; i < LENGTH(words); i++) {
		if (stanza_attr_is(item, "subscription", words[i]))
			return words[i];
	}
	return stanza_attr_is(item, "ask", "subscribe") ? "ask" : "none";
}

static void
take_groups(struct contact *c, xmpp_stanza_t *item)
{
	xmpp_stanza_t *group = stanza_child(item, "group", NULL);
	char *name;

	for (size_t i = 0; i < c->ngroups; i++)
		free(c->groups[i]);
	c->ngroups = 0;
	for (; group != NULL && c->ngroups < CONTACT_GROUPS_MAX;
	    group = stanza_beside(group, "group", NULL)) {
		name = stanza_text(group, CONTACT_NAME_MAX);
		if (name != NULL)
			c->groups[c->ngroups++] = name;
	}
}

static void
take(struct session *s, xmpp_stanza_t *item)
{
	const char *jid = stanza_attr(item, "jid");
	const char *name = stanza_attr(item, "name");
	struct contact *c;

	/* A resource is not somebody. */
	if (jid == NULL || strchr(jid, '/') != NULL || session_is_own(s, jid))
		return;
	if (stanza_attr_is(item, "subscription", "remove")) {
		if ((c = contact_find(s, jid)) != NULL)
			gone(s, c);
		return;
	}
	if ((c = contact_get(s, jid)) == NULL)
		return;
	c->listed = c->marked = true;
	free(c->name);
	c->name = name == NULL || *name == '\0' ? NULL :
	    xstrndup(name, utf8_cut(name, strlen(name), CONTACT_NAME_MAX));
	take_groups(c, item);
	c->subscription = subscription_of(item);
	contact_tell(s, c);
}

static void
take_all(struct session *s, xmpp_stanza_t *query)
{
	xmpp_stanza_t *item = stanza_child(query, "item", NULL);
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&s->contacts->by_jid, &at)) != NULL)
		c->marked = false;
	for (; item != NULL; item = stanza_beside(item, "item", NULL))
		take(s, item);
	at = 0;
	while ((c = map_next(&s->contacts->by_jid, &at)) != NULL) {
		if (c->listed && !c->marked)
			gone(s, c);
	}
}

static void
on_roster(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	const struct msg_contacts_end m = { .user = s->user };

	(void)ctx;
	if (s->ended)
		return;
	if (!request_worked(answer)) {
		log_info("%s: the server does not tell the roster", s->user);
		return;
	}
	take_all(s, stanza_child(answer, "query", NS_ROSTER));
	if (!s->contacts->told)
		kit_notify(METHOD_contacts_end, &m);
	s->contacts->told = true;
}

void
roster_read(struct session *s)
{
	xmpp_stanza_t *iq = request_new(s, "get", NULL);

	build_child(iq, "query", NS_ROSTER);
	request_send(s, iq, on_roster, NULL);
}

bool
roster_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *query = stanza_child(stanza, "query", NS_ROSTER);

	/* RFC 6121 2.1.6: anybody else could put himself on the list. */
	if (query == NULL || !stanza_is(stanza, "iq", NULL) ||
	    !stanza_attr_is(stanza, "type", "set") ||
	    !session_is_own(s, xmpp_stanza_get_from(stanza)))
		return false;
	take(s, stanza_child(query, "item", NULL));
	iq_result(s, stanza);
	return true;
}
