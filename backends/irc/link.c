/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do lines get in and out?  Each wake-up hands over every whole line and
 * keeps at most one piece; an idle link owns no memory beyond its struct. */
#include "backends/irc/link.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define OUT_MAX	(256 * 1024)	/* bytes that a server may leave unread */
#define SHARE	(128 * 1024)	/* bytes for the main process in one turn */

struct link_queued {
	struct link_queued *next;
	size_t		 len;
	char		 text[];
};

static void move_queue(struct link *);
static void go_on(struct link *);

static void
on_pace(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	move_queue(w->data);
}

static void
on_next_turn(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	go_on(w->data);
}

void
link_init(struct link *l, struct ev_loop *loop, const struct flood_limit *limit,
    const struct link_events *events, void *ctx)
{
	*l = (struct link){ .loop = loop, .limit = limit, .events = events,
		.ctx = ctx, .line_max = LINE_OUT_MAX };
	ev_init(&l->pace, on_pace);
	ev_timer_init(&l->next_turn, on_next_turn, 0, 0);
	l->pace.data = l->next_turn.data = l;
}

void
link_close(struct link *l)
{
	struct link_queued *q;

	conn_destroy(l->conn);
	l->conn = NULL;
	l->tap = NULL;
	l->closes++;
	l->open = false;
	buf_free(&l->partial);
	buf_free(&l->held);
	ev_timer_stop(l->loop, &l->pace);
	ev_timer_stop(l->loop, &l->next_turn);
	while ((q = l->first) != NULL) {
		l->first = q->next;
		l->queued--;
		free(q);
	}
	l->last = NULL;
}

/* ---- in */

/* One line without its end. */
static void
take_line(struct link *l, const char *data, size_t len)
{
	/* CP1252 grows to at most three bytes each. */
	static char text[LINE_IN_MAX * 3 + 1];
	struct line line;

	while (len > 0 && data[len - 1] == '\r')
		len--;
	if (len == 0)
		return;
	if (l->events->decode != NULL)
		l->events->decode(l->ctx, text, sizeof(text), data, len);
	else
		line_decode(text, sizeof(text), data, len);
	if (line_parse(&line, text) == 0)
		l->events->line(l->ctx, &line);
}

static bool
is_up(const struct link *l)
{
	return l->conn != NULL || l->tap != NULL;
}

static void
fail(struct link *l, const char *why)
{
	link_close(l);
	l->events->down(l->ctx, why);
}

/* Whole lines that were read and not yet looked at. */
static void
take_held(struct link *l)
{
	struct buf held = l->held;
	const char *data = buf_data(&held), *end;
	size_t len = buf_len(&held);
	unsigned closes = l->closes;

	l->held = (struct buf){ 0 };
	for (; l->closes == closes && (end = memchr(data, '\n', len)) != NULL;
	    data = end + 1) {
		if (end - data <= LINE_IN_MAX)
			take_line(l, data, (size_t)(end - data));
		len -= (size_t)(end + 1 - data);
	}
	buf_free(&held);
}

/* The rest of a line whose beginning came earlier.  Returns what was used. */
static size_t
complete(struct link *l, const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	size_t take = end ? (size_t)(end - data) : len;
	struct buf whole;

	buf_add(&l->partial, data, take);
	if (end == NULL)
		return len;
	whole = l->partial;		/* a handler may close the link */
	l->partial = (struct buf){ 0 };
	if (buf_len(&whole) <= LINE_IN_MAX)
		take_line(l, buf_data(&whole), buf_len(&whole));
	buf_free(&whole);
	return take + 1;
}

static void
hold(struct link *l, const char *data, size_t len)
{
	buf_add(&l->held, data, len);
	ev_timer_start(l->loop, &l->next_turn);
	if (l->conn != NULL)
		conn_pause(l->conn);
}

static void
go_on(struct link *l)
{
	struct buf held = l->held;

	l->held = (struct buf){ 0 };
	link_feed(l, buf_data(&held), buf_len(&held));
	buf_free(&held);
	if (l->conn != NULL && buf_len(&l->held) == 0)
		conn_resume(l->conn);
}

void
link_feed(struct link *l, const char *data, size_t len)
{
	size_t enough = up_queued() + SHARE;
	unsigned closes = l->closes;

	l->heard = ev_now(l->loop);
	if (buf_len(&l->partial) > 0) {
		size_t used = complete(l, data, len);

		data += used;
		len -= used;
	}
	while (len > 0 && l->closes == closes) {
		const char *end = memchr(data, '\n', len);

		if (up_queued() > enough) {
			hold(l, data, len);
			return;
		}
		if (end == NULL) {
			buf_add(&l->partial, data, len);
			break;
		}
		if (end - data <= LINE_IN_MAX)
			take_line(l, data, (size_t)(end - data));
		len -= (size_t)(end + 1 - data);
		data = end + 1;
	}
	if (l->closes != closes)
		return;			/* the rest is of another time */
	if (buf_len(&l->partial) > LINE_IN_MAX)
		fail(l, "the server sent a line without end");
	else if (l->conn != NULL && conn_queued(l->conn) > OUT_MAX)
		fail(l, "the server does not read");
}

/* ---- the socket */

static void
on_attempt(void *ctx, const struct sockaddr *own, const struct sockaddr *peer)
{
	struct link *l = ctx;

	if (l->events->attempt != NULL)
		l->events->attempt(l->ctx, own, peer);
}

static void
on_connected(void *ctx)
{
	struct link *l = ctx;

	l->heard = ev_now(l->loop);
	l->events->up(l->ctx);
}

static void
on_data(void *ctx, const char *data, size_t len)
{
	link_feed(ctx, data, len);
}

static void
on_closed(void *ctx, const char *why)
{
	struct link *l = ctx;
	unsigned closes = l->closes;

	if (buf_len(&l->held) > 0)
		take_held(l);
	if (l->closes == closes)
		fail(l, why);
}

static const struct conn_events conn_events = {
	.attempt = on_attempt, .connected = on_connected, .data = on_data, .closed = on_closed,
};

void
link_connect(struct link *l, const struct conn_target *target)
{
	link_close(l);
	flood_init(&l->flood, l->limit, ev_now(l->loop));
	l->line_max = LINE_OUT_MAX;
	l->taken = l->left = 0;
	l->conn = conn_connect(l->loop, target, &conn_events, l);
}

void
link_finish(struct link *l)
{
	l->open = false;
	ev_timer_stop(l->loop, &l->pace);
	/* The end of what the server says is near, and nobody must miss it. */
	link_pause(l, false);
}

void
link_pause(struct link *l, bool pause)
{
	if (l->conn == NULL)
		return;
	if (pause) {
		ev_timer_stop(l->loop, &l->next_turn);
		conn_pause(l->conn);
	} else if (buf_len(&l->held) > 0) {
		ev_timer_start(l->loop, &l->next_turn);
	} else {
		conn_resume(l->conn);
	}
}

/* ---- out */

static struct buf *
out(struct link *l)
{
	return l->conn ? conn_out(l->conn) : l->tap;
}

static void
flush(struct link *l)
{
	if (l->conn != NULL)
		conn_send(l->conn);
}

static int
put(struct link *l, struct buf *to, const char *tags, const char *command,
    va_list ap)
{
	const char *params[LINE_PARAMS], *p;
	size_t n = 0, start = buf_len(to), at;

	while ((p = va_arg(ap, const char *)) != NULL && n < LINE_PARAMS)
		params[n++] = p;
	if (tags != NULL && *tags != '\0')
		buf_addf(to, "@%s ", tags);
	at = buf_len(to);
	if (line_putv(to, l->line_max, command, params, n) == -1) {
		buf_truncate(to, start);
		return -1;
	}
	if (l->events->encode != NULL)
		l->events->encode(l->ctx, to, at, l->line_max);
	return 0;
}

int
link_now(struct link *l, const char *command, ...)
{
	va_list ap;
	int r;

	if (!is_up(l))
		return -1;
	va_start(ap, command);
	r = put(l, out(l), NULL, command, ap);
	va_end(ap);
	if (r == 0)
		flush(l);
	return r;
}

static void
move_queue(struct link *l)
{
	struct link_queued *q;
	double wait;

	while (l->open && (q = l->first) != NULL && (q->len == 0 ||
	    flood_take(&l->flood, l->limit, ev_now(l->loop)))) {
		if ((l->first = q->next) == NULL)
			l->last = NULL;
		l->queued--;
		l->left++;
		buf_add(out(l), q->text, q->len);
		free(q);
		flush(l);
	}
	if (!l->open || l->first == NULL)
		return;
	wait = flood_wait(&l->flood, l->limit, ev_now(l->loop), 1);
	ev_timer_stop(l->loop, &l->pace);
	ev_timer_set(&l->pace, wait > 0.01 ? wait : 0.01, 0);
	ev_timer_start(l->loop, &l->pace);
}

static int
enqueue(struct link *l, const char *tags, const char *command, va_list ap)
{
	struct link_queued *q;
	struct buf text = { 0 };

	if (l->queued >= LINK_QUEUE_MAX ||
	    put(l, &text, tags, command, ap) == -1) {
		buf_free(&text);
		return -1;
	}
	q = xmalloc(sizeof(*q) + buf_len(&text));
	*q = (struct link_queued){ .len = buf_len(&text) };
	memcpy(q->text, buf_data(&text), q->len);
	buf_free(&text);
	if (l->last != NULL)
		l->last->next = q;
	else
		l->first = q;
	l->last = q;
	l->queued++;
	l->taken++;
	if (l->open && !ev_is_active(&l->pace))
		move_queue(l);
	return 0;
}

static int
send_line(struct link *l, const char *tags, const char *command, va_list ap)
{
	int r;

	if (!link_is_straight(l) ||
	    !flood_take(&l->flood, l->limit, ev_now(l->loop)))
		return enqueue(l, tags, command, ap);
	if ((r = put(l, out(l), tags, command, ap)) == 0) {
		l->taken++;
		l->left++;
		flush(l);
	}
	return r;
}

int
link_send(struct link *l, const char *command, ...)
{
	va_list ap;
	int r;

	va_start(ap, command);
	r = send_line(l, NULL, command, ap);
	va_end(ap);
	return r;
}

int
link_send_tagged(struct link *l, const char *tags, const char *command, ...)
{
	va_list ap;
	int r;

	va_start(ap, command);
	r = send_line(l, tags, command, ap);
	va_end(ap);
	return r;
}

bool
link_is_straight(const struct link *l)
{
	return l->open && l->first == NULL;
}

bool
link_unsend_ping(struct link *l, const char *token)
{
	struct link_queued *last = l->last, *q = l->first;
	size_t len = strlen(token);

	if (last == NULL || last->len != 5 + len + 2 ||
	    memcmp(last->text, "PING ", 5) != 0 ||
	    memcmp(last->text + 5, token, len) != 0)
		return false;
	if (q == last) {
		l->first = l->last = NULL;
	} else {
		while (q->next != last)
			q = q->next;
		q->next = NULL;
		l->last = q;
	}
	l->queued--;
	l->taken--;
	free(last);
	return true;
}

void
link_cancel(struct link *l, unsigned long first, unsigned long last)
{
	unsigned long number = l->left;

	for (struct link_queued *q = l->first; q != NULL; q = q->next)
		if (++number >= first && number <= last)
			q->len = 0;
	/* Those at the head need not wait for their turn. */
	if (l->open && l->first != NULL)
		move_queue(l);
}

unsigned
link_space(const struct link *l)
{
	return LINK_QUEUE_MAX - l->queued;
}

bool
link_is_quiet(const struct link *l)
{
	return l->limit->burst <= 0 || (l->queued == 0 &&
	    l->flood.tokens >= l->limit->burst / 2);
}

double
link_delay(struct link *l, unsigned lines)
{
	return flood_wait(&l->flood, l->limit, ev_now(l->loop),
	    l->queued + lines);
}

unsigned
link_room(struct link *l, double seconds)
{
	unsigned space = link_space(l), n;

	if (l->limit->burst <= 0)
		return space;
	n = flood_within(&l->flood, l->limit, ev_now(l->loop), seconds);
	n = n > l->queued ? n - l->queued : 0;
	return n < space ? n : space;
}

void
link_open(struct link *l)
{
	l->open = true;
	move_queue(l);
}

void
link_limit_changed(struct link *l)
{
	if (l->open)
		move_queue(l);
}
