/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contacts are a ring: who is asked for by ISON goes to its end, so all
 * have their turn however often the list changes. */
#include "backends/irc/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/console.h"
#include "backends/irc/format.h"
#include "backends/irc/nick.h"
#include "util/xalloc.h"

#define WATCH_MAX	2000	/* contacts of one connection */
#define LINE_NICKS	380	/* bytes of nicks in a line, both ways */
/* A round of ISON takes so long, twice as long when nothing has changed. */
#define ROUND_MIN	60.0	/* seconds */
#define ROUND_MAX	480.0
#define LINE_MIN	10.0	/* between two lines of a round */
#define FIRST		2.0	/* seconds after the beginning */

struct watched {
	TAILQ_ENTRY(watched) entry;
	bool		 here;		/* and so it was told, */
	bool		 told;		/* if it was */
	bool		 away;
	bool		 monitored;	/* on the server's list */
	bool		 asked;		/* by the ISON that is out */
	char		*id;		/* as the main process knows it */
	const char	*nick;		/* in key */
	char		 key[];		/* case-mapped, then the nick */
};

/* There while somebody is watched, or an ISON is without answer. */
struct watch {
	struct map	 by_nick;	/* case-mapped -> struct watched */
	TAILQ_HEAD(watch_ring, watched) ring;	/* the same; next first */
	struct ev_timer	 due;		/* runs while there is something */
	double		 round;		/* seconds to ask for all by ISON */
	unsigned	 monitored;	/* on the server's list */
	unsigned	 out;		/* ISON without answer: 0 or 1 */
	bool		 changed;	/* somebody, since the last line */
};

static void
tell(struct network *n, struct watched *w, const char *status)
{
	static struct buf scratch;
	const struct msg_contact_presence m = {
		.user = n->user, .contact = w->id,
		.show = !w->here ? "offline" : w->away ? "away" : "online",
		.status = status ? format_plain(status, &scratch) : NULL,
	};

	up_notify(METHOD_contact_presence, &m);
}

static void
set_here(struct network *n, struct watched *w, bool here, const char *status)
{
	if (w->here == here && w->told)
		return;
	w->here = here;
	w->told = true;
	w->away = false;
	n->watch->changed = true;
	tell(n, w, status);
}

static struct watched *
find(const struct network *n, const char *nick)
{
	char key[NAME_MAX_BYTES];

	if (n->watch == NULL)
		return NULL;
	return map_get(&n->watch->by_nick,
	    casemap_fold(n->is.casemap, key, nick));
}

/* Nobody is watched any more: it takes no memory. */
static void
end_unused(struct network *n)
{
	if (map_count(&n->watch->by_nick) > 0 || n->watch->out > 0)
		return;
	ev_timer_stop(n->irc->loop, &n->watch->due);
	map_finish(&n->watch->by_nick);
	free(n->watch);
	n->watch = NULL;
}

/* ---- MONITOR */

/* As many as fit on the server's list and in one line; false: none. */
static bool
monitor_some(struct network *n)
{
	char text[LINE_NICKS + NICK_BYTES_MAX + 2] = "";
	struct watched *w;
	size_t len = 0;

	TAILQ_FOREACH(w, &n->watch->ring, entry) {
		if (w->monitored || n->watch->monitored >= n->is.monitor)
			continue;
		if (len > 0 && len + strlen(w->nick) > LINE_NICKS)
			break;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s", len ? "," : "", w->nick);
		w->monitored = true;
		n->watch->monitored++;
	}
	return len > 0 &&
	    link_send(&n->link, "MONITOR", "+", text, NULL) == 0;
}

void
watch_monitor_line(struct network *n, struct line *l)
{
	char *at = (char *)(uintptr_t)l->params[l->nparams - 1], *word;

	while ((word = strsep(&at, ",")) != NULL) {
		word[strcspn(word, "!")] = '\0';
		watch_seen(n, word, l->numeric == 730);
		if (l->numeric == 731)
			nick_gone(n, word);
	}
}

/* me limit nick,nick :Monitor list is full: what is not on it is asked for. */
void
watch_monitor_full(struct network *n, struct line *l)
{
	char *at = (char *)(uintptr_t)l->params[2], *word;
	struct watched *w;

	while ((word = strsep(&at, ",")) != NULL) {
		if ((w = find(n, word)) == NULL || !w->monitored)
			continue;
		w->monitored = false;
		n->watch->monitored--;
	}
	n->is.monitor = n->watch ? (uint16_t)n->watch->monitored : 0;
	watch_begin(n);
}

/* ---- ISON */

static void
arm(struct network *n, double wait)
{
	ev_timer_stop(n->irc->loop, &n->watch->due);
	ev_timer_set(&n->watch->due, wait, 0);
	ev_timer_start(n->irc->loop, &n->watch->due);
}

/* The next of those that nobody tells us about; how many there are.  *fresh:
 * some have never been asked for. */
static unsigned
ask_some(struct network *n, bool *fresh)
{
	char text[LINE_NICKS + NICK_BYTES_MAX + 2] = "";
	struct watched *w, *next, *last;
	unsigned others = 0;
	size_t len = 0;

	last = TAILQ_LAST(&n->watch->ring, watch_ring);
	for (w = TAILQ_FIRST(&n->watch->ring); w != NULL; w = next) {
		next = w == last ? NULL : TAILQ_NEXT(w, entry);
		w->asked = false;
		if (w->monitored)
			continue;
		others++;
		if (len + strlen(w->nick) > LINE_NICKS) {
			*fresh |= !w->told;
			continue;
		}
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s", len ? " " : "", w->nick);
		w->asked = true;
		TAILQ_REMOVE(&n->watch->ring, w, entry);
		TAILQ_INSERT_TAIL(&n->watch->ring, w, entry);
	}
	if (len > 0 && link_send(&n->link, "ISON", text, NULL) == 0)
		n->watch->out++;
	return others;
}

static void
on_due(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct network *n = w->data;
	struct watch *watch = n->watch;
	bool fresh = false;
	unsigned lines;
	double wait;

	(void)loop, (void)revents;
	if (n->state != NETWORK_ONLINE)
		return;
	if (!link_is_quiet(&n->link)) {
		arm(n, LINE_MIN);	/* others are in a hurry */
		return;
	}
	if (n->is.monitor > watch->monitored && monitor_some(n)) {
		arm(n, FIRST);
		return;
	}
	/* An answer that has not come by now will not. */
	watch->out = 0;
	lines = ask_some(n, &fresh) * 10 / LINE_NICKS + 1;
	watch->round = watch->changed || watch->round < ROUND_MIN ?
	    ROUND_MIN : watch->round + ROUND_MIN / lines;
	if (watch->round > ROUND_MAX)
		watch->round = ROUND_MAX;
	watch->changed = false;
	wait = watch->round / lines;
	if (watch->out > 0)
		arm(n, fresh ? FIRST : wait > LINE_MIN ? wait : LINE_MIN);
	end_unused(n);
}

void
watch_ison_line(struct network *n, struct line *l)
{
	char *at = (char *)(uintptr_t)l->params[l->nparams - 1], *word;
	struct watched *w;

	if (n->watch == NULL || n->watch->out == 0) {
		console_answer(n, l);
		return;
	}
	n->watch->out--;
	while ((word = strsep(&at, " ")) != NULL) {
		if ((w = find(n, word)) == NULL)
			continue;
		w->asked = false;
		set_here(n, w, true, NULL);
	}
	TAILQ_FOREACH(w, &n->watch->ring, entry)
		if (w->asked) {
			w->asked = false;
			set_here(n, w, false, NULL);
		}
	end_unused(n);
}

/* ---- the list */

static void
begin(struct network *n)
{
	if (n->watch != NULL)
		return;
	n->watch = xcalloc(1, sizeof(*n->watch));
	TAILQ_INIT(&n->watch->ring);
	ev_init(&n->watch->due, on_due);
	n->watch->due.data = n;
}

void
watch_begin(struct network *n)
{
	if (n->state != NETWORK_ONLINE)
		return;
	n->watching = true;
	if (n->watch != NULL && !TAILQ_EMPTY(&n->watch->ring))
		arm(n, FIRST);
}

void
watch_add(struct network *n, const char *id, const char *nick)
{
	char key[NAME_MAX_BYTES];
	struct watched *w;
	size_t klen, nlen = strlen(nick) + 1;

	if (!nick_is_valid(nick) || isupport_is_channel(&n->is, nick) ||
	    find(n, nick) != NULL || (n->watch != NULL &&
	    map_count(&n->watch->by_nick) >= WATCH_MAX))
		return;
	begin(n);
	klen = strlen(casemap_fold(n->is.casemap, key, nick)) + 1;
	w = xcalloc(1, sizeof(*w) + klen + nlen);
	memcpy(w->key, key, klen);
	w->nick = memcpy(w->key + klen, nick, nlen);
	w->id = xstrdup(id);
	map_put(&n->watch->by_nick, w->key, w);
	/* In front: whoever has just been added is asked for first. */
	TAILQ_INSERT_HEAD(&n->watch->ring, w, entry);
	if (people_find(&n->people, n->is.casemap, nick) != NULL)
		set_here(n, w, true, NULL);
	if (n->watching)
		watch_begin(n);
}

static void
forget(struct network *n, struct watched *w)
{
	map_remove(&n->watch->by_nick, w->key);
	TAILQ_REMOVE(&n->watch->ring, w, entry);
	free(w->id);
	free(w);
}

void
watch_remove(struct network *n, const char *nick)
{
	struct watched *w = find(n, nick);

	if (w == NULL)
		return;
	if (w->monitored) {
		n->watch->monitored--;
		if (n->state == NETWORK_ONLINE)
			link_send(&n->link, "MONITOR", "-", w->nick, NULL);
	}
	forget(n, w);
	end_unused(n);
}

void
watch_lost(struct network *n)
{
	struct watched *w;

	n->watching = false;
	if (n->watch == NULL)
		return;
	ev_timer_stop(n->irc->loop, &n->watch->due);
	n->watch->monitored = n->watch->out = 0;
	n->watch->round = 0;
	TAILQ_FOREACH(w, &n->watch->ring, entry) {
		w->monitored = w->asked = false;
		set_here(n, w, false, NULL);
	}
	end_unused(n);
}

void
watch_finish(struct network *n)
{
	struct watched *w;

	watch_lost(n);
	if (n->watch == NULL)
		return;
	while ((w = TAILQ_FIRST(&n->watch->ring)) != NULL)
		forget(n, w);
	end_unused(n);
}

void
watch_refold(struct network *n)
{
	struct watched *w, *next;
	struct map old;

	if (n->watch == NULL)
		return;
	old = n->watch->by_nick;
	n->watch->by_nick = (struct map){ 0 };
	for (w = TAILQ_FIRST(&n->watch->ring); w != NULL; w = next) {
		char key[NAME_MAX_BYTES];

		next = TAILQ_NEXT(w, entry);
		/* All mappings keep the length. */
		memcpy(w->key, casemap_fold(n->is.casemap, key, w->nick),
		    strlen(w->key));
		if (map_get(&n->watch->by_nick, w->key) == NULL) {
			map_put(&n->watch->by_nick, w->key, w);
			continue;
		}
		TAILQ_REMOVE(&n->watch->ring, w, entry);
		free(w->id);
		free(w);
	}
	map_finish(&old);
}

/* ---- what they are seen doing */

void
watch_seen(struct network *n, const char *nick, bool here)
{
	struct watched *w = find(n, nick);

	if (w != NULL)
		set_here(n, w, here, NULL);
}

void
watch_renamed(struct network *n, const char *nick, const char *to)
{
	struct watched *w = find(n, nick);
	char text[NICK_BYTES_MAX + 32];

	if (w != NULL && w != find(n, to)) {
		snprintf(text, sizeof(text), "is now called %s", to);
		set_here(n, w, false, text);
	}
	watch_seen(n, to, true);
}

void
watch_away(struct network *n, const char *nick, bool away, const char *status)
{
	struct watched *w = find(n, nick);

	if (w == NULL || (w->here && w->away == away && status == NULL))
		return;
	w->here = w->told = true;
	w->away = away;
	tell(n, w, status);
}
