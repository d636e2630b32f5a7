/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for a user none of whose clients is there to take them (RFC 6121
 * 8.5.2.2): one that has logged in and not sent presence yet, a session that
 * stays connected while its user is away, or one that did not come back.  In
 * memory and within bounds; what does not fit is refused, so that the sender's
 * side knows. */
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/log.h"
#include "util/xalloc.h"

#define TOTAL_MAX	(16 * 1024 * 1024)	/* bytes for all */
#define AGE_MAX		(24 * 3600.0)		/* seconds */

struct held {
	char		*bare;		/* the key in server->held */
	struct kept	 stanzas;
	double		 since;
};

static void
forget(struct server *s, struct held *held)
{
	map_remove(&s->held, held->bare);
	s->held_bytes -= kept_bytes(&held->stanzas);
	kept_free(&held->stanzas);
	free(held->bare);
	free(held);
}

/* Only when the room is needed: nobody comes for these. */
static void
forget_old(struct server *s)
{
	double now = ev_now(s->loop);
	struct held *held;
	unsigned long n;
	size_t at = 0;

	while ((held = map_next(&s->held, &at)) != NULL) {
		if (now - held->since < AGE_MAX)
			continue;
		log_warn("%s: %s has not come for messages in a day: "
		    "forgotten", s->domain, held->bare);
		n = (unsigned long)kept_count(&held->stanzas);
		forget(s, held);
		if (s->ln.events->dropped != NULL)
			s->ln.events->dropped(s->ln.ctx, n,
			    "the user has not come for them in a day");
	}
}

static struct held *
find(struct server *s, const char *bare)
{
	struct held *held = map_get(&s->held, bare);

	if (held != NULL)
		return held;
	held = xcalloc(1, sizeof(*held));
	held->bare = xstrdup(bare);
	held->since = ev_now(s->loop);
	map_put(&s->held, held->bare, held);
	return held;
}

/* Bytes for one user: what may wait for a client that is away, and beside it
 * what a session may leave behind, see sm_has_room(). */
static size_t
user_max(const struct server *s, bool again)
{
	return (again ? 3 : 1) * s->cfg.queue_max;
}

int
held_put(struct server *s, const char *bare, const struct kept_item *item,
    bool again)
{
	struct held *held;
	size_t before;

	if (s->held_bytes + item->len > TOTAL_MAX)
		forget_old(s);
	held = map_get(&s->held, bare);
	before = held != NULL ? kept_bytes(&held->stanzas) : 0;
	if (s->held_bytes + item->len > TOTAL_MAX ||
	    before + item->len > user_max(s, again) ||
	    item->len > s->cfg.queue_max)
		return -1;
	held = find(s, bare);
	kept_add(&held->stanzas, item);
	s->held_bytes += kept_bytes(&held->stanzas) - before;
	return 0;
}

/* Room for so many bytes more, of which one message has len?  At the end of the
 * server they are where they were, only under another name. */
static bool
may_inherit(const struct server *s, size_t user, size_t more, size_t len)
{
	return s->ending || (len <= s->cfg.queue_max &&
	    user + more + len <= user_max(s, true) &&
	    s->held_bytes + more + len <= TOTAL_MAX);
}

/* While the session was full, newer ones came here: in order of time. */
unsigned long
held_inherit(struct server *s, const char *bare, const struct kept *left)
{
	struct kept all = { 0 };
	struct kept_item a, b;
	size_t i = 0, j = 0, user, more = 0;
	struct held *held;
	bool has_a, has_b;
	unsigned long lost = 0;

	if (s->held_bytes + kept_bytes(left) > TOTAL_MAX)
		forget_old(s);
	held = find(s, bare);
	user = kept_bytes(&held->stanzas);
	has_a = kept_next(left, &i, &a);
	has_b = kept_next(&held->stanzas, &j, &b);
	while (has_a || has_b) {
		if (!has_a || (has_b && b.ms < a.ms)) {
			kept_add(&all, &b);
			has_b = kept_next(&held->stanzas, &j, &b);
			continue;
		}
		if (may_inherit(s, user, more, a.len)) {
			kept_add(&all, &a);
			more += a.len;
		} else {
			lost++;
		}
		has_a = kept_next(left, &i, &a);
	}
	s->held_bytes += kept_bytes(&all) - user;
	kept_free(&held->stanzas);
	held->stanzas = all;
	if (kept_count(&all) == 0)
		forget(s, held);
	return lost;
}

bool
held_waits(const struct server *s, const char *bare)
{
	return map_count(&s->held) > 0 && map_get(&s->held, bare) != NULL;
}

bool
held_takes(const struct client *c)
{
	return c->state == CLIENT_BOUND && c->available && !c->guest &&
	    c->priority >= 0;
}

/* With room left for what else it is sent: too much would end it.  The rest
 * comes when this has left, or has been confirmed. */
static bool
has_room(const struct client *c, size_t len)
{
	size_t queued = conn_queued(stream_conn(c->stream));

	return !c->overflown && sm_has_room(c, len, true) && (queued == 0 ||
	    queued + len <= c->server->cfg.queue_max / 2);
}

void
held_deliver(struct client *c)
{
	struct server *s = c->server;
	int64_t now = (int64_t)(ev_now(s->loop) * 1000);
	struct kept_item item;
	struct buf b = { 0 };
	struct held *held;
	size_t before;

	if (s->ending || s->frozen || !held_takes(c) ||
	    !held_waits(s, c->bare))
		return;
	held = map_get(&s->held, c->bare);
	while (kept_oldest(&held->stanzas, &item)) {
		buf_clear(&b);
		kept_write(&item, item.written || now - item.ms >= 1000 ?
		    s->domain : NULL, &b);
		if (!has_room(c, buf_len(&b)) || route_to(c, buf_data(&b),
		    buf_len(&b), true, 0) < 0)
			break;
		before = kept_bytes(&held->stanzas);
		kept_drop_oldest(&held->stanzas);
		s->held_bytes -= before - kept_bytes(&held->stanzas);
	}
	buf_free(&b);
	if (kept_count(&held->stanzas) == 0)
		forget(s, held);
}

void
held_offer(struct server *s, const char *bare)
{
	struct user *user = map_get(&s->users, bare);
	struct client *c;

	if (user == NULL)
		return;
	LIST_FOREACH(c, &user->clients, same)
		if (held_takes(c)) {
			held_deliver(c);
			return;
		}
}

void
held_destroy(struct server *s)
{
	struct held *held;
	size_t at = 0;

	while ((held = map_next(&s->held, &at)) != NULL)
		forget(s, held);
	map_finish(&s->held);
}

void
held_each(struct server *s, link_kept *f, void *ctx)
{
	const struct held *held;
	struct kept_item item;
	size_t at = 0, i;

	while ((held = map_next(&s->held, &at)) != NULL)
		for (i = 0; kept_next(&held->stanzas, &i, &item);)
			f(ctx, item.ms, held->bare, item.stanza, item.len);
}

void
held_pack(const struct server *s, struct packer *p)
{
	const struct held *held;
	size_t at = 0;

	pack_list(p, "held");
	while ((held = map_next(&s->held, &at)) != NULL) {
		pack_map(p, NULL);
		pack_str(p, "user", held->bare);
		pack_num(p, "since", held->since);
		kept_pack(&held->stanzas, p, "stanzas");
		pack_end(p);
	}
	pack_end(p);
}

void
held_unpack(struct server *s, const struct packed *list)
{
	struct held *held;

	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *p = packed_at(list, i);
		const char *bare = packed_str(p, "user");

		if (bare == NULL)
			continue;
		held = find(s, bare);
		held->since = packed_num(p, "since", held->since);
		s->held_bytes -= kept_bytes(&held->stanzas);
		kept_unpack(&held->stanzas, packed_get(p, "stanzas"));
		s->held_bytes += kept_bytes(&held->stanzas);
	}
}
