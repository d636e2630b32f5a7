/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of one user's contacts, and its image in the store. */
#include "manager/gateway/contact.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact_client.h"
#include "manager/gateway/name.h"
#include "util/buf.h"
#include "util/xalloc.h"

static const char *const subscriptions[] = {
	[SUB_NONE] = "none", [SUB_ASK] = "ask", [SUB_FROM] = "from",
	[SUB_TO] = "to", [SUB_BOTH] = "both",
};

enum subscription
subscription_parse(const char *name)
{
	for (size_t i = 0; name != NULL && i < LENGTH(subscriptions); i++) {
		if (strcmp(name, subscriptions[i]) == 0)
			return (enum subscription)i;
	}
	return SUB_NONE;
}

struct contact *
contact_find(const struct user *user, const char *name)
{
	return map_get(&user->contacts, name);
}

struct contact *
contact_find_jid(const struct user *user, const char *bare)
{
	return map_get(&user->contact_jids, bare);
}

struct contact *
contact_restore(struct user *user, const char *name, const char *jid)
{
	struct contact *contact = xcalloc(1, sizeof(*contact));

	contact->name = xstrdup(name);
	contact->jid = xstrdup(jid);
	contact->escaped = jid_has_escapes(jid);
	contact->network = SUB_BOTH;
	map_put(&user->contacts, contact->name, contact);
	if (contact_find_jid(user, jid) == NULL)
		map_put(&user->contact_jids, contact->jid, contact);
	return contact;
}

struct contact *
contact_add(struct user *user, const char *name)
{
	struct contact *contact = contact_find(user, name);
	struct arena a = { 0 };
	const char *jid;

	if (contact != NULL)
		return contact;
	if (map_count(&user->contacts) >= CONTACTS_MAX)
		return NULL;
	/* What cannot be an address cannot be on a roster. */
	if ((jid = name_to_jid(user->gw, &a, name)) == NULL) {
		arena_free(&a);
		return NULL;
	}
	contact = contact_restore(user, name, jid);
	arena_free(&a);
	return contact;
}

static void
contact_free(struct user *user, struct contact *contact)
{
	contact_clients_clear(user, contact);
	free(contact->name);
	free(contact->jid);
	free(contact->nickname);
	free(contact->groups);
	free(contact->status);
	free(contact->avatar_hash);
	free(contact);
}

/* Names that differ only in case have one JID: the next of them gets it. */
static void
give_up_jid(struct user *user, const struct contact *contact)
{
	struct contact *next;
	size_t at = 0;

	if (contact_find_jid(user, contact->jid) != contact)
		return;
	map_remove(&user->contact_jids, contact->jid);
	while ((next = map_next(&user->contacts, &at)) != NULL) {
		if (strcmp(next->jid, contact->jid) != 0)
			continue;
		map_put(&user->contact_jids, next->jid, next);
		return;
	}
}

void
contact_remove(struct user *user, struct contact *contact)
{
	store_remove_contact(user->gw->store, user->jid, contact->name);
	map_remove(&user->contacts, contact->name);
	give_up_jid(user, contact);
	contact_free(user, contact);
}

bool
contact_is_friend(const struct contact *c)
{
	return !c->ignored && (c->listed || c->subscription != SUB_NONE ||
	    (!c->requested && !c->blocked));
}

static bool
set_text(char **slot, const char *value)
{
	if (*value == '\0')
		value = NULL;
	if (*slot == NULL ? value == NULL :
	    value != NULL && strcmp(*slot, value) == 0)
		return false;
	xreplace(slot, value);
	return true;
}

bool
contact_set_name(struct contact *c, const char *name)
{
	return set_text(&c->nickname, name);
}

bool
contact_set_groups(struct contact *c, const struct strs *groups)
{
	struct buf joined = { 0 };
	bool changed;
	char *text;

	for (size_t i = 0; i < groups->n && i < GROUPS_MAX; i++) {
		if (*groups->v[i] == '\0')
			continue;
		if (buf_len(&joined) > 0)
			buf_addc(&joined, '\n');
		for (const char *p = groups->v[i]; *p != '\0'; p++)
			buf_addc(&joined, *p == '\n' ? ' ' : *p);
	}
	text = buf_steal(&joined);
	changed = set_text(&c->groups, text);
	free(text);
	return changed;
}

void
contact_save(struct user *user, const struct contact *contact)
{
	struct store_contact record = {
		.name = contact->name,
		.subscription = subscriptions[contact->subscription],
		.nickname = contact->nickname ? contact->nickname : "",
		.groups = contact->groups ? contact->groups : "",
		.icon_hash = contact->avatar_hash,
		.flags = (contact->escaped ? STORE_ESCAPED : 0) |
		    (contact->ignored ? STORE_IGNORED : 0) |
		    (contact->blocked ? STORE_BLOCKED : 0),
	};

	user_save(user);
	store_set_contact(user->gw->store, user->jid, &record);
}

static char *
or_null(const char *s)
{
	return s != NULL && *s != '\0' ? xstrdup(s) : NULL;
}

void
contacts_load(struct user *user, const struct store_contact *records,
    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct store_contact *r = &records[i];
		struct contact *contact = contact_find(user, r->name);

		if (contact != NULL ||
		    (contact = contact_add(user, r->name)) == NULL)
			continue;
		contact->subscription = subscription_parse(r->subscription);
		contact->nickname = or_null(r->nickname);
		contact->groups = or_null(r->groups);
		contact->avatar_hash = or_null(r->icon_hash);
		contact->ignored = (r->flags & STORE_IGNORED) != 0;
		contact->blocked = (r->flags & STORE_BLOCKED) != 0;
	}
}

void
contacts_untold(struct user *user)
{
	struct contact *contact;
	size_t at = 0;

	while ((contact = map_next(&user->contacts, &at)) != NULL)
		contact->told = contact->stated = false;
	contact_clients_untold(user);
}

void
contacts_destroy(struct user *user)
{
	struct contact *contact;
	size_t at = 0;

	while ((contact = map_next(&user->contacts, &at)) != NULL)
		contact_free(user, contact);
	map_finish(&user->contacts);
	map_finish(&user->contact_jids);
}
