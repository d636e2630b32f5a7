/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two queues in the order of time: the fresh ones, whose answers wait, and the
 * answered ones that have an echo to come.  One clock, while there are any. */
#include "backends/purple/pending.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "backends/purple/markup.h"
#include "util/xalloc.h"

#define FRESH		1000000		/* microseconds until it is answered; */
#define FRESH_IRC	5000000		/* prpl-irc is slow to send it at all */
#define ECHO		60000000	/* until an echo is not expected */
#define PENDING_MAX	2000		/* of each, of all sessions */
#define TICK		250		/* milliseconds */

struct pending {
	TAILQ_ENTRY(pending) entry;
	struct session	*session;	/* NULL: has ended */
	struct kit_call	 call;
	gint64		 since, due;	/* due: its answer, in turn */
	guint		 hash;		/* of its text */
	bool		 busy;		/* the plug-in is at work on it */
	bool		 answered;
	char		*name;		/* the network's, or NULL */
	char		 contact[];
};

TAILQ_HEAD(pending_list, pending);

static struct pending_list fresh = TAILQ_HEAD_INITIALIZER(fresh);
static struct pending_list echoes = TAILQ_HEAD_INITIALIZER(echoes);
static unsigned fresh_count, echoes_count;
static guint clock_id;

static void
answer(struct pending *p, const char *code, const char *text)
{
	if (p->answered)
		return;
	p->answered = true;
	if (code != NULL)
		kit_error(&p->call, code, text);
	else
		kit_reply(&p->call, NULL);
}

static void
drop_fresh(struct pending *p)
{
	TAILQ_REMOVE(&fresh, p, entry);
	fresh_count--;
	free(p->name);
	free(p);
}

static void
drop_echo(struct pending *p)
{
	TAILQ_REMOVE(&echoes, p, entry);
	echoes_count--;
	free(p->name);
	free(p);
}

static gboolean
tick(gpointer data)
{
	gint64 now = g_get_monotonic_time();
	struct pending *p;

	(void)data;
	while ((p = TAILQ_FIRST(&fresh)) != NULL && !p->busy &&
	    (now >= p->due || fresh_count > PENDING_MAX)) {
		answer(p, NULL, NULL);
		drop_fresh(p);
	}
	while ((p = TAILQ_FIRST(&echoes)) != NULL &&
	    (now - p->since >= ECHO || echoes_count > PENDING_MAX))
		drop_echo(p);
	if (!TAILQ_EMPTY(&fresh) || !TAILQ_EMPTY(&echoes))
		return G_SOURCE_CONTINUE;
	clock_id = 0;
	return G_SOURCE_REMOVE;
}

static guint
hash_of(const char *html)
{
	static struct markup text;

	markup_read(&text, html);
	return g_str_hash(buf_data(&text.plain));
}

struct pending *
pending_begin(struct session *s, const struct kit_call *call,
    const char *contact, const char *html)
{
	size_t size = strlen(contact) + 1;
	struct pending *p = xcalloc(1, sizeof(*p) + size);

	memcpy(p->contact, contact, size);
	p->session = s;
	p->call = *call;
	p->hash = hash_of(html);
	p->since = g_get_monotonic_time();
	p->due = p->since + (strcmp(purple_account_get_protocol_id(
	    s->account), "prpl-irc") == 0 ? FRESH_IRC : FRESH);
	p->busy = true;
	if (fresh_count >= PENDING_MAX)
		tick(NULL);
	TAILQ_INSERT_TAIL(&fresh, p, entry);
	fresh_count++;
	if (clock_id == 0)
		clock_id = g_timeout_add(TICK, tick, NULL);
	return p;
}

bool
pending_is_lost(const struct pending *p)
{
	return p->session == NULL;
}

void
pending_sent(struct pending *p, bool echo)
{
	p->busy = false;
	if (echo && p->session != NULL) {
		/* The plug-in has an own idea of when it is done. */
		answer(p, NULL, NULL);
		TAILQ_REMOVE(&fresh, p, entry);
		fresh_count--;
		TAILQ_INSERT_TAIL(&echoes, p, entry);
		echoes_count++;
	} else if (p->answered) {
		drop_fresh(p);
	}
}

void
pending_refused(struct pending *p, const char *code, const char *text)
{
	answer(p, code, text);
	drop_fresh(p);
}

void
pending_abandon(struct pending *p)
{
	drop_fresh(p);
}

static void
fail(struct pending *p, const char *code, const char *text)
{
	answer(p, code, text);
	if (!p->busy)
		drop_fresh(p);
}

void
pending_named(struct session *s, const char *id)
{
	struct pending *p;

	TAILQ_FOREACH(p, &fresh, entry) {
		if (p->session == s && p->busy && p->name == NULL)
			p->name = xstrdup(id);
	}
}

bool
pending_refused_by_name(struct session *s, const char *id, const char *code,
    const char *text)
{
	struct pending *p;

	TAILQ_FOREACH(p, &fresh, entry) {
		if (p->session == s && p->call.wanted && !p->answered &&
		    p->name != NULL && strcmp(p->name, id) == 0) {
			fail(p, code, text);
			return true;
		}
	}
	return false;
}

bool
pending_failed(struct session *s, const char *contact, const char *text)
{
	struct pending *p;

	TAILQ_FOREACH(p, &fresh, entry) {
		if (p->session == s && p->call.wanted && !p->answered &&
		    strcmp(p->contact, contact) == 0) {
			fail(p, ERR_NOT_ACCEPTABLE, text);
			return true;
		}
	}
	return false;
}

bool
pending_mentioned(struct session *s, const char *text)
{
	struct pending *p;

	TAILQ_FOREACH(p, &fresh, entry) {
		if (p->session == s && p->call.wanted && !p->answered &&
		    strcasestr(text, p->contact) != NULL) {
			fail(p, ERR_NOT_ACCEPTABLE, text);
			return true;
		}
	}
	return false;
}

bool
pending_is_echo(struct session *s, const char *contact, const char *plain)
{
	guint hash = g_str_hash(plain);
	struct pending *p;

	TAILQ_FOREACH(p, &fresh, entry) {
		if (p->session == s && strcmp(p->contact, contact) == 0 &&
		    (p->busy || p->hash == hash))
			return true;
	}
	TAILQ_FOREACH(p, &echoes, entry) {
		if (p->session == s && strcmp(p->contact, contact) == 0 &&
		    p->hash == hash) {
			drop_echo(p);
			return true;
		}
	}
	return false;
}

void
pending_forget(struct session *s)
{
	struct pending *p, *next;

	for (p = TAILQ_FIRST(&fresh); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (p->session != s)
			continue;
		p->session = NULL;
		/* It was taken, and nothing was heard against it. */
		answer(p, p->busy ? ERR_UNCERTAIN : NULL, p->busy ?
		    "The connection ended while the message was sent." : NULL);
		if (!p->busy)
			drop_fresh(p);
	}
	for (p = TAILQ_FIRST(&echoes); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (p->session == s)
			drop_echo(p);
	}
}
