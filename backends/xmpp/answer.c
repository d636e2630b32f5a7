/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/answer.h"

#include <ev.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

/* One stanza of a request. */
struct part {
	struct outgoing	 out;
	struct answer	*answer;
	TAILQ_ENTRY(part) entry;	/* of the answer, until it has ended */
	char		*id, *to;	/* both may be NULL */
};

struct answer {
	struct session	*session;
	LIST_ENTRY(answer) entry;	/* of the session, until it is given */
	struct kit_call	 call;
	TAILQ_HEAD(parts, part) parts;	/* under way; none: it is freed */
	enum ledger_end	 worst;		/* of those that have ended */
	bool		 done;		/* one has arrived, at least */
	bool		 busy;		/* not to be freed now */
	ev_timer	 timer;
	bool		 given;
};

double
answer_patience(double most)
{
	/* As other backends have it: the rest is for the way back. */
	double all = 0.75 * (double)kit_config_int("service",
	    "request_timeout", 60);

	return all < most ? all : most;
}

static void
give(struct answer *a, const char *code, const char *text)
{
	if (a->given)
		return;
	a->given = true;
	ev_timer_stop(EV_DEFAULT_ &a->timer);
	LIST_REMOVE(a, entry);
	if (code != NULL)
		kit_error(&a->call, code, text);
	else
		kit_reply(&a->call, a->call.method == METHOD_send ?
		    &(struct msg_send_result){ 0 } : NULL);
}

/* ------------------------------------------------------------------- refusal */

static bool
same_account(const char *one, const char *other)
{
	size_t len = strcspn(one, "/");

	return len == strcspn(other, "/") && memcmp(one, other, len) == 0;
}

static bool
has_sent(const struct answer *a, const char *id, const char *to)
{
	const struct part *p;

	TAILQ_FOREACH(p, &a->parts, entry) {
		if (p->id != NULL && strcmp(p->id, id) == 0 &&
		    p->to != NULL && same_account(p->to, to))
			return true;
	}
	return false;
}

bool
answer_refuse(struct session *s, const char *id, const char *from,
    const char *code, const char *text)
{
	struct answer *a;

	LIST_FOREACH(a, &s->answers, entry) {
		if (has_sent(a, id, from)) {
			give(a, code, text);
			return true;
		}
	}
	return false;
}

/* ----------------------------------------------------------------------- end */

static void
part_free(struct part *p)
{
	TAILQ_REMOVE(&p->answer->parts, p, entry);
	free(p->id);
	free(p->to);
	free(p);
}

/* Frees it when all has come to its end. */
static void
settle(struct answer *a)
{
	static const char *const codes[] = {
		[LEDGER_DONE] = NULL,
		[LEDGER_UNSENT] = ERR_NOT_CONNECTED,
		[LEDGER_UNCERTAIN] = ERR_UNCERTAIN,
	};

	if (a->busy || !TAILQ_EMPTY(&a->parts))
		return;
	/* Some has arrived, and some has not. */
	if (a->done && a->worst == LEDGER_UNSENT)
		a->worst = LEDGER_UNCERTAIN;
	give(a, codes[a->worst], NULL);
	free(a);
}

static void
on_ended(struct outgoing *out, enum ledger_end end)
{
	struct part *p = CONTAINER(out, struct part, out);
	struct answer *a = p->answer;

	part_free(p);
	a->done = a->done || end == LEDGER_DONE;
	if (end > a->worst)
		a->worst = end;
	settle(a);
}

/* From the last on: where one has left, those before it have. */
static void
take_back(struct answer *a)
{
	struct part *p, *before;

	a->busy = true;
	for (p = TAILQ_LAST(&a->parts, parts); p != NULL; p = before) {
		before = TAILQ_PREV(p, parts, entry);
		if (!session_take_back(a->session, &p->out))
			break;
	}
	a->busy = false;
}

static void
on_late(EV_P_ ev_timer *w, int revents)
{
	struct answer *a = CONTAINER(w, struct answer, timer);

	(void)loop, (void)revents;
	take_back(a);
	if (!TAILQ_EMPTY(&a->parts))
		give(a, ERR_UNCERTAIN, NULL);
	settle(a);
}

/* ---------------------------------------------------------------------- send */

/* false: too much waits. */
static bool
send_part(struct answer *a, xmpp_stanza_t *st)
{
	struct part *p = xcalloc(1, sizeof(*p));

	p->out.ended = on_ended;
	p->answer = a;
	p->id = xstrdup_null(xmpp_stanza_get_id(st));
	p->to = xstrdup_null(xmpp_stanza_get_to(st));
	TAILQ_INSERT_TAIL(&a->parts, p, entry);
	if (session_send_as(a->session, st, &p->out) == 0)
		return true;
	part_free(p);
	return false;
}

void
answer_send_all(struct session *s, const struct kit_call *call,
    xmpp_stanza_t *const *stanzas, size_t n)
{
	struct answer *a = xcalloc(1, sizeof(*a));
	size_t i = 0;

	a->session = s;
	a->call = *call;
	TAILQ_INIT(&a->parts);
	LIST_INSERT_HEAD(&s->answers, a, entry);
	ev_timer_init(&a->timer, on_late, answer_patience(DBL_MAX), 0.);
	ev_timer_start(EV_DEFAULT_ &a->timer);
	a->busy = true;
	while (i < n && send_part(a, stanzas[i]))
		i++;
	a->busy = false;
	if (i < n) {
		give(a, ERR_RATE_LIMITED, "Too much is waiting for the "
		    "server already.");
		take_back(a);
	}
	settle(a);
}

void
answer_send(struct session *s, const struct kit_call *call,
    xmpp_stanza_t *stanza)
{
	answer_send_all(s, call, &stanza, 1);
}
