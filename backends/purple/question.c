/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open questions, by number: an answer may come when nobody waits for it any
 * more. */
#include "backends/purple/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/purple/command.h"
#include "backends/purple/patience.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PATIENCE	600	/* seconds */
#define KEY_SIZE	12

struct question {
	TAILQ_ENTRY(question) entry;
	unsigned	 number;
	struct session	*session;	/* or NULL */
	bool		 asked;		/* by a message of the gateway */
	guint		 timer;		/* of one that is a form; 0: none */
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
	if (q->timer != 0)
		g_source_remove(q->timer);
	q->timer = 0;
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

static void
put_key(char key[static KEY_SIZE], unsigned number)
{
	snprintf(key, KEY_SIZE, "%u", number);
}

/* The user need not answer any more. */
static void
withdraw(const struct question *q)
{
	char key[KEY_SIZE];
	const struct msg_ask_gone m = { .user = q->session->user, .key = key };

	put_key(key, q->number);
	kit_notify(METHOD_ask_gone, &m);
}

void
question_drop(unsigned number)
{
	struct question *q = find(number);

	if (q == NULL)
		return;
	take_out(q);
	if (q->asked)
		withdraw(q);
	else
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

static gboolean
left_open(gpointer data)
{
	unsigned number = ((struct question *)data)->number;

	command_dropped(number);
	question_answer(number, NULL);
	return G_SOURCE_REMOVE;
}

/* As the next form of the command that runs, or by a message. */
static void
ask(struct question *q, struct msg_ask *m)
{
	char key[KEY_SIZE];

	put_key(key, q->number);
	m->user = q->session->user;
	m->key = key;
	q->asked = !command_takes(q->session, m, q->number);
	if (q->asked)
		kit_request(METHOD_ask, m, PATIENCE, replied,
		    (void *)(uintptr_t)q->number);
	else
		q->timer = g_timeout_add_seconds(PATIENCE, left_open, q);
	m->key = NULL;
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
	ask(q, m);
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
