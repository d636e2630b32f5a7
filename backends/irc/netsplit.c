/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many went, and how many are back?  Each is shown as gone or there at
 * once; the line about all of them waits for the rest of the burst. */
#include "backends/irc/netsplit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/batch.h"
#include "backends/irc/room.h"
#include "util/xalloc.h"

#define GATHER		1.0	/* seconds */
#define BACK_WITHIN	1800.0	/* seconds after the last who went */
#define GONE_MAX	5000

/* There from the first who goes until nobody may be back any more. */
struct netsplit {
	char		 servers[128];	/* "a.example b.example"; "": unknown */
	struct ev_timer	 due;		/* runs while some are not told */
	struct map	 gone;		/* folded nick -> who may be back */
	double		 until;		/* ev_now() when that is no news */
};

struct gone {
	bool		 back;		/* in one of our rooms at least */
	char		 key[];		/* folded nick */
};

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

bool
netsplit_has(const struct network *n, const struct line *l)
{
	return netsplit_is(l->params[0]) ||
	    batch_within(n, l, BATCH_NETSPLIT) != NULL;
}

/* ---- telling */

static void
tell_gone(struct network *n, struct channel *c)
{
	char text[sizeof(n->split->servers) + 64];
	size_t first = strcspn(n->split->servers, " ");
	const char *people = c->split == 1 ? "person" : "people";

	if (first > 0)
		snprintf(text, sizeof(text), "Netsplit %.*s <-> %s: %u %s",
		    (int)first, n->split->servers,
		    n->split->servers + first + 1, c->split, people);
	else
		snprintf(text, sizeof(text), "Netsplit: %u %s", c->split,
		    people);
	c->split = 0;
	room_notice(n, c, text);
}

static void
tell_back(struct network *n, struct channel *c)
{
	char text[64];

	snprintf(text, sizeof(text), "Netsplit over: %u %s back", c->rejoined,
	    c->rejoined == 1 ? "person is" : "people are");
	c->rejoined = 0;
	room_notice(n, c, text);
}

/* Their next coming and going is news like that of anybody. */
static void
forget_back(struct network *n)
{
	struct gone *g;
	size_t at = 0;

	while ((g = map_next(&n->split->gone, &at)) != NULL)
		if (g->back) {
			map_remove(&n->split->gone, g->key);
			free(g);
		}
}

/* A split comes before those who are back from it. */
static void
tell(struct network *n)
{
	struct channel *c;
	size_t at = 0;

	ev_timer_stop(n->irc->loop, &n->split->due);
	forget_back(n);
	while ((c = map_next(&n->channels, &at)) != NULL) {
		if (c->split > 0)
			tell_gone(n, c);
		if (c->rejoined > 0)
			tell_back(n, c);
	}
}

static void
on_due(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct network *n = w->data;
	struct batch *b;

	(void)loop, (void)revents;
	/* The end of a batch is the better moment, and batches do end. */
	LIST_FOREACH(b, &n->batches.list, entry)
		if (b->kind == BATCH_NETSPLIT || b->kind == BATCH_NETJOIN)
			return;
	tell(n);
}

static void
begin(struct network *n)
{
	if (n->split != NULL)
		return;
	n->split = xcalloc(1, sizeof(*n->split));
	ev_init(&n->split->due, on_due);
	n->split->due.data = n;
}

static void
gather(struct network *n)
{
	if (ev_is_active(&n->split->due))
		return;
	ev_timer_set(&n->split->due, GATHER, GATHER);
	ev_timer_start(n->irc->loop, &n->split->due);
}

void
netsplit_ended(struct network *n)
{
	if (n->split != NULL && ev_is_active(&n->split->due))
		tell(n);
}

/* ---- who went, who is back */

static void
forget_gone(struct network *n)
{
	struct gone *g;
	size_t at = 0;

	while ((g = map_next(&n->split->gone, &at)) != NULL)
		free(g);
	map_finish(&n->split->gone);
}

static void
end(struct network *n)
{
	ev_timer_stop(n->irc->loop, &n->split->due);
	forget_gone(n);
	free(n->split);
	n->split = NULL;
}

static void
remember(struct network *n, const char *nick)
{
	char key[NAME_MAX_BYTES];
	struct gone *g;

	n->split->until = ev_now(n->irc->loop) + BACK_WITHIN;
	casemap_fold(n->is.casemap, key, nick);
	if ((g = map_get(&n->split->gone, key)) != NULL) {
		g->back = false;
	} else if (map_count(&n->split->gone) < GONE_MAX) {
		g = xcalloc(1, sizeof(*g) + strlen(key) + 1);
		memcpy(g->key, key, strlen(key) + 1);
		map_put(&n->split->gone, g->key, g);
	}
}

void
netsplit_count(struct network *n, struct channel *c, const struct line *l)
{
	const struct batch *b = batch_within(n, l, BATCH_NETSPLIT);
	char named[sizeof(n->split->servers)];
	const char *servers = l->params[0];

	/* What the batch does not name well, the text may. */
	if (b != NULL) {
		snprintf(named, sizeof(named), "%.63s %.63s", b->target,
		    b->other);
		if (netsplit_is(named))
			servers = named;
	}
	if (!netsplit_is(servers))
		servers = "";
	begin(n);
	if (ev_is_active(&n->split->due) &&
	    strcmp(n->split->servers, servers) != 0)
		tell(n);
	/* netsplit_is() has seen to it that it fits. */
	snprintf(n->split->servers, sizeof(n->split->servers), "%s", servers);
	gather(n);
	remember(n, l->nick);
	c->split++;
}

void
netsplit_back(struct network *n, struct channel *c, const struct line *l)
{
	char key[NAME_MAX_BYTES];
	struct gone *g = NULL;

	netsplit_expire(n, ev_now(n->irc->loop));
	if (n->split != NULL && map_count(&n->split->gone) > 0)
		g = map_get(&n->split->gone, casemap_fold(n->is.casemap, key,
		    l->nick));
	if (g == NULL && batch_within(n, l, BATCH_NETJOIN) == NULL)
		return;
	/* Not taken out yet: each comes back into several rooms. */
	if (g != NULL)
		g->back = true;
	begin(n);
	gather(n);
	c->rejoined++;
}

void
netsplit_expire(struct network *n, double now)
{
	if (n->split == NULL)
		return;
	if (n->split->until <= now)
		forget_gone(n);
	if (map_count(&n->split->gone) == 0 && !ev_is_active(&n->split->due))
		end(n);
}

void
netsplit_forget(struct network *n)
{
	struct channel *c;
	size_t at = 0;

	if (n->split == NULL)
		return;
	end(n);
	while ((c = map_next(&n->channels, &at)) != NULL)
		c->split = c->rejoined = 0;
}
