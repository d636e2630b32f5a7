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
	struct buf	 stanzas;	/* whole ones, in order */
	double		 since;
};

static void
forget(struct server *s, struct held *held)
{
	map_remove(&s->held, held->bare);
	s->held_bytes -= buf_len(&held->stanzas);
	buf_free(&held->stanzas);
	free(held->bare);
	free(held);
}

/* Only when the room is needed: nobody comes for these. */
static void
forget_old(struct server *s)
{
	double now = ev_now(s->loop);
	struct held *held;
	size_t at = 0;

	while ((held = map_next(&s->held, &at)) != NULL) {
		if (now - held->since < AGE_MAX)
			continue;
		log_warn("%s: %s has not come for messages in a day: "
		    "forgotten", s->domain, held->bare);
		forget(s, held);
	}
}

int
held_put(struct server *s, const char *bare, const char *data, size_t len)
{
	struct held *held = map_get(&s->held, bare);

	if (s->held_bytes + len > TOTAL_MAX)
		forget_old(s);
	if (s->held_bytes + len > TOTAL_MAX || (held != NULL &&
	    buf_len(&held->stanzas) + len > USER_MAX))
		return -1;
	if (held == NULL) {
		held = xcalloc(1, sizeof(*held));
		held->bare = xstrdup(bare);
		held->since = ev_now(s->loop);
		map_put(&s->held, held->bare, held);
	}
	buf_add(&held->stanzas, data, len);
	s->held_bytes += len;
	return 0;
}

void
held_deliver(struct client *c)
{
	struct server *s = c->server;
	struct held *held = map_get(&s->held, c->bare);

	if (held == NULL || route_to(c, buf_data(&held->stanzas),
	    buf_len(&held->stanzas)) < 0)
		return;
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
