/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing is told twice: what we miss is asked for from the last message on
 * that we have heard, and what the server had to say since our JOIN we hear by
 * ourselves. */
#include "backends/irc/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/irc/format.h"
#include "backends/irc/label.h"
#include "util/xalloc.h"

#define USUAL		50		/* messages for one who joins */
#define MISSED_MAX	500		/* at once, for one who comes back */
#define OUT_MAX		3		/* rooms that are asked for at a time */
#define PAGES_MAX	10		/* of what a server gives at once */
#define TIMEOUT		30.0
#define COLLECT_MAX	(512 * 1024)	/* bytes for one request */
#define ID_SIZE		256
#define STAMP_SIZE	40

static bool
is_offered(const struct network *n)
{
	const unsigned needs = CAP_CHATHISTORY | CAP_BATCH | CAP_SERVER_TIME |
	    CAP_MESSAGE_TAGS;

	return (n->caps & needs) == needs;
}

static void
stamp(char out[STAMP_SIZE], int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(out, STAMP_SIZE, "timestamp=%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, STAMP_SIZE - n, ".%03uZ", (unsigned)(ms % 1000));
}

/* One question, on its way.  from: msgid= or timestamp=, or "*". */
static void
ask(struct network *n, request_t request, const struct channel *c,
    const char *what, const char *from, unsigned max)
{
	struct await *a = await_add(&n->awaits, n->is.casemap, AWAIT_HISTORY,
	    request, c->name, NULL, 0);
	char number[16], text[LABEL_MAX];
	struct buf tags = { 0 };
	int r;

	if (a == NULL) {
		up_error(request, ERR_RATE_LIMITED, "too much at once");
		return;
	}
	if (n->caps & CAP_LABELED_RESPONSE) {
		label_give(n, a, 1);
		line_add_tag(&tags, "label", label_text(text, a->label));
	}
	buf_addc(&tags, '\0');
	if (n->cap.chathistory_max > 0 && max > n->cap.chathistory_max)
		max = n->cap.chathistory_max;
	a->wanted = strcmp(what, "AFTER") == 0 ? max : 0;
	snprintf(number, sizeof(number), "%u", max);
	r = link_send_tagged(&n->link, buf_data(&tags), "CHATHISTORY", what,
	    c->name, from, number, NULL);
	buf_free(&tags);
	a->deadline = ev_now(n->irc->loop) + link_delay(&n->link, 0) + TIMEOUT;
	if (r == -1)
		await_fail(&n->awaits, a, ERR_RATE_LIMITED,
		    "too much at once");
	network_arm(n);
}

/* ---- rooms that were joined */

void
history_begin(const struct network *n, struct channel *c,
    const struct line *l)
{
	/* Asked for from an older place on, it is not told again what was
	 * heard since then. */
	if (c->owed != NULL) {
		c->heard_from = c->live_since;
		c->heard_to = c->last_time;
	}
	c->live_since = line_time(l);
	if (c->live_since == 0)
		c->live_since = (int64_t)(ev_now(n->irc->loop) * 1000);
}

void
history_heard(struct channel *c, const struct line *l, const char *msgid)
{
	int64_t at;

	if (*l->tags == '\0' || (at = line_time(l)) < c->last_time || at == 0)
		return;
	c->last_time = at;
	if (msgid == NULL || strlen(msgid) >= ID_SIZE)
		xreplace(&c->last_id, NULL);
	else if (c->last_id == NULL || strcmp(c->last_id, msgid) != 0)
		xreplace(&c->last_id, msgid);
}

/* Noted at once: until it is asked for, more is heard. */
static void
owe(struct channel *c)
{
	char from[ID_SIZE + 8] = "";

	if (c->owed != NULL && *c->owed != '*')
		return;			/* a connection lost before its turn */
	if (c->last_id != NULL)
		snprintf(from, sizeof(from), "msgid=%s", c->last_id);
	else if (c->last_time > 0)
		stamp(from, c->last_time);
	else if (c->history != 0)
		snprintf(from, sizeof(from), "*");
	if (*from != '\0')
		xreplace(&c->owed, from);
	c->pages = 0;
}

static void
ask_owed(struct network *n, struct channel *c)
{
	char *from = c->owed;
	long wanted = c->history;

	c->owed = NULL;
	if (*from != '*')
		ask(n, 0, c, "AFTER", from, MISSED_MAX);
	else
		ask(n, 0, c, "LATEST", from,
		    wanted > 0 && wanted < USUAL ? (unsigned)wanted : USUAL);
	free(from);
}

static unsigned
count_out(const struct network *n)
{
	const struct await *a;
	unsigned out = 0;

	for (a = await_first(&n->awaits, AWAIT_HISTORY); a != NULL;
	    a = TAILQ_NEXT(a, entry))
		out += a->request == 0;
	return out;
}

void
history_move(struct network *n)
{
	struct channel *c;
	size_t at = 0;

	if (!n->history_due)
		return;
	while ((c = map_next(&n->channels, &at)) != NULL) {
		if (c->owed == NULL || c->state != CHANNEL_JOINED)
			continue;
		if (!link_is_quiet(&n->link) || count_out(n) >= OUT_MAX ||
		    n->awaits.count >= AWAIT_MAX)
			return;
		ask_owed(n, c);
	}
	n->history_due = false;
}

void
history_joined(struct network *n, struct channel *c)
{
	if (!is_offered(n) || !c->wanted)
		return;
	owe(c);
	n->history_due |= c->owed != NULL;
	history_move(n);
}

/* ---- what the main process asks for */

void
history_ask(struct network *n, request_t request, struct channel *c,
    const struct msg_room_history *m)
{
	unsigned max = m->max > 0 && m->max < MISSED_MAX ? (unsigned)m->max :
	    MISSED_MAX;
	const char *id = m->before ? m->before : m->after;
	char from[ID_SIZE + 8];

	if (!is_offered(n)) {
		up_error(request, ERR_NOT_SUPPORTED,
		    "this IRC server keeps no history");
	} else if (id != NULL && (*id == '\0' || strlen(id) >= ID_SIZE ||
	    strpbrk(id, " \r\n") != NULL)) {
		up_error(request, ERR_NOT_FOUND, "no such message");
	} else if (id != NULL) {
		snprintf(from, sizeof(from), "msgid=%s", id);
		ask(n, request, c, m->before ? "BEFORE" : "AFTER", from, max);
	} else if (m->since > 0) {
		stamp(from, m->since);
		ask(n, request, c, "AFTER", from, max);
	} else {
		ask(n, request, c, "LATEST", "*", max);
	}
}

/* ---- the answer */

static struct await *
find(const struct network *n, const char *target, unsigned long label)
{
	struct await *a = label_await(n, label);

	if (a != NULL)
		return a->kind == AWAIT_HISTORY ? a : NULL;
	return await_find(&n->awaits, n->is.casemap, AWAIT_HISTORY, target,
	    NULL);
}

/* Into the text of the await: time, id, nick and body, each with its NUL. */
static void
collect(struct await *a, const struct line *l, long long at)
{
	static struct buf plain, clean;
	const char *text = l->params[1], *body;
	char id[ID_SIZE], made[NICK_BYTES_MAX + 40];
	bool action = strncmp(text, "\1ACTION ", 8) == 0;

	if ((*text == '\1' && !action) || at <= 0 ||
	    buf_len(&a->text) > COLLECT_MAX)
		return;
	body = format_plain(action ? text + 8 : text, &plain);
	if (*body == '\0')
		return;
	if (line_tag(l, "msgid", id, sizeof(id)) == NULL || *id == '\0') {
		snprintf(made, sizeof(made), "%lld-%s", at, l->nick);
		buf_addf(&a->text, "%lld%c%s%c", at, '\0', made, '\0');
	} else {
		buf_addf(&a->text, "%lld%c%s%c", at, '\0',
		    format_plain(id, &clean), '\0');
	}
	buf_addf(&a->text, "%s%c%s%s%c", l->nick, '\0', action ? "/me " : "",
	    body, '\0');
	a->pieces++;
}

/* One that is told. */
static void
count(struct await *a, const struct line *l)
{
	char id[ID_SIZE];
	const char *last = line_tag(l, "msgid", id, sizeof(id));

	a->told++;
	xreplace(&a->name, last != NULL && *last != '\0' ? last : NULL);
}

bool
history_takes(struct network *n, const struct channel *c,
    const struct line *l, unsigned long label)
{
	struct await *a = find(n, c->name, label);
	long long at = line_time(l);

	if (a != NULL && a->request != 0) {
		collect(a, l, at);
		return true;
	}
	if (a != NULL)
		count(a, l);
	return (c->live_since > 0 && at > c->live_since) ||
	    (at > c->heard_from && at <= c->heard_to);
}

static void
answer(const struct await *a)
{
	struct msg_past_message *v = xcalloc(a->pieces + 1, sizeof(*v));
	struct msg_room_history_result result = { 0 };
	const char *at = buf_data(&a->text);

	for (unsigned i = 0; i < a->pieces; i++) {
		v[i].time = strtoll(at, NULL, 10);
		at += strlen(at) + 1;
		v[i].id = at;
		at += strlen(at) + 1;
		v[i].nick = at;
		at += strlen(at) + 1;
		v[i].body = at;
		at += strlen(at) + 1;
	}
	result.messages.v = v;
	result.messages.n = a->pieces;
	up_result(a->request, METHOD_room_history, &result);
	free(v);
}

/* As many as may come at once have come: there may be more behind. */
static void
turn_page(struct network *n, const struct await *a)
{
	struct channel *c = network_channel(n, a->target);

	if (c == NULL || a->wanted == 0 || a->told < a->wanted ||
	    a->name == NULL || c->owed != NULL || c->pages >= PAGES_MAX)
		return;
	c->pages++;
	c->owed = xasprintf("msgid=%s", a->name);
	n->history_due = true;
}

void
history_ended(struct network *n, const char *target, unsigned long label)
{
	struct await *a = find(n, target, label);

	if (a == NULL)
		return;
	answer(a);
	if (a->request == 0)
		turn_page(n, a);
	await_done(&n->awaits, a);
	history_move(n);
}

void
history_refused(struct network *n, struct line *l, const char *text)
{
	struct await *a = label_await(n, label_of(n, l));

	if (a == NULL)
		a = await_first(&n->awaits, AWAIT_HISTORY);
	if (a != NULL && a->kind == AWAIT_HISTORY)
		await_fail(&n->awaits, a, ERR_NOT_FOUND, text);
	history_move(n);
}
