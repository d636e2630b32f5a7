/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stanza of a client goes to the gateway, and which client gets a stanza
 * of the gateway?  (RFC 6120 10, RFC 6121 8.) */
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/later.h"
#include "util/log.h"

/* Presence that is not addressed says who gets messages to the bare JID. */
static void
note_presence(struct client *c, struct arena *a, const struct stanza *s)
{
	const char *type = stanza_attr(s, "type"), *text;
	long priority = 0;

	if (strcmp(s->name, "presence") != 0 || stanza_attr(s, "to") != NULL)
		return;
	if (type != NULL) {
		if (strcmp(type, "unavailable") == 0)
			c->available = false;
		return;
	}
	if ((text = stanza_child_text(a, s, "priority", NULL)) != NULL)
		priority = strtol(text, NULL, 10);
	c->priority = (int8_t)(priority < -128 ? -128 :
	    priority > 127 ? 127 : priority);
	c->available = true;
}

void
route_result(struct client *c, const struct stanza *iq)
{
	size_t mark = buf_len(client_out(c));
	struct xml x;

	xml_begin(&x, client_out(c));
	xml_open(&x, "iq");
	xml_attr(&x, "type", "result");
	xml_attr(&x, "from", stanza_attr(iq, "to"));
	xml_attr(&x, "id", stanza_attr(iq, "id"));
	xml_close(&x);
	client_said(c, mark);
}

/* Not taken. */
static void
refuse(struct client *c, const struct stanza *s, const char *from,
    const char *to, const char *type, const char *condition)
{
	size_t mark = buf_len(client_out(c));

	if (link_bounce(client_out(c), s, from, to, type, condition) == 0)
		client_said(c, mark);
}

/* Is it about the stream rather than about anything beyond?  Then it is done
 * with here. */
static bool
is_ours(struct client *c, const struct stanza *s)
{
	const char *type = stanza_attr(s, "type");
	const char *id = stanza_attr(s, "id"), *to = stanza_attr(s, "to");

	if (strcmp(s->name, "iq") != 0 || type == NULL)
		return false;
	if (to != NULL && strcmp(to, c->server->domain) != 0)
		return false;
	if (strcmp(type, "set") == 0 &&
	    stanza_child(s, "session", NS_SESSION) != NULL) {
		route_result(c, s);
		return true;
	}
	if (strcmp(type, "set") == 0 &&
	    stanza_child(s, "bind", NS_BIND) != NULL) {
		refuse(c, s, to, NULL, "cancel", "not-allowed");
		return true;
	}
	/* The answer to our own ping; that it came was enough. */
	return id != NULL && strcmp(id, "alive") == 0 &&
	    (strcmp(type, "result") == 0 || strcmp(type, "error") == 0);
}

void
route_in(struct client *c, struct arena *a, const struct stanza *s)
{
	const struct link *l = &c->server->ln;
	const char *text = stanza_attr(s, "to");
	struct jid from, to;

	if (!link_is_stanza(s, NS_CLIENT)) {
		client_end(c, "unsupported-stanza-type", NULL,
		    "it sent an element that is no stanza");
		return;
	}
	sm_handled(c);
	if (is_ours(c, s))
		return;
	if (text == NULL)
		text = strcmp(s->name, "iq") == 0 ? c->bare : l->domain;
	if (jid_parse(a, text, &to) != 0) {
		refuse(c, s, NULL, c->full, "modify", "jid-malformed");
		return;
	}
	if (jid_parse(a, c->full, &from) != 0)
		fatal("%s was an address when it was bound", c->full);
	note_presence(c, a, s);
	l->events->stanza(l->ctx, a, s, &from, &to);
	if (strcmp(s->name, "presence") == 0)
		held_deliver(c);
}

static void
drop_overflown(void *object)
{
	struct client *c = object;

	if (c->state != CLIENT_BOUND || !c->overflown)
		return;
	/* An error would have to wait behind all that it does not read. */
	log_info("%s: %s (%s): does not read: %zu bytes waited, dropped",
	    c->server->domain, c->full, client_peer(c),
	    conn_queued(stream_conn(c->stream)));
	if (!sm_detach(c, "does not read"))
		client_destroy(c);
}

static void
overflow(struct client *c)
{
	if (!c->overflown)
		later(drop_overflown, c);
	c->overflown = true;
}

/* So many clients that are slow may have more than others: memory is finite. */
static bool
may_be_slow(const struct server *s)
{
	const struct client *c;
	unsigned slow = 0;

	LIST_FOREACH(c, &s->clients, link)
		slow += c->slow_since > 0;
	return slow < SLOW_CLIENTS;
}

/* Whoever joins a large room is told of thousands at once, and a telephone
 * takes its time for that: it may, while it goes on reading. */
static bool
is_deaf(struct client *c, size_t len)
{
	const struct conn *conn = stream_conn(c->stream);
	size_t waits = conn_queued(conn) + len, max = c->server->cfg.queue_max;
	ev_tstamp now = ev_now(c->server->loop);

	if (waits <= max) {
		c->slow_since = 0;
		return false;
	}
	if (c->slow_since <= 0 && !may_be_slow(c->server))
		return true;
	if (c->slow_since <= 0 || conn_sent(conn) != c->slow_sent) {
		c->slow_since = now;
		c->slow_sent = conn_sent(conn);
	}
	return now - c->slow_since > c->server->cfg.patience ||
	    waits > SLOW_BURST * max;
}

int
route_to(struct client *c, const char *data, size_t len, bool keep,
    uint64_t shared)
{
	bool room;

	keep = keep && !c->guest;	/* it is for this one, or for nobody */
	room = sm_has_room(c, len, keep);
	if (room)
		sm_note(c, data, len, keep, shared);
	if (c->state == CLIENT_DETACHED)
		return room ? 0 : -1;
	if (c->overflown || !room || is_deaf(c, len)) {
		overflow(c);
		/* With stream management it is not lost yet. */
		return c->sm != NULL && room ? 0 : -1;
	}
	buf_add(client_out(c), data, len);
	client_send(c);
	return 0;
}

static bool
wants(const struct client *c, bool message)
{
	return c->available && !c->guest && (!message || c->priority >= 0);
}

static int
hold(struct server *s, const char *bare, const char *data, size_t len)
{
	const struct kept_item item = {
		.ms = (int64_t)(ev_now(s->loop) * 1000), .to = bare,
		.stanza = data, .len = len,
	};

	if (held_put(s, bare, &item, false) < 0)
		return -1;
	held_offer(s, bare);
	return 0;
}

/* What waits already comes first; c is the client that this one is for, NULL:
 * any of the user's. */
static bool
has_to_wait(const struct server *s, const struct client *c, const char *bare)
{
	return held_waits(s, bare) && (c == NULL || (c->user->count == 1 &&
	    (c->state == CLIENT_DETACHED || held_takes(c))));
}

/* To all of them that want it; one of them is enough.  Those without stream
 * management come first: what such a client has taken counts as received. */
static int
route_all(struct user *user, const char *data, size_t len, bool message,
    bool keep)
{
	struct client *c;
	uint64_t shared = 0;
	int sent = -1;

	LIST_FOREACH(c, &user->clients, same)
		if (c->sm == NULL && wants(c, message) &&
		    route_to(c, data, len, false, 0) == 0)
			sent = 0;
	keep = keep && sent < 0;
	LIST_FOREACH(c, &user->clients, same) {
		if (c->sm == NULL || !wants(c, message))
			continue;
		if (shared == 0 && keep)
			shared = ++c->server->last_shared;
		if (route_to(c, data, len, keep, shared) == 0)
			sent = 0;
	}
	return sent;
}

/* Is this the start tag of such a stanza?  It was written by us. */
static bool
begins(const char *data, size_t len, const char *tag)
{
	size_t n = strlen(tag);

	return len > n && memcmp(data, tag, n) == 0;
}

/* RFC 6121 8.5.3.2.1: what a room says is for the one resource that is in it.
 * Nobody else gets it when that one goes without having confirmed it, and
 * nobody has to be told: it joins again and gets the room's history.  Values
 * have neither a quote nor a ">" in them. */
static bool
is_groupchat(const char *data, size_t len)
{
	static const char type[] = " type='groupchat'";
	const char *end = memchr(data, '>', len);

	return end != NULL && memmem(data, (size_t)(end - data), type,
	    sizeof(type) - 1) != NULL;
}

int
route_out(struct server *s, const char *to, const char *data, size_t len,
    bool keep)
{
	bool message = begins(data, len, "<message");
	struct client *c = map_get(&s->bound, to);
	const char *bare = c != NULL ? c->bare : to;
	struct user *user;
	int sent = -1;

	/* What a guest is asked is of no use to the user, either. */
	keep = keep && message && !is_groupchat(data, len) &&
	    (c == NULL || !c->guest);
	if (keep && has_to_wait(s, c, bare))
		return hold(s, bare, data, len);
	if (c != NULL) {
		sent = route_to(c, data, len, keep, 0);
		if (sent < 0 && keep && c->state == CLIENT_DETACHED)
			sent = hold(s, bare, data, len);
		return sent;
	}
	/* RFC 6121 8.5.2.1.3: no request goes to a bare JID. */
	if (begins(data, len, "<iq"))
		return -1;
	if ((user = map_get(&s->users, to)) != NULL)
		sent = route_all(user, data, len, message, keep);
	if (sent < 0 && keep && strchr(to, '/') == NULL)
		sent = hold(s, to, data, len);
	return sent;
}
