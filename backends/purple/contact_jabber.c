/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-jabber changes nothing about a contact on its list that is said to be in
 * no group, and never takes a name away.  So it is told of the group that it
 * has for these, and of an empty name, before it looks. */
#include "backends/purple/contact_jabber.h"

#include <purple.h>
#include <string.h>

#include "backends/purple/contact_group.h"
#include "backends/purple/core.h"

static void
complete(xmlnode *item)
{
	const char *subscription = xmlnode_get_attrib(item, "subscription");

	if (subscription != NULL && strcmp(subscription, "remove") == 0)
		return;
	if (xmlnode_get_attrib(item, "name") == NULL)
		xmlnode_set_attrib(item, "name", "");
	if (xmlnode_get_child(item, "group") == NULL)
		xmlnode_insert_data(xmlnode_new_child(item, "group"),
		    CONTACT_GROUP_NONE, -1);
}

/* Of the list that was asked for, and of its changes (RFC 6121 2.1.6); whether
 * they come from the server is for the plug-in to see. */
static void
receiving(PurpleConnection *gc, xmlnode **packet)
{
	xmlnode *query, *item;

	(void)gc;
	if (*packet == NULL || strcmp((*packet)->name, "iq") != 0 ||
	    (query = xmlnode_get_child_with_namespace(*packet, "query",
	    "jabber:iq:roster")) == NULL)
		return;
	for (item = xmlnode_get_child(query, "item"); item != NULL;
	    item = xmlnode_get_next_twin(item))
		complete(item);
}

void
contact_jabber_init(void)
{
	PurplePlugin *jabber = purple_find_prpl("prpl-jabber");

	if (jabber != NULL)
		purple_signal_connect(jabber, "jabber-receiving-xmlnode",
		    core_handle(), PURPLE_CALLBACK(receiving), NULL);
}
