/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for a user none of whose clients is there to take them (RFC 6121
 * 8.5.2.2): one that has logged in and not sent presence yet, or a session
 * that stays connected while its user is away.  In memory and within bounds;
 * what does not fit is refused, so that the sender's side knows. */
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/log.h"
#include "util/xalloc.h"

#define USER_MAX	(256 * 1024)		/* bytes for one user */
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

int
held_put(struct server *s, const char *bare, const struct kept_item *item)
{
	struct held *held;
	size_t before;

	if (s->held_bytes + item->len > TOTAL_MAX)
		forget_old(s);
	held = map_get(&s->held, bare);
	if (s->held_bytes + item->len > TOTAL_MAX || (held != NULL &&
	    kept_bytes(&held->stanzas) + item->len > USER_MAX))
		return -1;
	held = find(s, bare);
	before = kept_bytes(&held->stanzas);
	kept_add(&held->stanzas, item);
	s->held_bytes += kept_bytes(&held->stanzas) - before;
	return 0;
}

/* Of those, as many as it takes. */
void
held_deliver(struct client *c)
{
	struct server *s = c->server;
	struct held *held = map_get(&s->held, c->bare);
	int64_t now = (int64_t)(ev_now(s->loop) * 1000);
	struct kept_item item;
	struct buf b = { 0 };
	size_t before;
	int sent = 0;

	while (held != NULL && sent == 0 &&
	    kept_oldest(&held->stanzas, &item)) {
		buf_clear(&b);
		kept_write(&item, item.written || now - item.ms >= 1000 ?
		    s->domain : NULL, &b);
		sent = route_to(c, buf_data(&b), buf_len(&b), true, 0);
		if (sent < 0)
			break;
		before = kept_bytes(&held->stanzas);
		kept_drop_oldest(&held->stanzas);
		s->held_bytes -= before - kept_bytes(&held->stanzas);
	}
	buf_free(&b);
	if (held != NULL && kept_count(&held->stanzas) == 0)
		forget(s, held);
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
