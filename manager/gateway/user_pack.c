/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A user as facts, and made of them again. */
#include "manager/gateway/handover.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ask.h"
#include "manager/gateway/client_caps.h"
#include "manager/gateway/contact_client.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/menu.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/pace.h"
#include "manager/gateway/repeats.h"
#include "manager/gateway/session_inside.h"
#include "manager/gateway/trial.h"
#include "util/xalloc.h"

/* Members of struct user that are just what they are. */
#define FLAGS(X) \
	X(registered) X(wanted) X(shown) X(loaded) X(unsaved) X(asked) \
	X(suspect) X(must_move) X(vip) X(enabled) X(stay_connected) \
	X(rooms_missing) X(guest) X(trial)
#define TEXTS(X)	X(account) X(password) X(hint) X(photo)
#define NUMBERS(X) \
	X(state) X(backend) X(avoid) X(attempts) X(features_told)
#define TIMES(X) \
	X(due) X(roster_due) X(presence_due) X(retry_at) X(lost_at) X(active)

static void
pack_clients(const struct user *user, struct packer *p)
{
	const struct client *c;

	pack_list(p, "clients");
	TAILQ_FOREACH(c, &user->clients, entry) {
		pack_map(p, NULL);
		pack_str(p, "full", c->full);
		pack_str(p, "status", c->status);
		pack_str(p, "caps", c->caps);
		pack_int(p, "show", c->show);
		pack_int(p, "priority", c->priority);
		pack_bool(p, "doubtful", c->doubtful);
		pack_bool(p, "wants_avatars", c->wants_avatars);
		pack_end(p);
	}
	pack_end(p);
}

static void
unpack_clients(struct user *user, const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *c = packed_at(list, i);
		const char *full = packed_str(c, "full");
		struct client *client;
		bool added;

		if (full == NULL)
			continue;
		client = user_client_set(user, full,
		    (enum show)packed_int(c, "show", SHOW_ONLINE),
		    packed_str(c, "status"), (int)packed_int(c, "priority", 0),
		    &added);
		client_caps_restore(user->gw, client, packed_str(c, "caps"));
		client->doubtful = packed_bool(c, "doubtful", false);
		client->wants_avatars = packed_bool(c, "wants_avatars",
		    false);
	}
}

static void
pack_settings(const struct user *user, struct packer *p)
{
	struct arena a = { 0 };
	struct pairs pairs = user_settings(user, &a);

	pack_list(p, "settings");
	for (size_t i = 0; i < pairs.n; i++) {
		pack_str(p, NULL, pairs.v[i].key);
		pack_str(p, NULL, pairs.v[i].value);
	}
	pack_end(p);
	pack_list(p, "secrets");
	for (size_t i = 0; i < pairs.n; i++) {
		if (user_setting_is_secret(user, pairs.v[i].key))
			pack_str(p, NULL, pairs.v[i].key);
	}
	pack_end(p);
	arena_free(&a);
}

/* secrets: names of those that are. */
static void
unpack_settings(struct user *user, const struct packed *list,
    const struct packed *secrets)
{
	for (size_t i = 0; i + 1 < packed_count(list); i += 2) {
		const char *name = packed_str(packed_at(list, i), NULL);
		const char *value = packed_str(packed_at(list, i + 1), NULL);

		if (name != NULL && value != NULL)
			user_put_setting(user, name, STORE_STRING, value);
	}
	for (size_t i = 0; i < packed_count(secrets); i++) {
		const char *name = packed_str(packed_at(secrets, i), NULL);
		const char *value = name ? user_setting(user, name, NULL) :
		    NULL;
		char *copy = xstrdup_null(value);

		if (copy != NULL)
			user_put_setting(user, name, STORE_SECRET, copy);
		free(copy);
	}
}

/* ----------------------------------------------------------------- contacts */

#define CONTACT_TEXTS(X) X(nickname) X(groups) X(status) X(avatar_hash)
#define CONTACT_FLAGS(X) \
	X(escaped) X(blocked) X(ignored) X(requested) X(pending) X(shown) \
	X(watched) X(listed) X(told) X(stated) X(waits) X(stale)

static void
pack_contacts(const struct user *user, struct packer *p)
{
	const struct contact *c;
	size_t at = 0;

	pack_list(p, "contacts");
	while ((c = map_next(&user->contacts, &at)) != NULL) {
		pack_map(p, NULL);
		pack_str(p, "name", c->name);
		pack_str(p, "jid", c->jid);
#define X(text)	pack_str(p, #text, c->text);
		CONTACT_TEXTS(X)
#undef X
#define X(flag)	pack_bool(p, #flag, c->flag);
		CONTACT_FLAGS(X)
#undef X
		pack_int(p, "show", c->show);
		pack_int(p, "subscription", c->subscription);
		pack_int(p, "network", c->network);
		pack_int(p, "since", c->since);
		contact_clients_pack(c, p);
		pack_end(p);
	}
	pack_end(p);
}

static void
unpack_contact(struct user *user, const struct packed *facts)
{
	const char *name = packed_str(facts, "name");
	const char *jid = packed_str(facts, "jid");
	struct contact *c;

	if (name == NULL || jid == NULL || contact_find(user, name) != NULL)
		return;
	c = contact_restore(user, name, jid);
#define X(text)	c->text = xstrdup_null(packed_str(facts, #text));
	CONTACT_TEXTS(X)
#undef X
#define X(flag)	c->flag = packed_bool(facts, #flag, false);
	CONTACT_FLAGS(X)
#undef X
	c->show = (enum show)packed_int(facts, "show", SHOW_OFFLINE);
	c->subscription = (enum subscription)packed_int(facts,
	    "subscription", SUB_NONE);
	c->since = packed_int(facts, "since", 0);
	c->network = (enum subscription)packed_int(facts, "network",
	    SUB_BOTH);
	contact_clients_unpack(user, c, packed_get(facts, "clients"));
}

/* ----------------------------------------------------------------- the user */

void
user_pack(struct user *user, struct packer *p)
{
	const struct outgoing *o;

	pack_map(p, NULL);
	pack_str(p, "jid", user->jid);
#define X(text)	pack_str(p, #text, user->text);
	TEXTS(X)
#undef X
#define X(flag)	pack_bool(p, #flag, user->flag);
	FLAGS(X)
#undef X
#define X(number) pack_int(p, #number, user->number);
	NUMBERS(X)
#undef X
#define X(when)	pack_num(p, #when, user->when);
	TIMES(X)
#undef X
	pack_bool(p, "paced", user->paced);
	pack_bool(p, "keys", keys_due(user));
	repeats_pack(user, p);
	ids_pack(user, p);
	menu_pack(user, p);
	ask_pack(user, p);
	trial_pack(user, p);
	pack_clients(user, p);
	pack_settings(user, p);
	pack_contacts(user, p);
	pack_list(p, "outbox");
	TAILQ_FOREACH(o, &user->outbox, entry)
		outgoing_pack(o, p);
	pack_end(p);
	pack_list(p, "rooms");
	rooms_pack(user, p);
	pack_end(p);
	pack_end(p);
}

static void
unpack_outbox(struct user *user, const struct packed *list)
{
	struct outgoing *o;

	for (size_t i = 0; i < packed_count(list); i++) {
		o = outgoing_unpack(user->gw, packed_at(list, i));
		if (o != NULL)
			outgoing_resume(user, o);
	}
}

void
user_unpack(struct gateway *gw, const struct packed *facts)
{
	const char *jid = packed_str(facts, "jid");
	const struct packed *list;
	struct user *user;
	int64_t state;

	if (jid == NULL || user_find(gw, jid) != NULL)
		return;
	user = user_get(gw, jid);
	state = packed_int(facts, "state", USER_OFFLINE);
	if (state < USER_OFFLINE || state > USER_LEAVING)
		state = USER_OFFLINE;
#define X(text)	user->text = xstrdup_null(packed_str(facts, #text));
	TEXTS(X)
#undef X
#define X(flag)	user->flag = packed_bool(facts, #flag, user->flag);
	FLAGS(X)
#undef X
#define X(n)	user->n = (unsigned)packed_int(facts, #n, user->n);
	NUMBERS(X)
#undef X
#define X(when)	user->when = packed_num(facts, #when, user->when);
	TIMES(X)
#undef X
	session_count_loss(user, (enum user_state)state);
	user->state = (enum user_state)state;
	repeats_unpack(user, facts);
	ids_unpack(user, facts);
	menu_unpack(user, facts);
	ask_unpack(user, facts);
	trial_unpack(user, facts);
	unpack_clients(user, packed_get(facts, "clients"));
	unpack_settings(user, packed_get(facts, "settings"),
	    packed_get(facts, "secrets"));
	list = packed_get(facts, "contacts");
	for (size_t i = 0; i < packed_count(list); i++)
		unpack_contact(user, packed_at(list, i));
	unpack_outbox(user, packed_get(facts, "outbox"));
	rooms_unpack(user, packed_get(facts, "rooms"));
	if (packed_bool(facts, "paced", false))
		pace_login(user);
	if (packed_bool(facts, "keys", false))
		keys_resume(user);
}
