/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a contact, as messages.  What was told last is kept as a
 * digest only: a list of thousands would double its size otherwise. */
#include "backends/purple/contact_tell.h"

#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "backends/purple/avatar.h"
#include "backends/purple/contact_group.h"
#include "backends/purple/contact_presence.h"
#include "backends/purple/privacy.h"
#include "backends/purple/text.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/macros.h"
#include "util/rand.h"
#include "util/siphash.h"

/* ------------------------------------------------------------------- digest */

static uint64_t
digest(const struct buf *b)
{
	static uint8_t key[16];
	static bool drawn;
	uint64_t value;

	if (!drawn)
		rand_bytes(key, sizeof(key));
	drawn = true;
	value = siphash(key, buf_data(b), buf_len(b));
	/* Those that mean something. */
	return value > CONTACT_SHOWN_OFFLINE ? value : value + 2;
}

/* An absent text differs from an empty one. */
static void
add(struct buf *b, const char *text)
{
	buf_addc(b, text != NULL ? 'x' : '-');
	if (text != NULL)
		buf_adds(b, text);
	buf_addc(b, '\0');
}

/* -------------------------------------------------------------------- facts */

static char *
line(struct arena *a, const char *text)
{
	char *copy = text_line(text, CONTACT_NAME_MAX), *kept;

	if (copy == NULL)
		return NULL;
	kept = arena_strdup(a, copy);
	free(copy);
	return kept;
}

/* The user's own name for them first, then what they call themselves. */
static const char *
name_of(struct arena *a, const struct contact *c)
{
	const PurpleContact *contact;
	const PurpleBuddy *buddy;
	const char *name = NULL;

	for (GSList *l = c->buddies; l != NULL && name == NULL; l = l->next) {
		buddy = l->data;
		contact = purple_buddy_get_contact(l->data);
		if (contact != NULL)
			name = line(a, contact->alias);
		if (name == NULL)
			name = line(a, buddy->alias);
	}
	for (GSList *l = c->buddies; l != NULL && name == NULL; l = l->next) {
		buddy = l->data;
		name = line(a, buddy->server_alias);
	}
	if (name != NULL && (strcmp(name, c->id) == 0 ||
	    strcmp(name, c->key) == 0))
		name = NULL;
	/* Where the list is the main process's own, it knows better. */
	if (name == NULL && !c->watched)
		name = "";
	return name;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
groups_of(struct arena *a, const struct contact *c, struct strs *groups)
{
	const char *name;
	PurpleGroup *group;

	if (c->watched)
		return;
	groups->v = arena_alloc(a, CONTACT_GROUPS_MAX * sizeof(*groups->v));
	for (GSList *l = c->buddies; l != NULL &&
	    groups->n < CONTACT_GROUPS_MAX; l = l->next) {
		group = purple_buddy_get_group(l->data);
		name = group ? line(a, purple_group_get_name(group)) : NULL;
		if (name != NULL && strcmp(name, CONTACT_GROUP_NONE) != 0)
			groups->v[groups->n++] = name;
	}
	qsort(groups->v, groups->n, sizeof(*groups->v), by_name);
}

/* No plug-in has a place for it; prpl-jabber tells it to whoever puts the mouse
 * on a contact. */
static const char *
subscription_of(const struct contact *c)
{
	static const struct { const char *says, *means; } words[] = {
		{ "Both", "both" }, { "From", "from" },
		{ "From (To pending)", "from" }, { "To", "to" },
		{ "None", "none" }, { "None (To pending)", "ask" },
	};
	PurplePluginProtocolInfo *info = session_protocol(c->session);
	PurpleNotifyUserInfo *tip;
	const char *found = NULL, *label, *value;

	if (!PROTOCOL_HAS(info, tooltip_text) ||
	    strcmp(purple_account_get_protocol_id(c->session->account),
	    "prpl-jabber") != 0)
		return NULL;
	tip = purple_notify_user_info_new();
	info->tooltip_text(c->buddies->data, tip, TRUE);
	for (GList *l = purple_notify_user_info_get_entries(tip); l != NULL;
	    l = l->next) {
		label = purple_notify_user_info_entry_get_label(l->data);
		value = purple_notify_user_info_entry_get_value(l->data);
		if (label == NULL || value == NULL ||
		    strcmp(label, "Subscription") != 0)
			continue;
		for (size_t i = 0; i < LENGTH(words); i++) {
			if (strcmp(words[i].says, value) == 0)
				found = words[i].means;
		}
	}
	purple_notify_user_info_destroy(tip);
	return found;
}

/* --------------------------------------------------------------------- tell */

static void
tell_contact(struct contact *c)
{
	struct msg_contact m = { .user = c->session->user, .contact = c->id };
	struct arena a = { 0 };
	struct buf b = { 0 };
	char hash[AVATAR_HASH_SIZE];
	uint64_t now;

	m.name = name_of(&a, c);
	groups_of(&a, c, &m.groups);
	m.subscription = subscription_of(c);
	m.avatar_hash = avatar_hash(c, hash);
	m.blocked = privacy_blocked(c->session, c->key);
	add(&b, m.name);
	for (size_t i = 0; i < m.groups.n; i++)
		add(&b, m.groups.v[i]);
	add(&b, m.subscription);
	add(&b, m.avatar_hash);
	buf_addc(&b, (char)('0' + m.blocked));
	now = digest(&b);
	if (now != c->told)
		kit_notify(METHOD_contact, &m);
	c->told = now;
	buf_free(&b);
	arena_free(&a);
}

static void
tell_presence(struct contact *c)
{
	struct msg_contact_presence m = {
		.user = c->session->user, .contact = c->id,
	};
	struct buf b = { 0 };
	uint64_t now = CONTACT_SHOWN_OFFLINE;
	char *text = contact_presence_of(c, &m);

	m.status = text;
	if (text != NULL || strcmp(m.show, "offline") != 0) {
		add(&b, m.show);
		add(&b, text);
		buf_addf(&b, "%lld", (long long)m.since);
		now = digest(&b);
	}
	if (now != c->shown)
		kit_notify(METHOD_contact_presence, &m);
	c->shown = now;
	buf_free(&b);
	free(text);
}

void
contact_tell(struct contact *c)
{
	bool pictured = c->icon_dirty && avatar_look(c);

	c->icon_dirty = false;
	tell_contact(c);
	/* A plug-in has been asked, and may have ended it all. */
	if (c->buddies != NULL)
		tell_presence(c);
	if (c->buddies != NULL && pictured)
		avatar_tell(c);
}

void
contact_tell_gone(struct contact *c)
{
	struct msg_contact_removed removed = {
		.user = c->session->user, .contact = c->id,
	};
	struct msg_contact_presence offline = {
		.user = c->session->user, .contact = c->id, .show = "offline",
	};

	if (c->told == 0)
		return;
	if (!c->passing)
		kit_notify(METHOD_contact_removed, &removed);
	else if (c->shown != CONTACT_SHOWN_OFFLINE)
		kit_notify(METHOD_contact_presence, &offline);
}
