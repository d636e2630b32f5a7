/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which resource is the client, and which other ones must give way?  (RFC 6120
 * 7.)  A bound client is found by its full JID and by its user. */
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define RESOURCES_MAX	32	/* of one user */

static void
conflict(struct client *old, const struct client *new)
{
	log_info("%s: %s: replaced by a new login from %s",
	    old->server->domain, old->full, client_peer(new));
	client_end(old, "conflict", "Replaced by a new login", NULL);
}

/* RFC 6120 7.7.2.2, second choice: the new one wins. */
static void
make_room(struct client *c, const char *full)
{
	struct server *s = c->server;
	struct client *old;
	struct user *user;

	if ((old = map_get(&s->bound, full)) != NULL)
		conflict(old, c);
	if (s->cfg.many_resources)
		return;
	/* The user goes with its last client. */
	while ((user = map_get(&s->users, c->bare)) != NULL)
		conflict(LIST_FIRST(&user->clients), c);
}

static struct user *
find_user(struct server *s, const char *bare)
{
	struct user *user = map_get(&s->users, bare);

	if (user != NULL)
		return user;
	user = xcalloc(1, sizeof(*user) + strlen(bare) + 1);
	memcpy(user->bare, bare, strlen(bare) + 1);
	LIST_INIT(&user->clients);
	map_put(&s->users, user->bare, user);
	return user;
}

void
bind_add(struct client *c, const char *full)
{
	c->full = xstrdup(full);
	c->user = find_user(c->server, c->bare);
	LIST_INSERT_HEAD(&c->user->clients, c, same);
	c->user->count++;
	map_put(&c->server->bound, c->full, c);
}

static void
tell_gone(void *object)
{
	struct server *s = object;

	if (!s->dead)
		server_tell_gone(s);
}

/* The gateway may be in the middle of something about this very client, so it
 * hears of it after the turn, or before the next one is bound. */
void
bind_undo(struct client *c)
{
	struct server *s = c->server;
	struct user *user = c->user;

	map_remove(&s->bound, c->full);
	LIST_REMOVE(c, same);
	c->user = NULL;
	if (--user->count == 0) {
		map_remove(&s->users, user->bare);
		free(user);
	}
	c->available = false;
	c->untold = true;
	LIST_INSERT_HEAD(&s->gone, c, list);
	later(tell_gone, s);
	sm_finish(c);
}

static void
answer(struct client *c, const struct stanza *iq)
{
	struct xml x;

	xml_begin(&x, client_out(c));
	xml_open(&x, "iq");
	xml_attr(&x, "type", "result");
	xml_attr(&x, "id", stanza_attr(iq, "id"));
	xml_open_ns(&x, "bind", NS_BIND);
	xml_element(&x, "jid", NULL, c->full);
	xml_close_to(&x, 0);
	client_send(c);
}

static void
refuse(struct client *c, const struct stanza *iq, const char *type,
    const char *condition)
{
	(void)link_bounce(client_out(c), iq, NULL, NULL, type, condition);
	client_send(c);
}

void
bind_stanza(struct client *c, struct arena *a, const struct stanza *s)
{
	struct stanza *bind = stanza_child(s, "bind", NS_BIND);
	const char *type = stanza_attr(s, "type");
	const char *resource;
	char token[13];
	struct user *user;
	struct jid jid;

	if (!stanza_is(s, "iq", NS_CLIENT) || bind == NULL || type == NULL ||
	    strcmp(type, "set") != 0) {
		client_end(c, "not-authorized", NULL,
		    "it did not bind a resource first");
		return;
	}
	resource = stanza_child_text(a, bind, "resource", NULL);
	if (resource == NULL || *resource == '\0') {
		rand_token(token, sizeof(token));
		resource = token;
	}
	if (jid_parse(a, c->bare, &jid) != 0 ||
	    jid_make(a, jid.node, jid.domain, resource, &jid) != 0) {
		refuse(c, s, "modify", "bad-request");
		return;
	}
	user = map_get(&c->server->users, c->bare);
	if (c->server->cfg.many_resources && user != NULL &&
	    user->count >= RESOURCES_MAX && !sm_evict(user)) {
		refuse(c, s, "wait", "resource-constraint");
		return;
	}
	make_room(c, jid.full);
	server_tell_gone(c->server);
	if (c->state != CLIENT_BINDING)
		return;		/* the gateway closed us meanwhile */
	bind_add(c, jid.full);
	client_set_state(c, CLIENT_BOUND);
	log_info("%s: %s: logged in from %s", c->server->domain, c->full,
	    client_peer(c));
	client_watch(c);
	answer(c, s);
}
