/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open questions, by number: an answer may come when nobody waits for it any
 * more. */
#include "backends/purple/question.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/purple/command.h"
#include "backends/purple/patience.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PATIENCE	600.0	/* seconds */

struct question {
	TAILQ_ENTRY(question) entry;
	unsigned	 number;
	struct session	*session;	/* or NULL */
	const struct question_events *events;
	void		*ctx;
};

static TAILQ_HEAD(, question) questions = TAILQ_HEAD_INITIALIZER(questions);

static struct question *
find(unsigned number)
{
	struct question *q;

	TAILQ_FOREACH(q, &questions, entry) {
		if (q->number == number)
			return q;
	}
	return NULL;
}

/* Nobody waits for it from here on. */
static void
take_out(struct question *q)
{
	TAILQ_REMOVE(&questions, q, entry);
	if (q->session != NULL)
		patience_release(q->session);
}

static unsigned
count(const struct session *s)
{
	const struct question *q;
	unsigned n = 0;

	TAILQ_FOREACH(q, &questions, entry)
		n += q->session == s;
	return n;
}

void
question_drop(unsigned number)
{
	struct question *q = find(number);

	if (q == NULL)
		return;
	take_out(q);
	command_dropped(number);
	free(q);
}

void
question_answer(unsigned number, const struct pairs *values)
{
	struct question *q = find(number);

	if (q == NULL)
		return;
	/* Out of the list first: the answer may drop it, or ask again. */
	take_out(q);
	q->events->answered(q->ctx, values);
	free(q);
}

static void
replied(void *ctx, const struct msg_error *error, const union result *result)
{
	question_answer((unsigned)(uintptr_t)ctx,
	    error == NULL ? &result->ask.values : NULL);
}

static void
give_up(void *object)
{
	question_answer((unsigned)(uintptr_t)object, NULL);
}

unsigned
question_put(struct session *s, struct msg_ask *m,
    const struct question_events *events, void *ctx)
{
	static unsigned serial;
	struct question *q = xcalloc(1, sizeof(*q));
	bool many = s != NULL && count(s) >= QUESTIONS_MAX;

	if (++serial == 0)
		serial = 1;
	*q = (struct question){ .number = serial, .session = s,
	    .events = events, .ctx = ctx };
	TAILQ_INSERT_TAIL(&questions, q, entry);
	if (s != NULL)
		patience_hold(s);
	if (s == NULL || many) {
		log_info("%s: not asked, %s: %s", s ? s->user : "libpurple",
		    many ? "too many questions are open" :
		    "as nobody could answer", m->title);
		later(give_up, (void *)(uintptr_t)q->number);
		return q->number;
	}
	m->user = s->user;
	if (!command_takes(s, m, q->number))
		kit_request(METHOD_ask, m, PATIENCE, replied,
		    (void *)(uintptr_t)q->number);
	return q->number;
}

const char *
question_value(const struct pairs *values, const char *var)
{
	for (size_t i = 0; values != NULL && i < values->n; i++) {
		if (strcmp(values->v[i].key, var) == 0)
			return values->v[i].value;
	}
	return NULL;
}

static void
end(struct session *s)
{
	struct question *q, *next;

	for (q = TAILQ_FIRST(&questions); q != NULL; q = next) {
		next = TAILQ_NEXT(q, entry);
		if (q->session != s)
			continue;
		take_out(q);
		q->events->dropped(q->ctx);
		free(q);
	}
}

const struct module questions_module = { .end = end };
