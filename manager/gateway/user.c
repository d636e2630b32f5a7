/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user object: clients, settings, life time.  What state it is in is
 * decided in session.c. */
#include "manager/gateway/user.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/client_caps.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/pace.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session.h"
#include "protocol/scope.h"
#include "util/later.h"
#include "util/xalloc.h"

struct setting {
	char	*name;		/* the key in user->settings */
	char	*value;
	int	 type;		/* of store.h */
};

static const char *const shows[] = {
	[SHOW_OFFLINE] = "offline", [SHOW_ONLINE] = "online",
	[SHOW_CHAT] = "chat", [SHOW_AWAY] = "away", [SHOW_XA] = "xa",
	[SHOW_DND] = "dnd",
};

const char *
show_name(enum show show)
{
	return shows[show];
}

enum show
show_parse(const char *name)
{
	for (size_t i = 0; name != NULL && i < LENGTH(shows); i++) {
		if (strcmp(name, shows[i]) == 0)
			return (enum show)i;
	}
	return SHOW_ONLINE;
}

/* ------------------------------------------------------------- the object */

struct user *
user_find(struct gateway *gw, const char *bare)
{
	return map_get(&gw->users, bare);
}

struct user *
user_get(struct gateway *gw, const char *bare)
{
	struct user *user = user_find(gw, bare);

	if (user != NULL)
		return user;
	user = xcalloc(1, sizeof(*user));
	user->gw = gw;
	user->jid = xstrdup(bare);
	user->enabled = true;
	user->stay_connected = gw->config->stay_connected;
	TAILQ_INIT(&user->clients);
	TAILQ_INIT(&user->outbox);
	map_put(&gw->users, user->jid, user);
	return user;
}

static bool
kept(const struct user *user)
{
	return user->state != USER_OFFLINE || user->wanted ||
	    !TAILQ_EMPTY(&user->clients) || user->inflight > 0 ||
	    user->outbox_count > 0 ||
	    (link_is_server(user->gw->link) &&
	     link_clients(user->gw->link, user->jid) > 0);
}

struct tidy {
	struct gateway	*gw;
	char		 jid[];
};

static void
tidy(void *arg)
{
	struct tidy *t = arg;
	struct user *user = user_find(t->gw, t->jid);

	if (user != NULL && !kept(user))
		user_destroy(user);
	free(t);
}

void
user_tidy(struct user *user)
{
	size_t size = strlen(user->jid) + 1;
	struct tidy *t;

	if (kept(user))
		return;
	/* By name: the object may be gone and made again by then. */
	t = xmalloc(sizeof(*t) + size);
	t->gw = user->gw;
	memcpy(t->jid, user->jid, size);
	later(tidy, t);
}

void
user_save(struct user *user)
{
	struct store_user record = {
		.jid = user->jid, .uin = user->account, .password = "",
		.language = "en", .encoding = "utf8",
	};
	const struct setting *setting;
	size_t at = 0;

	if (!user->unsaved)
		return;
	user->unsaved = false;
	store_register(user->gw->store, &record, NULL, NULL);
	/* What was set before the network had let the user in. */
	while ((setting = map_next(&user->settings, &at)) != NULL)
		store_set_setting(user->gw->store, user->jid, setting->name,
		    setting->type, setting->value);
}

static void
client_free(struct client *client)
{
	client_caps_drop(client);
	free(client->full);
	free(client->status);
	free(client);
}

void
user_forget_clients(struct user *user)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&user->clients)) != NULL) {
		TAILQ_REMOVE(&user->clients, client, entry);
		client_free(client);
	}
}

static void
forget_secret(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void
setting_free(struct setting *setting)
{
	forget_secret(setting->value);
	free(setting->name);
	free(setting);
}

void
user_destroy(struct user *user)
{
	struct setting *setting;
	size_t at = 0;

	map_remove(&user->gw->users, user->jid);
	session_destroy(user);
	outgoing_drop(user);
	rooms_destroy(user);
	contacts_destroy(user);
	keys_destroy(user);
	user_forget_clients(user);
	while ((setting = map_next(&user->settings, &at)) != NULL)
		setting_free(setting);
	map_finish(&user->settings);
	map_finish(&user->rooms);
	forget_secret(user->password);
	free(user->account);
	free(user->hint);
	free(user->photo);
	free(user->published);
	free(user->repeats);
	ids_free(user->ids);
	pace_forget(user);
	free(user->jid);
	later_free(user);
}

/* --------------------------------------------------------------- clients */

struct client *
user_client(const struct user *user, const char *full)
{
	struct client *client;

	TAILQ_FOREACH(client, &user->clients, entry) {
		if (strcmp(client->full, full) == 0)
			return client;
	}
	return NULL;
}

static int
availability(enum show show)
{
	static const int rank[] = {
		[SHOW_OFFLINE] = 0, [SHOW_XA] = 1, [SHOW_AWAY] = 2,
		[SHOW_DND] = 3, [SHOW_ONLINE] = 4, [SHOW_CHAT] = 5,
	};

	return rank[show];
}

struct client *
user_best_client(const struct user *user)
{
	struct client *best = NULL, *c;

	TAILQ_FOREACH(c, &user->clients, entry) {
		if (best == NULL || c->priority > best->priority ||
		    (c->priority == best->priority &&
		     availability(c->show) > availability(best->show)))
			best = c;
	}
	return best;
}

struct client *
user_client_set(struct user *user, const char *full, enum show show,
    const char *status, int priority, bool *added)
{
	struct client *client = user_client(user, full);

	*added = client == NULL;
	if (client == NULL) {
		client = xcalloc(1, sizeof(*client));
		client->full = xstrdup(full);
		TAILQ_INSERT_TAIL(&user->clients, client, entry);
	}
	client->show = show;
	client->priority = priority;
	client->doubtful = false;
	xreplace(&client->status, status);
	return client;
}

bool
user_client_gone(struct user *user, const char *full)
{
	struct client *client = user_client(user, full);

	rooms_client_gone(user, full);
	if (client == NULL)
		return false;
	TAILQ_REMOVE(&user->clients, client, entry);
	client_free(client);
	return true;
}

/* -------------------------------------------------------------- settings */

const char *
user_setting(const struct user *user, const char *name, const char *otherwise)
{
	const struct setting *setting = map_get(&user->settings, name);

	return setting ? setting->value : otherwise;
}

static const char *
scoped(const struct user *user, const char *name, const char *id)
{
	char key[SCOPE_NAME_MAX], bare[SCOPE_NAME_MAX];
	const char *value = scope_name(key, name, id) == 0 ?
	    user_setting(user, key, NULL) : NULL;

	if (value == NULL && scope_bare(bare, id) != NULL &&
	    scope_name(key, name, bare) == 0)
		value = user_setting(user, key, NULL);
	return value;
}

const char *
user_setting_of(const struct user *user, const char *name, const char *id,
    const char *otherwise)
{
	const char *value = scoped(user, name, id);
	const char *server = scope_server(id);

	if (value == NULL && server != NULL)
		value = scoped(user, name, server);
	return value ? value : user_setting(user, name, otherwise);
}

/* The ones the gateway itself acts on, kept where they are cheap to ask. */
static void
cache_setting(struct user *user, const char *name, const char *value)
{
	if (strcmp(name, "enable_transport") == 0)
		user->enabled = value == NULL || strcmp(value, "0") != 0;
	else if (strcmp(name, "stay_connected") == 0)
		user->stay_connected = value ? strcmp(value, "1") == 0 :
		    user->gw->config->stay_connected;
}

/* Of one room, of a server, or of all. */
static bool
concerns_rooms(const char *name)
{
	static const char *const names[] = { "persistent", "record_history" };

	for (size_t i = 0; i < LENGTH(names); i++) {
		size_t n = strlen(names[i]);

		if (strncmp(name, names[i], n) == 0 &&
		    (name[n] == '\0' || name[n] == '/'))
			return true;
	}
	return false;
}

static size_t
size_of(const char *name, const struct setting *setting)
{
	return setting ? strlen(name) + strlen(setting->value) : 0;
}

static void
put_setting(struct user *user, const char *name, int type, const char *value)
{
	struct setting *setting = map_get(&user->settings, name);

	user->settings_bytes -= size_of(name, setting);
	if (value == NULL) {
		if (setting == NULL)
			return;
		map_remove(&user->settings, name);
		setting_free(setting);
		return;
	}
	if (setting == NULL) {
		setting = xcalloc(1, sizeof(*setting));
		setting->name = xstrdup(name);
		map_put(&user->settings, setting->name, setting);
	}
	setting->type = type;
	forget_secret(setting->value);
	setting->value = xstrdup(value);
	user->settings_bytes += size_of(name, setting);
}

void
user_put_setting(struct user *user, const char *name, int type,
    const char *value)
{
	cache_setting(user, name, value);
	put_setting(user, name, type, value);
	if (concerns_rooms(name))
		rooms_settings_changed(user);
}

bool
user_setting_is_secret(const struct user *user, const char *name)
{
	const struct setting *setting = map_get(&user->settings, name);

	return setting != NULL && setting->type == STORE_SECRET;
}

bool
user_setting_fits(const struct user *user, const char *name,
    const char *value)
{
	const struct setting *setting = map_get(&user->settings, name);
	size_t before = size_of(name, setting);
	size_t after = value ? strlen(name) + strlen(value) : 0;

	if (after <= before)
		return true;
	return after - before + user->settings_bytes <=
	    USER_SETTINGS_BYTES_MAX && strlen(value) <=
	    USER_SETTING_BYTES_MAX && strlen(name) < SCOPE_NAME_MAX &&
	    (setting != NULL ||
	    map_count(&user->settings) < USER_SETTINGS_MAX);
}

bool
user_keep_setting(struct user *user, const char *name, int type,
    const char *value)
{
	if (!user_setting_fits(user, name, value))
		return false;
	user_put_setting(user, name, type, value);
	/* Otherwise user_save() does it, once the network knows the user. */
	if (!user->unsaved)
		store_set_setting(user->gw->store, user->jid, name, type,
		    value);
	return true;
}

bool
user_set_setting(struct user *user, const char *name, int type,
    const char *value)
{
	struct msg_setting msg = {
		.user = user->jid, .name = name, .value = value,
	};

	if (!user_setting_fits(user, name, value))
		return false;
	user_save(user);
	user_keep_setting(user, name, type, value);
	session_notify(user, METHOD_setting, &msg);
	return true;
}

struct pairs
user_settings(const struct user *user, struct arena *a)
{
	struct pairs pairs = { 0 };
	struct setting *setting;
	size_t at = 0;

	if (map_count(&user->settings) == 0)
		return pairs;
	pairs.v = arena_alloc(a, map_count(&user->settings) *
	    sizeof(*pairs.v));
	while ((setting = map_next(&user->settings, &at)) != NULL)
		pairs.v[pairs.n++] =
		    (struct pair){ setting->name, setting->value };
	return pairs;
}
