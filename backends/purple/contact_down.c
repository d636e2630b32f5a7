/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user does to the list, and who is on it already when a session
 * begins.  libpurple never says whether the network has done it: what has not
 * worked comes as a notice of the plug-in, or changes back. */
#include "backends/purple/contact_down.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/authorise.h"
#include "backends/purple/contact.h"
#include "backends/purple/contact_list.h"
#include "backends/purple/session.h"
#include "backends/purple/text.h"
#include "util/log.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define TEXT_MAX 1024		/* bytes */

/* -------------------------------------------------------- whose list is it? */

enum keeper {
	UNKNOWN,	/* the network, presumably, which tells when it likes */
	COMPLETE,	/* the network, and it is here before connected */
	OURS,		/* nobody: the plug-in would have it in a file */
};

/* Nothing in libpurple says that; of plug-ins that are not listed here, the
 * admin may. */
static enum keeper
keeper_of(const struct session *s)
{
	static const struct { const char *protocol; enum keeper keeper; }
	    keepers[] = {
		{ "prpl-jabber", COMPLETE }, { "prpl-irc", OURS },
		{ "prpl-simple", OURS }, { "prpl-zephyr", OURS },
		{ "prpl-gg", OURS }, { "prpl-mm-sms", OURS },
	};
	const char *id = purple_account_get_protocol_id(s->account);

	for (size_t i = 0; i < LENGTH(keepers); i++) {
		if (strcmp(keepers[i].protocol, id) == 0)
			return keepers[i].keeper;
	}
	return kit_config_bool("purple", "keep_contacts", false) ? OURS :
	    UNKNOWN;
}

static void
watch(struct session *s, const char *id)
{
	PurpleBuddy *buddy;
	struct contact *c;

	if (!text_is_id(id))
		return;
	buddy = contact_list_add(s, id, NULL, NULL);
	if ((c = contact_of(buddy)) != NULL) {
		c->watched = true;
		contact_call(c, id);
	}
	purple_account_add_buddy(s->account, buddy);
}

/* The network does not have somebody whom the main process remembers: removed
 * while the user was away.  An empty list is no proof: networks give one for
 * many a trouble of theirs. */
static void
miss(struct session *s, const char *id)
{
	struct msg_contact_removed m = { .user = s->user, .contact = id };
	const char *name = contact_id(s->account, id);

	if (contacts_empty(s) ||
	    (name != NULL && authorise_waiting(s, name)))
		return;
	log_debug("%s: a contact is not on the network's list any more",
	    s->user);
	kit_notify(METHOD_contact_removed, &m);
}

static void
unwatch(struct session *s, const char *id)
{
	struct contact *c = contact_find(s, id);

	if (c == NULL)
		return;
	contact_forget(c);
	contact_list_remove(c);
}

void
down_contact_watch(const struct kit_call *call,
    const struct msg_contact_watch *m)
{
	struct session *s = session_find(m->user);
	struct contact *c;
	enum keeper keeper;

	(void)call;
	if (s == NULL || !s->connected)
		return;
	keeper = keeper_of(s);
	for (size_t i = 0; i < m->contacts.n; i++) {
		if ((c = contact_find(s, m->contacts.v[i])) != NULL)
			contact_call(c, m->contacts.v[i]);
		else if (keeper == OURS)
			watch(s, m->contacts.v[i]);
		else if (keeper == COMPLETE)
			miss(s, m->contacts.v[i]);
	}
	for (size_t i = 0; keeper == OURS && i < m->gone.n; i++)
		unwatch(s, m->gone.v[i]);
}

/* ---------------------------------------------------------------------- add */

/* Not a name of this network: what plug-ins say to that is said to nobody. */
static bool
is_name(const struct session *s, const char *who)
{
	PurplePluginProtocolInfo *info = session_protocol(s);
	const char *name;

	if (!text_is_id(who))
		return false;
	if (!PROTOCOL_HAS(info, normalize))
		return true;
	name = info->normalize(s->account, who);
	return name != NULL && *name != '\0';
}

static bool
can_add(const struct session *s)
{
	PurplePluginProtocolInfo *info = session_protocol(s);

	return PROTOCOL_HAS(info, add_buddy) ||
	    PROTOCOL_HAS(info, add_buddy_with_invite) || keeper_of(s) == OURS;
}

static void
add(struct session *s, const struct msg_contact_add *m)
{
	char *text = text_clean(m->text, TEXT_MAX);
	const char *group = m->groups.n > 0 ? m->groups.v[0] : NULL;
	PurpleBuddy *buddy;
	struct contact *c = contact_find(s, m->contact);

	/* Known already: ask to see them once more, which is what the user
	 * wants who adds somebody again. */
	buddy = c != NULL ? c->buddies->data : contact_list_add(s, m->contact,
	    m->name, group);
	if (contact_of(buddy) != NULL)
		contact_call(contact_of(buddy), m->contact);
	purple_account_add_buddy_with_invite(s->account, buddy, text);
	free(text);
	/* A plug-in may have thrown it out at once. */
	c = contact_find(s, m->contact);
	if (c != NULL && m->groups.n > 1)
		contact_list_regroup(c, &m->groups);
}

void
down_contact_add(const struct kit_call *call, const struct msg_contact_add *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (!can_add(s)) {
		kit_error(call, ERR_NOT_SUPPORTED,
		    "Contacts of this network cannot be added.");
		return;
	}
	if (!is_name(s, m->contact)) {
		kit_error(call, ERR_NOT_ACCEPTABLE,
		    "There is no such name on this network.");
		return;
	}
	add(s, m);
	if (s->connected && contact_find(s, m->contact) == NULL)
		kit_error(call, ERR_NOT_ALLOWED,
		    "The network does not take this contact.");
	else
		kit_reply(call, NULL);
}

/* -------------------------------------------------------- update and remove */

/* NULL: the request has been answered. */
static struct contact *
contact_for(const struct kit_call *call, const char *user, const char *id)
{
	struct session *s = session_for(call, user);
	struct contact *c;

	if (s == NULL)
		return NULL;
	if ((c = contact_find(s, id)) == NULL)
		kit_error(call, ERR_NOT_FOUND, NULL);
	return c;
}

void
down_contact_update(const struct kit_call *call,
    const struct msg_contact_update *m)
{
	struct contact *c = contact_for(call, m->user, m->contact);

	if (c == NULL)
		return;
	/* First, so that it goes with the other. */
	if (m->name != NULL)
		contact_list_rename(c, m->name);
	if (m->groups.v != NULL && c->buddies != NULL)
		contact_list_regroup(c, &m->groups);
	kit_reply(call, NULL);
}

void
down_contact_remove(const struct kit_call *call,
    const struct msg_contact_remove *m)
{
	struct contact *c = contact_for(call, m->user, m->contact);

	if (c == NULL)
		return;
	contact_forget(c);
	contact_list_remove(c);
	kit_reply(call, NULL);
}
