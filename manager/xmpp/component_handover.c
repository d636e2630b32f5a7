/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the link go on in another process?  The connection itself goes over
 * between two stanzas of the server; in the middle of one, or while there is no
 * connection, the successor makes a new one.  What is kept goes along in any
 * case. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "manager/xmpp/component_private.h"
#include "util/log.h"

static bool
can_go_over(const struct component *c)
{
	return c->state == UP && stream_is_idle(c->stream);
}

bool
component_settled(const struct link *l)
{
	const struct component *c = component_of(l);

	if (c->stream != NULL && c->state >= UP &&
	    conn_queued(stream_conn(c->stream)) > 0)
		return false;
	return c->state != ENDING &&
	    (c->state != UP || stream_is_idle(c->stream));
}

void
component_freeze(struct link *l, bool frozen)
{
	struct component *c = component_of(l);

	if (c->frozen == frozen)
		return;
	c->frozen = frozen;
	if (c->stream != NULL)
		conn_freeze(stream_conn(c->stream), frozen);
	if (frozen) {
		ev_timer_stop(c->loop, &c->timer);
		ev_timer_stop(c->loop, &c->keeper);
		return;
	}
	if (c->state == UP)
		component_set_timer(c, 0);
	else if (c->state != CLOSING && c->state != FINISHED)
		component_set_timer(c, c->cfg.retry_min);
	component_tend(c);
}

void
component_handover(struct link *l, struct packer *p)
{
	const struct component *c = component_of(l);

	pack_str(p, "mode", "component");
	pack_str(p, "domain", c->domain);
	if (can_go_over(c)) {
		pack_str(p, "host", c->cfg.host);
		pack_str(p, "port", c->cfg.port);
		pack_map(p, "stream");
		stream_handover(c->stream, p);
		pack_end(p);
	}
	pack_str(p, "token", c->token);
	pack_bool(p, "echoes", c->echoes);
	pack_int(p, "number", (int64_t)c->kept.first);
	kept_pack(&c->kept, p, "kept");
}

/* Marks count the bytes of a connection; to the new one, what its predecessor
 * wrote is at most what it was given to send first. */
static void
renew_marks(struct component *c)
{
	uint64_t mark = conn_queued(stream_conn(c->stream));
	struct kept_item item;
	size_t at = 0, before = 0;

	for (; kept_next(&c->kept, &at, &item); before = at)
		if (item.written)
			kept_mark(&c->kept, before, mark);
}

static void
go_on(struct component *c)
{
	component_set_state(c, UP);
	log_info("%s: still connected to %s:%s", c->domain, c->cfg.host,
	    c->cfg.port);
	renew_marks(c);
	component_ping(c);
	c->pinged = ev_now(c->loop);
	component_set_timer(c, c->cfg.ping_interval);
	component_tend(c);
}

static void
adopt_kept(struct component *c, const struct packed *map)
{
	const char *token = packed_str(map, "token");

	if (token != NULL && strlen(token) < sizeof(c->token))
		memcpy(c->token, token, strlen(token) + 1);
	c->echoes = packed_bool(map, "echoes", false);
	c->kept.first = c->kept.next =
	    (uint64_t)packed_int(map, "number", 0);
	kept_unpack(&c->kept, packed_get(map, "kept"));
	c->asked = c->kept.first;
}

/* The new configuration may name another server than the one that we are
 * connected to.  One that is not named is the same. */
static bool
has_moved(const struct component *c, const struct packed *map)
{
	const char *host = packed_str(map, "host");
	const char *port = packed_str(map, "port");

	return (host != NULL && strcmp(host, c->cfg.host) != 0) ||
	    (port != NULL && strcmp(port, c->cfg.port) != 0);
}

static void
adopt_stream(struct component *c, const struct packed *map)
{
	const struct stream_config sc = component_stream_config(c);
	const struct packed *stream = packed_get(map, "stream");
	int fd = packed_fd(stream, "fd");

	if (fd != -1 && has_moved(c, map)) {
		log_info("%s: the server is now %s:%s", c->domain,
		    c->cfg.host, c->cfg.port);
		close(fd);
		return;
	}
	c->stream = stream_adopt(c->loop, stream, &sc,
	    &component_stream_events, c);
}

struct link *
component_adopt(struct ev_loop *loop, const struct component_config *cfg,
    const struct link_events *events, void *ctx, const struct packed *map)
{
	struct component *c = component_new(loop, cfg, events, ctx);

	adopt_kept(c, map);
	adopt_stream(c, map);
	if (c->stream != NULL) {
		go_on(c);
	} else {
		component_connect(c);
		component_tend(c);
	}
	return &c->link;
}

static const char *const words[] = {
	[WAITING] = "waiting for the next try",
	[CONNECTING] = "connecting", [OPENING] = "connecting",
	[PROVING] = "authenticating", [UP] = "connected",
	[ENDING] = "closing", [CLOSING] = "closing", [FINISHED] = "closed",
};

void
component_describe(const struct link *l, struct buf *b)
{
	const struct component *c = component_of(l);

	buf_addf(b, "%s:%s: %s, %zu bytes wait to be sent, %" PRIu64
	    " messages (%zu bytes) are not confirmed%s%s", c->cfg.host,
	    c->cfg.port, words[c->state], c->stream != NULL ?
	    conn_queued(stream_conn(c->stream)) : 0, kept_count(&c->kept),
	    kept_bytes(&c->kept), c->congested ? ", congested" : "",
	    c->paused ? ", paused" : "");
}
