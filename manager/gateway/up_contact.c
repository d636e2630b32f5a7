/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network's list of contacts and their presence. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/up.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

static struct contact *
get(struct up *up, const char *name)
{
	struct contact *c = contact_find(up->user, name);

	if (c == NULL && (c = contact_add(up->user, name)) == NULL)
		log_debug("%s: %s: contact \"%s\" cannot be made an address, "
		    "or is one too many", up->gw->config->jid, up->user->jid,
		    name);
	return c;
}

/* *slot = value when it is given; true when that changes anything. */
static bool
update(char **slot, const char *value)
{
	if (value == NULL)
		return false;
	if (*value == '\0')
		value = NULL;
	if (*slot == NULL ? value == NULL :
	    value != NULL && strcmp(*slot, value) == 0)
		return false;
	xreplace(slot, value);
	return true;
}

static bool
update_groups(struct contact *c, const struct strs *groups)
{
	struct buf joined = { 0 };
	bool changed;
	char *text;

	if (groups->v == NULL)
		return false;
	for (size_t i = 0; i < groups->n; i++)
		buf_addf(&joined, "%s%s", i ? "\n" : "", groups->v[i]);
	text = buf_steal(&joined);
	changed = update(&c->groups, text);
	free(text);
	return changed;
}

void
up_contact(struct up *up)
{
	const struct msg_contact *msg = &up->params->contact;
	bool known = contact_find(up->user, msg->contact) != NULL;
	struct contact *c;
	bool changed;

	/* The account's own name is on some networks' lists. */
	if (up->user->account != NULL &&
	    strcmp(up->user->account, msg->contact) == 0)
		return;
	if ((c = get(up, msg->contact)) == NULL)
		return;
	changed = update(&c->nickname, msg->name);
	changed |= update_groups(c, &msg->groups);
	if (msg->blocked != TRI_ABSENT)
		c->blocked = msg->blocked == TRI_TRUE;
	if (update(&c->avatar_hash, msg->avatar_hash) && c->shown)
		say_contact(up->user, c, up->user->jid);
	c->requested = false;
	if (!known || changed) {
		contact_save(up->user, c);
		roster_changed(up->user, c);
	}
}

void
up_contact_presence(struct up *up)
{
	const struct msg_contact_presence *msg = &up->params->contact_presence;
	struct contact *c = contact_find(up->user, msg->contact);
	enum show show = show_parse(msg->show);
	bool changed;

	if (c == NULL)
		return;		/* not on the list: nobody to show it to */
	changed = update(&c->status, msg->status ? msg->status : "");
	if (c->show == show && !changed && c->shown == (show != SHOW_OFFLINE))
		return;
	c->show = show;
	roster_show(up->user, c);
}

void
up_contact_removed(struct up *up)
{
	struct contact *c = contact_find(up->user,
	    up->params->contact_removed.contact);

	if (c == NULL)
		return;
	if (c->shown)
		say_contact_gone(up->user, c, up->user->jid);
	roster_removed(up->user, c);
	contact_remove(up->user, c);
}

void
up_contact_request(struct up *up)
{
	const struct msg_contact_request *msg = &up->params->contact_request;
	struct contact *c = get(up, msg->contact);

	if (c == NULL || c->blocked)
		return;
	update(&c->nickname, msg->name);
	c->requested = true;
	say_subscribe(up->user, c, msg->text);
}

void
up_avatar(struct up *up)
{
	const struct msg_avatar *msg = &up->params->avatar;
	struct contact *c = contact_find(up->user, msg->contact);

	/* The picture itself is fetched when a client asks for the vCard. */
	if (c == NULL || !update(&c->avatar_hash, msg->hash))
		return;
	contact_save(up->user, c);
	if (c->shown)
		say_contact(up->user, c, up->user->jid);
}
