/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/contact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/avatar.h"
#include "backends/xmpp/block.h"
#include "backends/xmpp/roster.h"
#include "util/log.h"
#include "util/xalloc.h"

#define SETTLE	15.0	/* seconds in which presence comes after a login */

struct contact *
contact_find(struct session *s, const char *jid)
{
	struct contact *c = map_get(&s->contacts->by_jid, jid);
	char *prepared;

	if (c != NULL)
		return c;
	prepared = account_contact(jid);
	if (prepared != NULL)
		c = map_get(&s->contacts->by_jid, prepared);
	free(prepared);
	return c;
}

struct contact *
contact_get(struct session *s, const char *jid)
{
	struct contact *c = contact_find(s, jid);
	char *prepared;

	if (c != NULL)
		return c;
	prepared = account_contact(jid);
	if (prepared == NULL ||
	    map_count(&s->contacts->by_jid) >= CONTACTS_MAX) {
		log_debug("%s: \"%s\" is no name, or one contact too many",
		    s->user, jid);
		free(prepared);
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->jid = prepared;
	c->subscription = "none";
	TAILQ_INIT(&c->resources);
	map_put(&s->contacts->by_jid, c->jid, c);
	return c;
}

static void
contact_free(struct contact *c)
{
	resources_clear(&c->resources);
	for (size_t i = 0; i < c->ngroups; i++)
		free(c->groups[i]);
	free(c->status);
	free(c->name);
	free(c->jid);
	free(c);
}

void
contact_prune(struct session *s, struct contact *c)
{
	if (c->listed || c->blocked)
		return;
	map_remove(&s->contacts->by_jid, c->jid);
	contact_free(c);
}

bool
contact_sees(struct contact *c)
{
	return strcmp(c->subscription, "both") == 0 ||
	    strcmp(c->subscription, "from") == 0;
}

bool
contact_is_seen(const struct contact *c)
{
	return strcmp(c->subscription, "both") == 0 ||
	    strcmp(c->subscription, "to") == 0;
}

void
contact_tell(struct session *s, struct contact *c)
{
	const char *groups[CONTACT_GROUPS_MAX];
	struct msg_contact m = { .user = s->user, .contact = c->jid,
	    .name = c->name != NULL ? c->name : "",
	    .groups = { .v = groups, .n = c->ngroups },
	    .subscription = c->subscription,
	    .blocked = c->blocked ? TRI_TRUE : TRI_FALSE };

	for (size_t i = 0; i < c->ngroups; i++)
		groups[i] = c->groups[i];
	if (*c->hash != '\0')
		m.avatar_hash = c->hash;
	kit_notify(METHOD_contact, &m);
}

void
contact_set_hash(struct session *s, struct contact *c, const char *hash,
    bool published)
{
	struct msg_contact m = { .user = s->user, .contact = c->jid,
	    .avatar_hash = c->hash };
	size_t len = strlen(hash);
	char lower[CONTACT_HASH_SIZE];

	if ((len != 0 && len != CONTACT_HASH_SIZE - 1) ||
	    strspn(hash, "0123456789abcdefABCDEF") != len)
		return;
	/* What is published counts: the two ways need not agree. */
	if (c->published && !published)
		return;
	c->published = published && len > 0;
	/* XEP-0153 says so, and pictures are known by that.  What is published
	 * has a name, which stays. */
	for (size_t i = 0; i <= len; i++)
		lower[i] = published ? hash[i] :
		    (char)tolower((unsigned char)hash[i]);
	if (strcmp(c->hash, lower) == 0)
		return;
	memcpy(c->hash, lower, len + 1);
	if (c->listed)
		kit_notify(METHOD_contact, &m);
}

/* --------------------------------------------------------------------- life */

void
contacts_unseen(struct session *s)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&s->contacts->by_jid, &at)) != NULL)
		contact_absent(s, c, NULL);
}

/* Who has not been heard of is not there any more. */
static void
on_settled(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct contacts *all = CONTAINER(w, struct contacts, settle);
	struct contact *c;
	size_t at = 0;

	(void)loop, (void)revents;
	while ((c = map_next(&all->by_jid, &at)) != NULL)
		contact_sweep(all->session, c);
}

void
contacts_begin(struct session *s)
{
	s->contacts = xcalloc(1, sizeof(*s->contacts));
	s->contacts->session = s;
	ev_timer_init(&s->contacts->settle, on_settled, 0., 0.);
}

void
contacts_online(struct session *s)
{
	struct contacts *all = s->contacts;
	struct resource *r;
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&all->by_jid, &at)) != NULL) {
		TAILQ_FOREACH(r, &c->resources, entry)
			r->stale = true;
	}
	ev_timer_stop(EV_DEFAULT, &all->settle);
	ev_timer_set(&all->settle, SETTLE, 0.);
	ev_timer_start(EV_DEFAULT, &all->settle);
	/* In this order, so that who is blocked is told as that. */
	block_read(s);
	roster_read(s);
}

bool
contacts_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	return roster_stanza(s, stanza) || block_stanza(s, stanza) ||
	    avatar_stanza(s, stanza) ||
	    contact_presence(s, stanza);
}

void
contacts_end(struct session *s)
{
	struct contact *c;
	size_t at = 0;

	ev_timer_stop(EV_DEFAULT, &s->contacts->settle);
	while ((c = map_next(&s->contacts->by_jid, &at)) != NULL)
		contact_free(c);
	map_finish(&s->contacts->by_jid);
	free(s->contacts);
	s->contacts = NULL;
}
