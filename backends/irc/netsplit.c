/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many went?  Each is shown as gone at once; the line about all of them
 * waits for the rest of the burst. */
#include "backends/irc/netsplit.h"

#include <stdio.h>
#include <string.h>

#include "backends/irc/room.h"

#define GATHER	1.0		/* seconds */

/* The length of a host name at the start, 0 when there is none.  "*.net" is
 * how servers hide theirs. */
static size_t
host_len(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_:");
	const char *dot = memchr(s, '.', len);

	/* A dot within, and no address of a page. */
	if (dot == NULL || dot == s || s[len - 1] == '.' || len > 63 ||
	    memchr(s, ':', len) != NULL)
		return 0;
	return len;
}

bool
netsplit_is(const char *text)
{
	size_t one = host_len(text), two;

	if (one == 0 || text[one] != ' ')
		return false;
	two = host_len(text + one + 1);
	return two > 0 && text[one + 1 + two] == '\0' &&
	    (one != two || memcmp(text, text + one + 1, one) != 0);
}

static void
tell(struct network *n)
{
	char text[sizeof(n->split.servers) + 64];
	size_t first = strcspn(n->split.servers, " ");
	struct channel *c;
	size_t at = 0;

	ev_timer_stop(n->irc->loop, &n->split.due);
	while ((c = map_next(&n->channels, &at)) != NULL) {
		if (c->split == 0)
			continue;
		snprintf(text, sizeof(text), "Netsplit %.*s <-> %s: %u %s",
		    (int)first, n->split.servers,
		    n->split.servers + first + 1, c->split,
		    c->split == 1 ? "person" : "people");
		c->split = 0;
		room_notice(n, c, text);
	}
}

static void
on_due(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	tell(w->data);
}

void
netsplit_init(struct network *n)
{
	ev_init(&n->split.due, on_due);
	n->split.due.data = n;
}

void
netsplit_count(struct network *n, struct channel *c, const char *servers)
{
	if (ev_is_active(&n->split.due) &&
	    strcmp(n->split.servers, servers) != 0)
		tell(n);
	if (!ev_is_active(&n->split.due)) {
		/* netsplit_is() has seen to it that it fits. */
		snprintf(n->split.servers, sizeof(n->split.servers), "%s",
		    servers);
		ev_timer_set(&n->split.due, GATHER, 0);
		ev_timer_start(n->irc->loop, &n->split.due);
	}
	c->split++;
}

void
netsplit_forget(struct network *n)
{
	struct channel *c;
	size_t at = 0;

	ev_timer_stop(n->irc->loop, &n->split.due);
	while ((c = map_next(&n->channels, &at)) != NULL)
		c->split = 0;
}
