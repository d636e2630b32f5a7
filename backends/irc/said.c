/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has the server taken what the user said?
 *
 * Where it echoes our messages the echo says so.  Where it does not, silence
 * means yes and there is no end to it: so a PING goes behind the messages, and
 * its PONG ends the silence.  One PING is on its way at a time, and the next
 * follows after a little while: what is said meanwhile shares it, so that talk
 * costs one a message only while it is slow.  In the queue that keeps us within
 * the server's limit some messages share one, too: there each line costs time.
 *
 * A message without its proof when the connection ends may have arrived. */
#include "backends/irc/said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/label.h"
#include "backends/irc/message.h"
#include "backends/irc/room.h"
#include "backends/irc/speech.h"
#include "backends/irc/typing.h"
#include "util/xalloc.h"

#define PROOF_TIMEOUT	30.0
/* The main process gives a request up after its patience, and would tell the
 * user so while the rest of the message is still leaving.  So the last line,
 * the PING behind it and the answer have their shares of that time. */
#define LEAVE_SHARE	0.75
#define PING_SHARE	(10 / 12.0)
#define ANSWER_SHARE	(11 / 12.0)
#define FENCE		"spectrum-"	/* and a number: our PINGs */
#define QUEUED_MAX	10		/* messages to a PING in the queue */
#define FENCE_PAUSE	0.02		/* from one PING to the next */
#define FLOOD_TOLD	4.0		/* seconds of waiting to be told, */
#define FLOOD_LINES	3		/* and lines */

/* The seconds that this share of our time comes to. */
static double
share(const struct network *n, double of)
{
	return of * n->irc->config.patience;
}

static struct await *
remember(struct network *n, enum await_kind kind, const struct said *said)
{
	struct await *a = await_add(&n->awaits, n->is.casemap, kind,
	    said->request, said->target, NULL, 0);

	if (a == NULL) {
		up_error(said->request, ERR_RATE_LIMITED, "too much at once");
		return NULL;
	}
	a->until = said->came + share(n, ANSWER_SHARE);
	a->done = said->done;
	a->pieces = 1;
	return a;
}

/* All that is queued will be proven, or not, some time after it has left. */
static void
set_deadline(struct network *n, struct await *a)
{
	a->deadline = ev_now(n->irc->loop) + link_delay(&n->link, 0) +
	    PROOF_TIMEOUT;
	if (a->deadline > a->until)
		a->deadline = a->until;
}

/* Send it and see which lines it became.  Returns NULL when it has failed and
 * is no more. */
static struct await *
send_remembered(struct network *n, struct await *a, const struct said *said)
{
	a->line = n->link.taken + 1;
	if (said->send(n, a, said->ctx) == -1) {
		await_fail(&n->awaits, a, ERR_RATE_LIMITED,
		    "not everything could be sent");
		return NULL;
	}
	a->last = n->link.taken;
	set_deadline(n, a);
	return a;
}

/* ---- fences */

static const char *
fence_token(unsigned number)
{
	static char token[32];

	snprintf(token, sizeof(token), FENCE "%u", number);
	return token;
}

static bool
fence_is_out(const struct network *n)
{
	return n->fence_out != n->fence_back;
}

/* The newest fence goes behind all that was sent. */
static void
put_fence(struct network *n)
{
	struct await *a;

	link_send(&n->link, "PING", fence_token(n->fence_out), NULL);
	for (a = await_last(&n->awaits, AWAIT_SENT); a != NULL;
	    a = TAILQ_PREV(a, await_list, entry)) {
		if (a->fence != n->fence_out)
			break;
		set_deadline(n, a);
	}
}

static void
next_fence(struct network *n)
{
	n->fence_out++;
	n->fenced = 0;
	n->fence_at = ev_now(n->irc->loop);
}

static void fence_listed(struct irc *);

static void
on_fences(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	fence_listed(w->data);
}

/* Its time will come, together with that of others. */
static void
list(struct network *n)
{
	struct irc *irc = n->irc;

	if (n->listed)
		return;
	n->listed = true;
	n->unfenced = irc->unfenced;
	irc->unfenced = n;
	if (n->unfenced != NULL)
		return;
	ev_timer_init(&irc->fences, on_fences, FENCE_PAUSE, 0);
	irc->fences.data = irc;
	ev_timer_start(irc->loop, &irc->fences);
}

static void
unlist(struct network *n)
{
	struct network **at = &n->irc->unfenced;

	if (!n->listed)
		return;
	while (*at != n)
		at = &(*at)->unfenced;
	*at = n->unfenced;
	n->listed = false;
	if (n->irc->unfenced == NULL)
		ev_timer_stop(n->irc->loop, &n->irc->fences);
}

/* What was said while the last fence was out gets the next one. */
static void
fence_gathered(struct network *n, bool now)
{
	struct await *a = await_last(&n->awaits, AWAIT_SENT);

	if (a == NULL || fence_is_out(n) || a->fence == n->fence_out ||
	    link_space(&n->link) == 0)
		return;
	if (!now && ev_now(n->irc->loop) - n->fence_at < FENCE_PAUSE) {
		list(n);
		return;
	}
	next_fence(n);
	put_fence(n);
}

static void
fence_listed(struct irc *irc)
{
	struct network *n;

	while ((n = irc->unfenced) != NULL) {
		unlist(n);
		fence_gathered(n, true);
	}
}

/* May the newest fence, in the queue, go behind so many lines more?  Its PONG
 * must still come in time for those that are before it. */
static bool
fence_can_wait(struct network *n, unsigned lines)
{
	double leaves = ev_now(n->irc->loop) + link_delay(&n->link, lines);
	double margin = share(n, ANSWER_SHARE - PING_SHARE);
	const struct await *a;

	if (n->fenced >= QUEUED_MAX)
		return false;
	for (a = await_last(&n->awaits, AWAIT_SENT); a != NULL;
	    a = TAILQ_PREV(a, await_list, entry)) {
		if (a->fence != n->fence_out)
			break;
		if (leaves > a->until - margin)
			return false;
	}
	return true;
}

static struct await *
send_fenced(struct network *n, const struct said *said)
{
	bool straight = link_is_straight(&n->link);
	bool shares = !straight && fence_can_wait(n, said->lines);
	struct await *a = remember(n, AWAIT_SENT, said);

	if (a == NULL)
		return NULL;
	if (!straight && (!shares ||
	    !link_unsend_ping(&n->link, fence_token(n->fence_out))))
		next_fence(n);
	a->fence = straight ? n->fence_out + 1 : n->fence_out;
	n->fenced++;
	a = send_remembered(n, a, said);
	if (straight)
		fence_gathered(n, false);
	else
		put_fence(n);
	return a;
}

/* The answer of the server. */
static void
answer(struct network *n, struct await *a)
{
	const char *ids[SPEECH_LINES_MAX];
	struct msg_send_result result = {
		/* A label's answer is about this message; that nobody refused
		 * it in time is a little less. */
		.delivered = a->label != 0 &&
		    !isupport_is_channel(&n->is, a->target),
	};

	if ((result.ids.n = said_ids(a, ids, SPEECH_LINES_MAX)) > 0)
		result.ids.v = ids;
	if (a->done != NULL)
		a->done(n, a);
	else
		up_result(a->request, METHOD_send, &result);
	await_done(&n->awaits, a);
}

size_t
said_ids(const struct await *a, const char **ids, size_t max)
{
	const char *at = buf_data(&a->text);
	const char *end = at ? at + buf_len(&a->text) : NULL;
	size_t n = 0;

	for (; at != end && n < max; at += strlen(at) + 1)
		ids[n++] = at;
	return n;
}

void
said_taken(struct network *n, struct await *a)
{
	if (--a->pieces == 0)
		answer(n, a);
}

void
said_fenced(struct network *n, struct line *l)
{
	const char *token = l->params[l->nparams ? l->nparams - 1 : 0];
	size_t len = sizeof(FENCE) - 1;
	unsigned long number;
	struct await *a;

	if (strncmp(token, FENCE, len) != 0)
		return;
	number = strtoul(token + len, NULL, 10);
	if (number <= n->fence_back || number > n->fence_out)
		return;
	n->fence_back = (unsigned)number;
	while ((a = await_first(&n->awaits, AWAIT_SENT)) != NULL &&
	    a->fence <= number)
		answer(n, a);
	if (n->state == NETWORK_ONLINE)
		fence_gathered(n, false);
}

/* ---- saying it */

struct await *
said_prove(struct network *n, const struct said *said)
{
	const bool labels = n->caps & CAP_LABELED_RESPONSE;
	struct await *a;

	if (!labels && !(said->echoes && (n->caps & CAP_ECHO_MESSAGE))) {
		a = send_fenced(n, said);
	} else if ((a = remember(n, AWAIT_ECHO, said)) != NULL) {
		a->pieces = said->answers;
		if (labels)
			label_give(n, a, said->answers);
		a = send_remembered(n, a, said);
	}
	network_arm(n);
	return a;
}

static int
send_speech(struct network *n, struct await *a, void *speech)
{
	return speech_send(speech, &n->link, a->label);
}

/* Lines that can ever leave in time at once. */
static unsigned
lines_at_best(const struct network *n)
{
	const struct flood_limit *limit = &n->throttle;
	double lines = share(n, LEAVE_SHARE) * limit->rate;
	double more = share(n, PING_SHARE) * limit->rate;

	lines = limit->burst + (lines < more - 1 ? lines : more - 1);
	if (limit->burst <= 0 || lines > SPEECH_LINES_MAX)
		return SPEECH_LINES_MAX;
	return lines > 0 ? (unsigned)lines : 0;
}

/* The same as things are, with a PING behind them. */
static unsigned
lines_now(struct network *n, double came)
{
	double spent = ev_now(n->irc->loop) - came;
	unsigned lines = link_room(&n->link, share(n, LEAVE_SHARE) - spent);
	unsigned more = link_room(&n->link, share(n, PING_SHARE) - spent);

	if (n->awaits.count >= AWAIT_MAX || more == 0)
		return 0;
	return lines < more ? lines : more - 1;
}

/* Half a message is worse than none: what cannot leave in time as a whole is
 * refused before any of it has, with the number of lines that can. */
static bool
fits(struct network *n, request_t request, unsigned count, size_t room,
    double came)
{
	unsigned best = lines_at_best(n), now = lines_now(n, came);
	char text[200];

	if (count > best) {
		snprintf(text, sizeof(text), "too long for IRC: at most %u "
		    "lines of %zu bytes can be sent at once", best, room);
		up_error(request, ERR_TOO_LONG, text);
		return false;
	}
	if (count <= now)
		return true;
	if (now == 0)
		snprintf(text, sizeof(text),
		    "the IRC server takes messages slowly: wait a little");
	else
		snprintf(text, sizeof(text), "the IRC server takes messages "
		    "slowly: at most %u lines can be sent now", now);
	up_error(request, ERR_RATE_LIMITED, text);
	return false;
}

/* Much will leave slowly: once until it has, the user is told. */
static void
tell_flood(struct network *n, const char *target)
{
	double seconds = link_delay(&n->link, 0);
	struct channel *c;
	char text[160];

	if (seconds < FLOOD_TOLD || n->link.queued < FLOOD_LINES) {
		n->flood_told &= seconds > 0;
		return;
	}
	if (n->flood_told)
		return;
	n->flood_told = true;
	snprintf(text, sizeof(text), "The IRC server takes lines slowly: %u "
	    "will leave within %.0f seconds. /cancel takes back those that "
	    "have not left.", n->link.queued, seconds);
	if ((c = network_channel(n, target)) != NULL)
		room_notice(n, c, text);
	else
		message_from(n, network_id(n), text);
}

static void
say(struct network *n, request_t request, const struct msg_send *m,
    const char *target, struct speech *speech, double came)
{
	struct said said = { .request = request, .target = target,
		.came = came, .lines = speech->lines,
		.answers = speech_answers(speech), .echoes = true,
		.send = send_speech, .ctx = speech };
	struct await *a = said_prove(n, &said);

	if (a != NULL)
		a->closing = speech->batch;
	typing_sent(n, target);
	if (a == NULL || a->kind != AWAIT_ECHO)
		return;
	a->origin = xstrdup_null(m->id);
	/* The room shall see what was typed, not the pieces. */
	a->body = xstrdup(m->body);
}

void
said_send(struct network *n, request_t request, const struct msg_send *m,
    const char *target, struct channel *via, double came)
{
	struct person *p = people_find(&n->people, n->is.casemap, target);
	struct speech speech;

	speech_begin(&speech, n, m, target);
	if (speech.lines == 0) {
		up_error(request, ERR_BAD_REQUEST, "nothing to say");
	} else if (fits(n, request, speech.lines, speech.room, came)) {
		if (p != NULL)
			p->via = via;
		if (!isupport_is_channel(&n->is, target))
			n->talked = ev_now(n->irc->loop);
		say(n, request, m, target, &speech, came);
		tell_flood(n, target);
	}
	speech_end(&speech);
}

void
said_quietly(struct network *n, const char *target, const char *text)
{
	const struct msg_send m = { .body = text };
	struct speech speech;

	/* Awaited, too, so that a refusal is known to be about this one. */
	speech_begin(&speech, n, &m, target);
	if (speech.lines > 0)
		say(n, 0, &m, target, &speech, ev_now(n->irc->loop));
	speech_end(&speech);
}

void
said_cancel(struct network *n, const char *target)
{
	unsigned long left = n->link.left;
	struct await *a, *next;

	for (int kind = AWAIT_ECHO; kind <= AWAIT_SENT; kind++)
		for (a = await_first(&n->awaits, kind); a != NULL; a = next) {
			next = TAILQ_NEXT(a, entry);
			if (a->last <= left || a->done != NULL ||
			    !casemap_equal(n->is.casemap, a->target, target))
				continue;
			link_cancel(&n->link, a->line, a->last -
			    (a->closing && a->line <= left));
			await_fail(&n->awaits, a, ERR_NOT_ALLOWED,
			    a->line > left ? "cancelled: the message was not "
			    "sent" : "cancelled: only the beginning of the "
			    "message was sent");
		}
	n->flood_told = false;
}

/* ---- the ends */

void
said_expire(struct network *n, double now)
{
	const struct await *a;
	unsigned back = n->fence_out;

	await_expire(&n->awaits, now);
	/* A PONG that nobody waits for any more will not come; the next message
	 * may have better luck.  Those behind it may still come. */
	a = await_first(&n->awaits, AWAIT_SENT);
	if (a != NULL && a->fence <= n->fence_out)
		back = a->fence - 1;
	if (back > n->fence_back)
		n->fence_back = back;
	fence_gathered(n, true);
}

/* What is in the queue stays there for good. */
static void
fail_unsent(struct network *n, const char *why)
{
	unsigned long left = n->link.left;
	struct await *a, *next;
	char text[1100];

	for (int kind = AWAIT_ECHO; kind <= AWAIT_SENT; kind++)
		for (a = await_first(&n->awaits, kind); a != NULL; a = next) {
			next = TAILQ_NEXT(a, entry);
			if (a->last <= left)
				continue;
			snprintf(text, sizeof(text), "%.1000s; %s", why,
			    a->line > left ? "the message was not sent" :
			    "only a part of the message was sent");
			await_fail(&n->awaits, a, ERR_NETWORK, text);
		}
}

void
said_last(struct network *n)
{
	struct await *last;

	unlist(n);
	fail_unsent(n, "logged out");
	if ((last = await_last(&n->awaits, AWAIT_SENT)) == NULL)
		return;
	next_fence(n);
	last->fence = n->fence_out;
	link_now(&n->link, "PING", fence_token(n->fence_out), NULL);
}

void
said_lost(struct network *n, const char *why)
{
	char text[1100];

	unlist(n);
	fail_unsent(n, why);
	snprintf(text, sizeof(text),
	    "%.1000s; the message may have been delivered", why);
	await_fail_kinds(&n->awaits, AWAIT_SAID, ERR_UNCERTAIN, text);
	n->fence_back = n->fence_out;
}
