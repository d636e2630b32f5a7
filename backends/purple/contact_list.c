/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buddy list of libpurple is one for all accounts; nothing of it goes to a
 * file. */
#include "backends/purple/contact_list.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/authorise.h"
#include "backends/purple/contact_group.h"
#include "backends/purple/contact_jabber.h"
#include "backends/purple/core.h"
#include "backends/purple/text.h"
#include "util/xalloc.h"

/* ----------------------------------------------------------- what happens */

/* What they are in has changed: its name, perhaps. */
static void
changed_below(PurpleBlistNode *node)
{
	PurpleBlistNode *child;

	for (child = node->child; child != NULL; child = child->next) {
		if (!PURPLE_BLIST_NODE_IS_BUDDY(child))
			changed_below(child);
		else if (contact_of((PurpleBuddy *)child) != NULL)
			contact_changed(contact_of((PurpleBuddy *)child));
	}
}

static void
update(PurpleBuddyList *list, PurpleBlistNode *node)
{
	(void)list;
	if (node == NULL)
		return;
	if (!PURPLE_BLIST_NODE_IS_BUDDY(node))
		changed_below(node);
	/* Those that are not on the list yet have no contact. */
	else if (contact_of((PurpleBuddy *)node) != NULL)
		contact_attach((PurpleBuddy *)node);
}

static void
added(PurpleBuddy *buddy)
{
	contact_attach(buddy);
}

static void
removed(PurpleBuddy *buddy)
{
	contact_detach(buddy);
}

static void
icon_changed(PurpleBuddy *buddy)
{
	struct contact *c = contact_of(buddy);

	if (c == NULL)
		return;
	c->icon_dirty = true;
	contact_changed(c);
}

/* A plug-in would like the user to fill in a dialog about somebody new. */
static void
request_add(PurpleAccount *account, const char *who, const char *group,
    const char *alias)
{
	(void)group;
	authorise_offer(account, who, alias, NULL);
}

/* The file is not written. */
static void
save_node(PurpleBlistNode *node)
{
	(void)node;
}

static void
save_account(PurpleAccount *account)
{
	(void)account;
}

static PurpleBlistUiOps ops = {
	.update = update,
	.request_add_buddy = request_add,
	.save_node = save_node,
	.remove_node = save_node,
	.save_account = save_account,
};

void
contact_list_init(void)
{
	void *list = purple_blist_get_handle();

	purple_blist_set_ui_ops(&ops);
	contact_jabber_init();
	purple_signal_connect(list, "buddy-added", core_handle(),
	    PURPLE_CALLBACK(added), NULL);
	purple_signal_connect(list, "buddy-removed", core_handle(),
	    PURPLE_CALLBACK(removed), NULL);
	purple_signal_connect(list, "buddy-icon-changed", core_handle(),
	    PURPLE_CALLBACK(icon_changed), NULL);
}

/* ------------------------------------------------------------------- change */

PurpleBuddy *
contact_list_add(struct session *s, const char *name, const char *alias,
    const char *group)
{
	PurpleGroup *in = contact_group_named(group);
	PurpleBuddy *buddy = purple_find_buddy_in_group(s->account, name, in);
	char *line;

	if (buddy != NULL)
		return buddy;
	line = text_line(alias, CONTACT_NAME_MAX);
	buddy = purple_buddy_new(s->account, name, line);
	purple_blist_add_buddy(buddy, NULL, in, NULL);
	free(line);
	return buddy;
}

static void
remove_buddy(struct contact *c, PurpleBuddy *buddy)
{
	/* First, as plug-ins look at which of its groups remain. */
	purple_account_remove_buddy(purple_buddy_get_account(buddy), buddy,
	    purple_buddy_get_group(buddy));
	/* One may have done it itself, or ended the session. */
	if (g_slist_find(c->buddies, buddy) != NULL)
		purple_blist_remove_buddy(buddy);
}

void
contact_list_remove(struct contact *c)
{
	/* Each leaves the list of the contact by itself; one that does not is
	 * no reason to stay here for ever. */
	for (guint n = g_slist_length(c->buddies); n > 0 && c->buddies != NULL;
	    n--)
		remove_buddy(c, c->buddies->data);
}

/* ------------------------------------------------------------------- groups */

static bool
has_group(const GSList *groups, const PurpleGroup *group)
{
	return g_slist_find((GSList *)groups, group) != NULL;
}

static GSList *
wanted_groups(const struct strs *names)
{
	GSList *groups = NULL;

	for (size_t i = 0; i < names->n && i < CONTACT_GROUPS_MAX; i++) {
		PurpleGroup *group = contact_group_named(names->v[i]);

		if (!has_group(groups, group))
			groups = g_slist_append(groups, group);
	}
	if (groups == NULL)
		groups = g_slist_append(NULL, contact_group_named(NULL));
	return groups;
}

/* To one more group. */
static void
put_into(struct contact *c, PurpleGroup *group)
{
	PurpleBuddy *like = c->buddies->data, *buddy;

	buddy = contact_list_add(c->session, purple_buddy_get_name(like),
	    like->alias, purple_group_get_name(group));
	purple_account_add_buddy(purple_buddy_get_account(buddy), buddy);
}

void
contact_list_regroup(struct contact *c, const struct strs *names)
{
	GSList *wanted = wanted_groups(names), *now = NULL, *extra = NULL;

	for (GSList *l = c->buddies; l != NULL; l = l->next) {
		now = g_slist_prepend(now, purple_buddy_get_group(l->data));
		if (!has_group(wanted, now->data))
			extra = g_slist_prepend(extra, l->data);
	}
	/* Only a move of a single one is told in one step: of one in several
	 * groups, prpl-jabber moves all. */
	if (extra != NULL && now->next == NULL && wanted->next == NULL) {
		purple_blist_add_buddy(extra->data, NULL, wanted->data, NULL);
	} else {
		for (GSList *l = wanted; l != NULL; l = l->next) {
			/* Without any, the session has ended over it. */
			if (!has_group(now, l->data) && c->buddies != NULL)
				put_into(c, l->data);
		}
		for (GSList *l = extra; l != NULL; l = l->next) {
			/* A plug-in may have done that already. */
			if (g_slist_find(c->buddies, l->data) != NULL &&
			    c->buddies->next != NULL)
				remove_buddy(c, l->data);
		}
	}
	g_slist_free(wanted);
	g_slist_free(now);
	g_slist_free(extra);
}

/* --------------------------------------------------------------------- name */

void
contact_list_rename(struct contact *c, const char *alias)
{
	char *line = text_line(alias, CONTACT_NAME_MAX);
	GSList *buddies = g_slist_copy(c->buddies);

	for (GSList *l = buddies; l != NULL; l = l->next) {
		PurpleContact *contact = purple_buddy_get_contact(l->data);

		/* It would have precedence. */
		if (contact != NULL && contact->alias != NULL)
			purple_blist_alias_contact(contact, line);
		purple_blist_alias_buddy(l->data, line);
	}
	g_slist_free(buddies);
	if (c->buddies != NULL)
		serv_alias_buddy(c->buddies->data);
	free(line);
}
