/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose connections are these?  With irc_server set a session is one
 * connection and lives and dies with it; without, connections come and go as
 * rooms and people on them are needed. */
#include "backends/irc/session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/irc/apply.h"
#include "backends/irc/nick.h"
#include "backends/irc/sts.h"
#include "backends/irc/watch.h"
#include "protocol/scope.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

static size_t leaving;

static bool
is_fixed(const struct session *s)
{
	return s->irc->config.nservers > 0;
}

struct session *
session_find(const struct irc *irc, const char *user)
{
	return map_get(&irc->sessions, user);
}

size_t
sessions_leaving(void)
{
	return leaving;
}

/* ---- the end */

static void
session_free(void *object)
{
	struct session *s = object;
	size_t at = 0;
	char *id;

	free(s->user);
	free(s->account);
	if (s->password != NULL)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	while ((id = map_next(&s->watched, &at)) != NULL)
		free(id);
	map_finish(&s->watched);
	free(s->away);
	texts_finish(&s->settings);
	free(s);
}

/* Nothing is connected any more. */
static void
session_end(struct session *s)
{
	if (s->leaving)
		leaving--;
	else
		map_remove(&s->irc->sessions, s->user);
	up_result(s->logout, METHOD_logout, NULL);
	/* After the networks, which borrow its strings. */
	later(session_free, s);
}

static void
remove_network(struct session *s, struct network *n)
{
	struct network **at = &s->networks;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	s->count--;
	network_destroy(n);
}

void
session_logout(struct session *s, request_t request, const char *reason)
{
	struct network *n, *next;

	map_remove(&s->irc->sessions, s->user);
	s->leaving = true;
	s->logout = request;
	leaving++;
	if (s->networks == NULL)
		session_end(s);
	/* Otherwise the last network to go ends it. */
	for (n = s->networks; n != NULL; n = next) {
		next = n->next;
		network_quit(n, reason);
	}
}

/* ---- what networks say */

static void
network_is_online(struct network *n)
{
	const struct msg_connected connected = {
		.user = n->user, .account = n->nick };

	if (network_is_fixed(n))
		up_notify(METHOD_connected, &connected);
}

static void
network_is_over(struct network *n, const char *reason, const char *text,
    bool retry)
{
	struct session *s = n->ctx;
	bool fixed = network_is_fixed(n);
	const struct msg_disconnected disconnected = {
		.user = s->user, .reason = reason ? reason : "other",
		.text = text,
		/* Whoever has asked for it does not want it back. */
		.retry = retry && reason != NULL };

	if (fixed && !s->leaving)
		up_notify(METHOD_disconnected, &disconnected);
	remove_network(s, n);
	if (s->networks == NULL && (fixed || s->leaving))
		session_end(s);
}

static const struct network_events network_events = {
	.online = network_is_online, .over = network_is_over,
};

/* ---- names in ids */

static struct network *
find_network(const struct session *s, const struct server *server)
{
	for (struct network *n = s->networks; n != NULL; n = n->next)
		if (n->state != NETWORK_QUITTING &&
		    n->state != NETWORK_OVER &&
		    server_equal(n->server, server))
			return n;
	return NULL;
}

static bool
take_name(char name[NAME_MAX_BYTES], const char *id, size_t len)
{
	if (len == 0 || len >= NAME_MAX_BYTES)
		return false;
	memcpy(name, id, len);
	name[len] = '\0';
	return true;
}

/* ---- whom to watch */

/* The contact is on this network: the nick in it, in name. */
static bool
is_on(const struct session *s, const struct network *n, const char *id,
    char name[NAME_MAX_BYTES])
{
	const char *at = scope_separator(id);
	struct server server;

	if (is_fixed(s))
		return take_name(name, id, strlen(id));
	return at != NULL && server_parse(&server, at + 1) == 0 &&
	    server_equal(n->server, &server) &&
	    take_name(name, id, (size_t)(at - id));
}

static bool
watch_there(struct session *s, struct network *n, const char *id)
{
	char nick[NAME_MAX_BYTES];

	if (!is_on(s, n, id, nick))
		return false;
	watch_add(n, id, nick);
	return true;
}

/* A server as a contact is there while the connection to it is. */
static bool
is_connected_to(const struct session *s, const char *id)
{
	struct server server;

	if (is_fixed(s) || scope_separator(id) != NULL ||
	    server_parse(&server, id) == -1)
		return false;
	for (const struct network *n = s->networks; n != NULL; n = n->next)
		if (n->state == NETWORK_ONLINE &&
		    server_equal(n->server, &server))
			return true;
	return false;
}

static void
watch_more(struct session *s, const char *id)
{
	const struct msg_contact_presence m = {
		.user = s->user, .contact = id,
		.show = is_connected_to(s, id) ? "online" : "offline" };
	bool there = false;
	char *copy;

	if (map_get(&s->watched, id) != NULL ||
	    map_count(&s->watched) >= SESSION_WATCHED_MAX)
		return;
	copy = xstrdup(id);
	map_put(&s->watched, copy, copy);
	for (struct network *n = s->networks; n != NULL && !there; n = n->next)
		there = watch_there(s, n, id);
	/* The main process may think otherwise, from another backend. */
	if (!there)
		up_notify(METHOD_contact_presence, &m);
}

static void
watch_less(struct session *s, const char *id)
{
	char nick[NAME_MAX_BYTES];

	for (struct network *n = s->networks; n != NULL; n = n->next)
		if (is_on(s, n, id, nick))
			watch_remove(n, nick);
	free(map_remove(&s->watched, id));
}

void
session_watch(struct session *s, const struct strs *more,
    const struct strs *gone)
{
	for (size_t i = 0; i < more->n; i++)
		watch_more(s, more->v[i]);
	for (size_t i = 0; i < gone->n; i++)
		watch_less(s, gone->v[i]);
}

static struct network *
add_network(struct session *s, const struct server *server, const char *name,
    char at, const char *nick)
{
	char clean[NICK_BYTES_MAX];
	struct network *n;
	const char *id;
	size_t i = 0;

	nick_clean(clean, nick);
	n = network_create(s->irc, s->user, &s->settings, server, name, at,
	    clean, &network_events, s);
	n->account = s->account;
	n->password = s->password;
	n->away = s->away;
	n->next = s->networks;
	s->networks = n;
	s->count++;
	while ((id = map_next(&s->watched, &i)) != NULL)
		(void)watch_there(s, n, id);
	return n;
}

/* ---- the beginning */

static char *
away_text(const char *show, const char *status)
{
	if (show == NULL || (strcmp(show, "away") != 0 &&
	    strcmp(show, "xa") != 0 && strcmp(show, "dnd") != 0))
		return NULL;
	return xstrdup(status != NULL && *status ? status : "Away");
}

struct session *
session_login(struct irc *irc, const struct msg_login *m)
{
	struct session *s = session_find(irc, m->user);
	const struct msg_connected connected = { .user = m->user };

	if (s != NULL)
		session_logout(s, 0, "logged in again");
	s = xcalloc(1, sizeof(*s));
	s->irc = irc;
	s->user = xstrdup(m->user);
	/* The local part of the JID is as good a nick as any. */
	s->account = xstrdup(*m->account ? m->account : m->user);
	s->password = xstrdup_null(m->password);
	s->away = away_text(m->show, m->status);
	settings_load(&s->settings, &m->settings);
	sts_load(irc, s->user, &m->settings);
	map_put(&irc->sessions, s->user, s);
	if (!is_fixed(s))
		up_notify(METHOD_connected, &connected);
	else
		add_network(s, &irc->config.servers[0], NULL, '@', s->account);
	return s;
}

void
session_apply(struct session *s)
{
	for (struct network *n = s->networks; n != NULL; n = n->next)
		apply_settings(n);
}

bool
session_setname(struct session *s)
{
	bool told = true;

	for (struct network *n = s->networks; n != NULL; n = n->next)
		told &= apply_realname(n);
	return told;
}

void
session_renick(struct session *s, const char *id)
{
	char bare[SCOPE_NAME_MAX];

	for (struct network *n = s->networks; n != NULL; n = n->next)
		if (n->name == NULL || (id == NULL ?
		    settings_of(&s->settings, "nick", n->name) == NULL :
		    strcasecmp(id, n->name) == 0 ||
		    (scope_bare(bare, n->name) != NULL &&
		    strcasecmp(id, bare) == 0 &&
		    settings_own(&s->settings, "nick", n->name) == NULL)))
			apply_nick(n);
}

void
session_setting(struct session *s, const char *name, const char *value)
{
	const char *why;

	if (settings_put(&s->settings, name, value, &why) == -1)
		log_debug("%s: setting %s is passed over: %s", s->user, name,
		    why);
	session_apply(s);
	if (strcmp(name, "nick") == 0 || strncmp(name, "nick/", 5) == 0)
		session_renick(s, name[4] ? name + 5 : NULL);
}

void
session_presence(struct session *s, const char *show, const char *status)
{
	char *away = away_text(show, status), *before = s->away;
	bool same = away == NULL ? before == NULL :
	    before != NULL && strcmp(away, before) == 0;

	if (same) {
		free(away);
		return;
	}
	s->away = away;
	for (struct network *n = s->networks; n != NULL; n = n->next)
		network_set_away(n, away);
	free(before);
}

/* ---- ids */

static struct network *
refuse(const char **code, const char **why, const char *what,
    const char *because)
{
	*code = what;
	*why = because;
	return NULL;
}

struct network *
session_resolve(struct session *s, const char *id, bool open,
    const char *nick, char name[NAME_MAX_BYTES], const char **code,
    const char **why)
{
	const char *at = scope_separator(id), *where = at ? at + 1 : id;
	struct server server;
	struct network *n;

	if (is_fixed(s)) {
		if (*id == '\0')
			*name = '\0';
		else if (!take_name(name, id, strlen(id)))
			return refuse(code, why, ERR_NOT_ACCEPTABLE,
			    "too long a name");
		return s->networks ? s->networks : refuse(code, why,
		    ERR_NOT_CONNECTED, "not connected");
	}
	/* Without a separator it must be a server to be anything. */
	if ((at == NULL && strpbrk(id, ".:") == NULL) ||
	    server_parse(&server, where) == -1)
		return refuse(code, why, ERR_NOT_FOUND,
		    "want name%server or name%server:port");
	if (at == NULL)
		*name = '\0';
	else if (!take_name(name, id, (size_t)(at - id)))
		return refuse(code, why, ERR_NOT_ACCEPTABLE,
		    "too long a name, or none");
	if ((n = find_network(s, &server)) != NULL)
		return n;
	if (!open)
		return refuse(code, why, ERR_NOT_CONNECTED,
		    "not connected to that server");
	if (s->count >= SESSION_NETWORKS_MAX)
		return refuse(code, why, ERR_NOT_ALLOWED,
		    "connected to too many servers");
	return add_network(s, &server, where, at ? *at : '%',
	    nick ? nick : s->account);
}
