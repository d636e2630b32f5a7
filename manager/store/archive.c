/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers what is said in rooms until it is worth a row.  Never touches the
 * database. */
#include "manager/store/archive.h"

#include <stdlib.h>
#include <string.h>

#include "manager/store/chunk.h"
#include "manager/store/store_inside.h"
#include "util/xalloc.h"

#define GATHER		3.0		/* seconds */
#define ROW_MAX		16384		/* bytes, unless one has more */

struct store_tail {
	LIST_ENTRY(store_tail) entry;
	struct store	*store;		/* NULL: closed */
	const char	*jid, *room;	/* in texts */
	struct buf	 bytes;		/* empty: nothing waits */
	int64_t		 first, last;	/* of what is in bytes */
	size_t		 n;
	char		 texts[];
};

static void
write_tail(struct store_tail *t)
{
	const char *const strings[] = { t->jid, t->room };
	const char *copy[LENGTH(strings)];
	size_t len = buf_len(&t->bytes);
	struct job *job;
	void *data;

	job = job_create(JOB_ARCHIVE_PUT, strings, copy, LENGTH(strings));
	data = arena_alloc(&job->arena, len);
	memcpy(data, buf_data(&t->bytes), len);
	job->jid = copy[0];
	job->id = copy[1];
	job->weight = len;
	job->arg.row = (struct archive_row){ .first = t->first,
	    .last = t->last, .n = t->n, .data = data, .len = len };
	buf_free(&t->bytes);
	t->n = 0;
	store_add(t->store, job);
}

/* Those with something stand first; what is written goes behind them. */
static void
write_all(struct store *s)
{
	struct store_tail *t;

	ev_timer_stop(s->loop, &s->gathered);
	LIST_FOREACH(t, &s->tails, entry) {
		if (t->n == 0)
			break;
		write_tail(t);
	}
}

static void
gathered(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	write_all(CONTAINER(w, struct store, gathered));
}

void
archive_open(struct store *s)
{
	LIST_INIT(&s->tails);
	ev_timer_init(&s->gathered, gathered, GATHER, 0);
}

void
archive_close(struct store *s)
{
	struct store_tail *t;

	write_all(s);
	while ((t = LIST_FIRST(&s->tails)) != NULL) {
		LIST_REMOVE(t, entry);
		t->store = NULL;
	}
}

static struct store_tail *
tail_new(const char *jid, const char *room)
{
	size_t njid = strlen(jid) + 1, nroom = strlen(room) + 1;
	struct store_tail *t = xcalloc(1, sizeof(*t) + njid + nroom);

	t->jid = memcpy(t->texts, jid, njid);
	t->room = memcpy(t->texts + njid, room, nroom);
	return t;
}

/* In front of the store's list, as the first of what it has is about to be. */
static void
wake(struct store *s, struct store_tail *t)
{
	if (t->store != NULL)
		LIST_REMOVE(t, entry);
	t->store = s;
	LIST_INSERT_HEAD(&s->tails, t, entry);
	if (!ev_is_active(&s->gathered)) {
		ev_timer_set(&s->gathered, GATHER, 0);
		ev_timer_start(s->loop, &s->gathered);
	}
}

void
store_archive_add(struct store *s, struct store_tail **tail, const char *jid,
    const char *room, const struct store_said *said)
{
	struct store_tail *t = *tail;

	if (t == NULL)
		*tail = t = tail_new(jid, room);
	if (t->n != 0 && buf_len(&t->bytes) + said->len > ROW_MAX)
		write_tail(t);
	if (t->n++ == 0) {
		wake(s, t);
		t->first = t->last = said->time;
	}
	if (said->time < t->first)
		t->first = said->time;
	if (said->time > t->last)
		t->last = said->time;
	chunk_add(&t->bytes, said);
}

void
store_tail_close(struct store_tail *t)
{
	if (t == NULL)
		return;
	if (t->store != NULL) {
		if (t->n != 0)
			write_tail(t);
		LIST_REMOVE(t, entry);
	}
	buf_free(&t->bytes);
	free(t);
}

void
store_archive_change(struct store *s, const char *jid, const char *room,
    const char *id, const void *data, size_t len)
{
	const char *const strings[] = { jid, room, id };
	const char *copy[LENGTH(strings)];
	struct job *job;
	void *bytes;

	write_all(s);
	job = job_create(JOB_ARCHIVE_CHANGE, strings, copy, LENGTH(strings));
	bytes = arena_alloc(&job->arena, len);
	if (len != 0)
		memcpy(bytes, data, len);
	job->jid = copy[0];
	job->id = copy[1];
	job->weight = len;
	job->arg.said = (struct store_said){ .id = copy[2], .data = bytes,
	    .len = len };
	store_add(s, job);
}

static void
copy_ids(struct job *job, const struct store_ask *ask)
{
	const char **ids;

	if (ask->nids == 0)
		return;
	ids = arena_alloc(&job->arena, ask->nids * sizeof(*ids));
	for (size_t i = 0; i < ask->nids; i++)
		ids[i] = arena_strdup(&job->arena, ask->ids[i]);
	job->arg.ask.ids = ids;
}

void
store_archive_ask(struct store *s, const struct store_ask *ask,
    store_found_cb *cb, void *ctx)
{
	const char *const strings[] = { ask->jid, ask->room, ask->after,
	    ask->before, ask->nick };
	const char *copy[LENGTH(strings)];
	struct job *job;

	write_all(s);
	job = job_create(JOB_ARCHIVE_ASK, strings, copy, LENGTH(strings));
	job->jid = copy[0];
	job->arg.ask = *ask;
	job->arg.ask.jid = copy[0];
	job->arg.ask.room = copy[1];
	job->arg.ask.after = copy[2];
	job->arg.ask.before = copy[3];
	job->arg.ask.nick = copy[4];
	copy_ids(job, ask);
	job->reply.found = cb;
	job->ctx = ctx;
	store_add(s, job);
}

void
store_archive_prune(struct store *s, const struct store_limits *limits)
{
	const char *const strings[] = { "the archive" };
	const char *copy[LENGTH(strings)];
	struct job *job = job_create(JOB_ARCHIVE_PRUNE, strings, copy,
	    LENGTH(strings));

	job->jid = copy[0];
	job->arg.limits = *limits;
	store_add(s, job);
}
