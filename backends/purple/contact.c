/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which contacts are there, and about which of them is there something to tell?
 * What is told is for contact_tell.c. */
#include "backends/purple/contact.h"

#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "backends/purple/contact_group.h"
#include "backends/purple/contact_list.h"
#include "backends/purple/contact_presence.h"
#include "backends/purple/contact_tell.h"
#include "backends/purple/text.h"
#include "util/later.h"
#include "util/log.h"
#include "util/map.h"
#include "util/xalloc.h"

#define CONTACTS_MAX	10000		/* as many as the main process takes */
#define GATHER_MS	100		/* changes are told together */
#define REST_MS		5		/* between two portions */
#define PORTION		100		/* of one session in one turn */
#define SESSIONS_AT_ONCE 3
#define QUEUE_MAX	(512 * 1024)	/* bytes that wait to leave: no more */

struct contacts {
	struct map	 by_key;
	TAILQ_HEAD(, contact) dirty;
	TAILQ_ENTRY(contacts) entry;	/* of those who have something to tell */
	bool		 due;		/* is among them */
	bool		 complained;
};

/* Sessions that are up and have dirty contacts. */
static TAILQ_HEAD(, contacts) due = TAILQ_HEAD_INITIALIZER(due);
static guint timer;

/* -------------------------------------------------------------------- names */

/* The normal form of a name; otherwise like contact_id(). */
static const char *
key_of(const PurpleAccount *account, const char *who)
{
	PurplePlugin *protocol;
	PurplePluginProtocolInfo *info;
	const char *id = NULL;

	if (!text_is_id(who) || (protocol = purple_find_prpl(
	    purple_account_get_protocol_id(account))) == NULL)
		return NULL;
	info = PURPLE_PLUGIN_PROTOCOL_INFO(protocol);
	/* Not purple_normalize(): without a rule of the protocol's own that
	 * changes the code points, and the network would not know the name. */
	if (PROTOCOL_HAS(info, normalize))
		id = info->normalize(account, who);
	if (id == NULL)
		id = who;
	return text_is_id(id) ? id : NULL;
}

const char *
contact_id(const PurpleAccount *account, const char *who)
{
	const struct session *s = session_of(account);
	const char *key = key_of(account, who);
	const struct contact *c = NULL;

	if (key != NULL && s != NULL && s->contacts != NULL)
		c = map_get(&s->contacts->by_key, key);
	return c != NULL ? c->id : key;
}

struct contact *
contact_find(const struct session *s, const char *who)
{
	struct contact *c = NULL;
	const char *key = key_of(s->account, who);

	if (s->contacts != NULL && key != NULL)
		c = map_get(&s->contacts->by_key, key);
	return c != NULL && c->buddies != NULL ? c : NULL;
}

void
contact_call(struct contact *c, const char *id)
{
	char *before = c->id;

	if (c->told != 0 || strcmp(before, id) == 0)
		return;
	c->id = strcmp(c->key, id) == 0 ? c->key : xstrdup(id);
	if (before != c->key)
		later_free(before);
}

const char *
contact_buddy_name(const struct session *s, const char *id)
{
	const struct contact *c = contact_find(s, id);

	if (c != NULL)
		return purple_buddy_get_name(c->buddies->data);
	return text_is_id(id) ? id : NULL;
}

bool
contacts_empty(const struct session *s)
{
	return s->contacts == NULL || map_count(&s->contacts->by_key) == 0;
}

struct contact *
contacts_next(const struct session *s, size_t *at)
{
	return s->contacts != NULL ? map_next(&s->contacts->by_key, at) : NULL;
}

/* --------------------------------------------------------------------- some */

static bool
is_self(const struct session *s, const char *key)
{
	char *copy = xstrdup(key);
	const char *self = key_of(s->account,
	    purple_account_get_username(s->account));
	bool same = self != NULL && strcmp(self, copy) == 0;

	free(copy);
	return same;
}

static struct contact *
get(struct session *s, const char *key)
{
	struct contacts *all = s->contacts;
	struct contact *c = map_get(&all->by_key, key);

	if (c != NULL)
		return c;
	if (map_count(&all->by_key) >= CONTACTS_MAX) {
		if (!all->complained)
			log_warn("%s: has more than %d contacts: the others "
			    "are not shown", s->user, CONTACTS_MAX);
		all->complained = true;
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->session = s;
	c->id = c->key = xstrdup(key);
	c->shown = CONTACT_SHOWN_OFFLINE;
	map_put(&all->by_key, c->key, c);
	return c;
}

struct contact *
contact_attach(PurpleBuddy *buddy)
{
	const PurpleAccount *account = purple_buddy_get_account(buddy);
	struct session *s = session_of(account);
	struct contact *c, *before = contact_of(buddy);
	const char *key;

	if (s == NULL || s->contacts == NULL)
		return NULL;
	key = key_of(account, purple_buddy_get_name(buddy));
	if (before != NULL && key != NULL && strcmp(before->key, key) == 0) {
		contact_changed(before);
		return before;
	}
	/* It has been renamed. */
	if (before != NULL)
		contact_detach(buddy);
	if (key == NULL)
		log_debug("%s: a contact's name cannot be passed on", s->user);
	/* The key is made anew, as is_self() has made another one meanwhile. */
	if (key == NULL || is_self(s, key) ||
	    (key = key_of(account, purple_buddy_get_name(buddy))) == NULL ||
	    (c = get(s, key)) == NULL)
		return NULL;
	if (c->buddies != NULL)
		contact_presence_keep(c, c->buddies->data);
	else
		c->icon_dirty = true;
	buddy->node.ui_data = c;
	c->buddies = g_slist_prepend(c->buddies, buddy);
	contact_changed(c);
	contact_presence_give(c, buddy);
	return c;
}

void
contact_detach(PurpleBuddy *buddy)
{
	struct contact *c = contact_of(buddy);

	if (c == NULL)
		return;
	contact_presence_keep(c, buddy);
	c->passing = !PURPLE_BLIST_NODE_SHOULD_SAVE(&buddy->node);
	c->buddies = g_slist_remove(c->buddies, buddy);
	buddy->node.ui_data = NULL;
	contact_changed(c);
}

static void
contact_free(struct contact *c)
{
	for (GSList *l = c->buddies; l != NULL; l = l->next)
		((PurpleBuddy *)l->data)->node.ui_data = NULL;
	g_slist_free(c->buddies);
	c->buddies = NULL;
	contact_presence_forget(c);
	/* A plug-in may end its session while it is asked about a contact. */
	later_free(c->avatar);
	if (c->id != c->key)
		later_free(c->id);
	later_free(c->key);
	later_free(c);
}

/* --------------------------------------------------------------------- tell */

static gboolean	tell_some(gpointer);

static void
wake(unsigned ms)
{
	if (timer == 0 && !TAILQ_EMPTY(&due))
		timer = g_timeout_add(ms, tell_some, NULL);
}

static void
make_due(struct session *s)
{
	struct contacts *all = s->contacts;

	if (all->due || !s->connected || TAILQ_EMPTY(&all->dirty))
		return;
	all->due = true;
	TAILQ_INSERT_TAIL(&due, all, entry);
	wake(GATHER_MS);
}

void
contact_changed(struct contact *c)
{
	struct contacts *all = c->session->contacts;

	if (!c->dirty) {
		c->dirty = true;
		TAILQ_INSERT_TAIL(&all->dirty, c, entry);
	}
	make_due(c->session);
}

void
contact_forget(struct contact *c)
{
	c->told = 0;
}

static void
tell(struct contacts *all)
{
	struct contact *c;

	for (int i = 0; i < PORTION; i++) {
		if ((c = TAILQ_FIRST(&all->dirty)) == NULL)
			return;
		TAILQ_REMOVE(&all->dirty, c, entry);
		c->dirty = false;
		contact_presence_forget(c);
		if (c->buddies != NULL) {
			contact_tell(c);
			continue;
		}
		contact_tell_gone(c);
		map_remove(&all->by_key, c->key);
		contact_free(c);
	}
}

static gboolean
tell_some(gpointer data)
{
	struct contacts *all;

	(void)data;
	timer = 0;
	/* What changes once more while this waits is one change. */
	if (kit_paused() || kit_queued() > QUEUE_MAX) {
		wake(GATHER_MS);
		return G_SOURCE_REMOVE;
	}
	for (int i = 0; i < SESSIONS_AT_ONCE; i++) {
		if ((all = TAILQ_FIRST(&due)) == NULL)
			break;
		TAILQ_REMOVE(&due, all, entry);
		tell(all);
		all->due = !TAILQ_EMPTY(&all->dirty);
		if (all->due)
			TAILQ_INSERT_TAIL(&due, all, entry);
	}
	wake(REST_MS);
	return G_SOURCE_REMOVE;
}

/* --------------------------------------------------------------------- life */

static void
begin(struct session *s)
{
	s->contacts = xcalloc(1, sizeof(*s->contacts));
	TAILQ_INIT(&s->contacts->dirty);
}

static void
connected(struct session *s)
{
	make_due(s);
}

static void
end(struct session *s)
{
	struct contacts *all = s->contacts;
	struct contact *c;
	size_t at = 0;

	if (all == NULL)
		return;
	if (all->due)
		TAILQ_REMOVE(&due, all, entry);
	while ((c = map_next(&all->by_key, &at)) != NULL)
		contact_free(c);
	map_finish(&all->by_key);
	TAILQ_INIT(&all->dirty);
	all->due = false;
	later_free(all);
	s->contacts = NULL;
	contact_groups_prune();
}

const struct module contacts_module = {
	.init = contact_list_init,
	.begin = begin,
	.connected = connected,
	.end = end,
};
