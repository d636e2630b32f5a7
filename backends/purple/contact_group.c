/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group is shared by all who have one of that name: it is neither renamed nor
 * removed for one of them. */
#include "backends/purple/contact_group.h"

#include <stdbool.h>
#include <stdlib.h>

#include "backends/purple/contact.h"
#include "backends/purple/interpose.h"
#include "backends/purple/text.h"
#include "util/log.h"

#define PRUNE_SECONDS	10
#define PRUNE_AT_ONCE	200	/* each looks at all accounts */

PurpleGroup *
contact_group_named(const char *name)
{
	char *line = text_line(name, CONTACT_NAME_MAX);
	const char *use = line != NULL ? line : CONTACT_GROUP_NONE;
	PurpleGroup *group = purple_find_group(use);

	if (group == NULL) {
		group = purple_group_new(use);
		purple_blist_add_group(group, NULL);
	}
	free(line);
	return group;
}

/* ------------------------------------------------------------------- rename */

/* In the place of libpurple's (see interpose.c), for plug-ins that hear of a
 * group's new name on the network: libpurple's renames it for all accounts, and
 * on their networks, too.  It does not say whose plug-in calls; so where several
 * are in it, all keep the old name until they log in the next time. */
void
purple_blist_rename_group(PurpleGroup *group, const char *name)
{
	static void (*next)(PurpleGroup *, const char *);
	GSList *accounts = group ? purple_group_get_accounts(group) : NULL;
	bool shared = accounts != NULL && accounts->next != NULL;

	g_slist_free(accounts);
	if (shared) {
		log_debug("a group of several users is not renamed");
		return;
	}
	if (next == NULL)
		interpose_next(__func__, &next, sizeof(next));
	next(group, name);
}

/* ------------------------------------------------------------- empty groups */

/* libpurple tells every account that is online of a group's end, and there it
 * may be alive. */
static bool
groups_are_ours(void)
{
	for (GList *l = purple_connections_get_all(); l != NULL; l = l->next) {
		PurpleConnection *gc = l->data;
		PurplePluginProtocolInfo *info =
		    PURPLE_PLUGIN_PROTOCOL_INFO(gc->prpl);

		if (PROTOCOL_HAS(info, remove_group))
			return false;
	}
	return true;
}

static gboolean
prune(gpointer data)
{
	guint *timer = data;
	PurpleBlistNode *next, *node = purple_blist_get_root();
	int left = PRUNE_AT_ONCE;

	*timer = 0;
	if (!groups_are_ours())
		return G_SOURCE_REMOVE;
	for (; node != NULL && left > 0; node = next) {
		next = node->next;
		if (node->child != NULL || !PURPLE_BLIST_NODE_IS_GROUP(node))
			continue;
		purple_blist_remove_group((PurpleGroup *)node);
		left--;
	}
	if (left == 0)
		contact_groups_prune();
	return G_SOURCE_REMOVE;
}

void
contact_groups_prune(void)
{
	static guint timer;

	if (timer == 0)
		timer = g_timeout_add_seconds(PRUNE_SECONDS, prune, &timer);
}
