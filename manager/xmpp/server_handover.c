/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the server go on in another process?  The listeners go over, and so
 * do the sessions of clients with stream management, as if their connections
 * had broken: TLS cannot be handed over.  The other clients are told to log in
 * again. */
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/log.h"
#include "util/xalloc.h"

/* Whatever has been read in part will be sent again, and what has not left is
 * kept: any moment is good to hand over.  The last words are another matter. */
bool
server_settled(const struct link *l)
{
	const struct server *s = server_of(l);
	const struct client *c;

	if (s->listening)
		return true;
	LIST_FOREACH(c, &s->clients, link)
		if (c->stream != NULL &&
		    conn_queued(stream_conn(c->stream)) > 0)
			return false;
	return true;
}

void
server_freeze(struct link *l, bool frozen)
{
	struct server *s = server_of(l);
	struct client *c;

	if (s->frozen == frozen)
		return;
	s->frozen = frozen;
	if (s->plain != NULL)
		listener_freeze(s->plain, frozen);
	if (s->direct != NULL)
		listener_freeze(s->direct, frozen);
	LIST_FOREACH(c, &s->clients, link)
		if (c->stream != NULL)
			conn_freeze(stream_conn(c->stream), frozen);
}

/* Those who cannot come back to their session; the successor tells the gateway
 * that they are gone. */
static void
send_away(struct server *s, struct packer *p)
{
	struct client *c, *next;

	for (c = LIST_FIRST(&s->clients); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		if (sm_is_resumable(c) || c->state == CLIENT_CLOSING)
			continue;
		client_end(c, "reset", "The service is being upgraded, please "
		    "log in again", NULL);
		if (c->stream != NULL)
			conn_push(stream_conn(c->stream));
	}
	pack_list(p, "gone");
	LIST_FOREACH(c, &s->gone, list) {
		pack_map(p, NULL);
		pack_str(p, "user", c->bare);
		pack_str(p, "full", c->full);
		pack_end(p);
	}
	pack_end(p);
}

static void
pack_client(const struct client *c, struct packer *p)
{
	pack_map(p, NULL);
	pack_str(p, "user", c->bare);
	pack_str(p, "full", c->full);
	pack_bool(p, "available", c->available);
	pack_bool(p, "guest", c->guest);
	pack_int(p, "priority", c->priority);
	sm_pack(c, p);
	pack_end(p);
}

void
server_handover(struct link *l, struct packer *p)
{
	struct server *s = server_of(l);
	const struct client *c;

	pack_str(p, "mode", "server");
	pack_str(p, "address", s->cfg.address);
	if (s->plain != NULL)
		listener_handover(s->plain, p, "plain");
	if (s->direct != NULL)
		listener_handover(s->direct, p, "direct");
	send_away(s, p);
	pack_list(p, "sessions");
	LIST_FOREACH(c, &s->clients, link)
		if (sm_is_resumable(c))
			pack_client(c, p);
	pack_end(p);
	held_pack(s, p);
	pack_int(p, "last_id", (int64_t)s->last_id);
	pack_int(p, "last_shared", (int64_t)s->last_shared);
}

static struct listener *
adopt_listener(struct server *s, const struct packed *map, const char *key,
    unsigned port, listener_accept *accept)
{
	const char *address = packed_str(map, "address");
	struct listener *l = listener_adopt(s->loop, packed_get(map, key),
	    accept, s);

	if (l == NULL || (address != NULL &&
	    strcmp(address, s->cfg.address) == 0 &&
	    (port == 0 || port == listener_port(l))))
		return l;
	listener_destroy(l);
	return NULL;
}

/* A client that is bound and has no stream, or NULL. */
static struct client *
adopt_client(struct server *s, const struct packed *map)
{
	const char *bare = packed_str(map, "user");
	const char *full = packed_str(map, "full");
	struct client *c;

	if (bare == NULL || full == NULL || map_get(&s->bound, full) != NULL)
		return NULL;
	c = client_new(s);
	s->count++;
	c->bare = xstrdup(bare);
	bind_add(c, full);
	c->available = packed_bool(map, "available", false);
	c->guest = packed_bool(map, "guest", false);
	c->priority = (int8_t)packed_int(map, "priority", 0);
	return c;
}

static void
adopt_clients(struct server *s, const struct packed *map)
{
	const struct packed *list = packed_get(map, "sessions");
	struct client *c;

	for (size_t i = 0; i < packed_count(list); i++)
		if ((c = adopt_client(s, packed_at(list, i))) != NULL)
			sm_unpack(c, packed_at(list, i));
	/* They are gone the usual way. */
	list = packed_get(map, "gone");
	for (size_t i = 0; i < packed_count(list); i++)
		if ((c = adopt_client(s, packed_at(list, i))) != NULL)
			client_end(c, NULL, NULL, NULL);
}

struct link *
server_adopt(struct ev_loop *loop, const struct server_config *cfg,
    const struct link_events *events, void *ctx, const struct packed *map,
    char **why)
{
	struct server *s = server_new(loop, cfg, events, ctx, why);

	if (s == NULL)
		return NULL;
	s->plain = adopt_listener(s, map, "plain", s->cfg.port,
	    server_accept_plain);
	if (s->tls != NULL && s->cfg.tls_port != 0)
		s->direct = adopt_listener(s, map, "direct", s->cfg.tls_port,
		    server_accept_tls);
	if (server_listen(s, why) != 0) {
		link_destroy(&s->ln);
		return NULL;
	}
	s->last_id = (uint64_t)packed_int(map, "last_id", 0);
	s->last_shared = (uint64_t)packed_int(map, "last_shared", 0);
	held_unpack(s, packed_get(map, "held"));
	adopt_clients(s, map);
	return &s->ln;
}

void
server_describe(const struct link *l, struct buf *b)
{
	const struct server *s = server_of(l);
	unsigned away = 0, bound = 0;
	const struct client *c;

	LIST_FOREACH(c, &s->clients, link) {
		away += c->state == CLIENT_DETACHED;
		bound += c->state == CLIENT_BOUND;
	}
	buf_addf(b, "%s port %u: %s, %u clients are logged in, %u may come "
	    "back, %zu users have messages waiting (%zu bytes)",
	    s->cfg.address, s->plain != NULL ? listener_port(s->plain) : 0,
	    s->listening ? "listening" : "closed", bound, away,
	    map_count(&s->held), s->held_bytes);
}
