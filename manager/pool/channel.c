/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do messages get through the pipes?  One bounded read for each wake-up,
 * so that a loud backend waits its turn; one write at the end of the turn, so
 * that a message costs no system call.  What the messages mean is not known
 * here. */
#include "manager/pool/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define SHARE		(32 * 1024)	/* bytes read per wake-up */
#define REST_MAX	(512 * 1024)	/* more than a pipe holds */
/* Answers are queued even when the queue is full, up to this many bytes more:
 * whoever asks that much and reads nothing is up to no good. */
#define OVERDRAFT	(4 * PROTOCOL_MESSAGE_MAX)

bool
channel_is_open(const struct channel *ch)
{
	return ch->from >= 0;
}

size_t
channel_queued(const struct channel *ch)
{
	return buf_len(&ch->out);
}

uint64_t
channel_end(const struct channel *ch)
{
	return ch->written + buf_len(&ch->out);
}

static void
deliver(struct channel *ch)
{
	struct msg msg;
	const char *why;
	int got;

	while (channel_is_open(ch)) {
		got = decoder_next(ch->decoder, &ch->in, &msg, &why);
		if (got == 0)
			break;
		if (got < 0) {
			ch->events->garbage(ch->ctx, why);
			return;
		}
		ch->received++;
		ch->events->message(ch->ctx, &msg);
	}
	if (channel_is_open(ch))
		buf_trim(&ch->in);
}

/* Returns how many bytes came, 0 when there are none now, -1 at the end. */
static ssize_t
fill(struct channel *ch)
{
	ssize_t n = read(ch->from, buf_reserve(&ch->in, SHARE), SHARE);

	if (n > 0) {
		buf_added(&ch->in, (size_t)n);
		return n;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void
receive(struct channel *ch)
{
	ssize_t n = fill(ch);

	if (n > 0)
		deliver(ch);
	else if (n < 0)
		ch->events->ended(ch->ctx, "closed its standard output");
}

void
channel_read_rest(struct channel *ch)
{
	size_t total = 0;
	ssize_t n;

	while (channel_is_open(ch) && total < REST_MAX) {
		if ((n = fill(ch)) <= 0)
			return;
		total += (size_t)n;
		deliver(ch);
	}
}

static void
report_broken(void *arg)
{
	struct channel *ch = arg;

	if (!channel_is_open(ch) || ch->frozen)
		return;
	/* Its last words come before its end. */
	channel_read_rest(ch);
	if (channel_is_open(ch))
		ch->events->ended(ch->ctx, "closed its standard input");
}

/* Write what goes.  Calls nobody: it may run below any of our callers. */
static void
drain(struct channel *ch)
{
	size_t len = buf_len(&ch->out);
	ssize_t n;

	if (len == 0 || ch->broken || ch->frozen)
		return;
	n = write(ch->to, buf_data(&ch->out), len);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR) {
			ev_io_start(ch->loop, &ch->writable);
			return;
		}
		ch->broken = true;
		ev_io_stop(ch->loop, &ch->writable);
		later(report_broken, ch);
		return;
	}
	ch->written += (uint64_t)n;
	buf_consume(&ch->out, (size_t)n);
	if (buf_len(&ch->out) > 0) {
		ev_io_start(ch->loop, &ch->writable);
	} else {
		ev_io_stop(ch->loop, &ch->writable);
		buf_trim(&ch->out);
	}
}

static void
tell_drained(struct channel *ch)
{
	if (ch->full && buf_len(&ch->out) <= ch->high / 2) {
		ch->full = false;
		ch->events->drained(ch->ctx);
	}
}

static void
flush(void *arg)
{
	struct channel *ch = arg;

	ch->dirty = false;
	if (!channel_is_open(ch) || ch->frozen)
		return;
	/* While the pipe is full its watcher knows best. */
	if (!ev_is_active(&ch->writable))
		drain(ch);
	if (buf_len(&ch->out) > ch->high + OVERDRAFT)
		ch->events->garbage(ch->ctx, "does not read its answers");
	else
		tell_drained(ch);
}

static void
flush_later(struct channel *ch)
{
	if (ch->dirty)
		return;
	ch->dirty = true;
	later(flush, ch);
}

void
channel_added(struct channel *ch)
{
	if (!channel_is_open(ch) || ch->broken) {
		buf_clear(&ch->out);
		return;
	}
	ch->sent++;
	if (buf_len(&ch->out) >= ch->high) {
		/* The pipe may have room that this turn has not used yet. */
		if (!ev_is_active(&ch->writable))
			drain(ch);
		ch->full = ch->full || buf_len(&ch->out) >= ch->high;
	}
	flush_later(ch);
}

static void
readable_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	receive(w->data);
}

static void
writable_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	drain(w->data);
	tell_drained(w->data);
}

void
channel_open(struct channel *ch, struct ev_loop *loop, int from, int to,
    size_t high, const struct channel_events *events, void *ctx)
{
	*ch = (struct channel){
		.loop = loop, .events = events, .ctx = ctx,
		.from = from, .to = to, .high = high,
	};
	ch->decoder = decoder_create(UP);
	ev_io_init(&ch->readable, readable_cb, from, EV_READ);
	ev_io_init(&ch->writable, writable_cb, to, EV_WRITE);
	ch->readable.data = ch->writable.data = ch;
	ev_io_start(loop, &ch->readable);
}

void
channel_hold(struct channel *ch, bool hold)
{
	if (!channel_is_open(ch) || ch->held == hold)
		return;
	ch->held = hold;
	if (hold)
		ev_io_stop(ch->loop, &ch->readable);
	else if (!ch->frozen)
		ev_io_start(ch->loop, &ch->readable);
}

void
channel_freeze(struct channel *ch, bool freeze)
{
	if (!channel_is_open(ch) || ch->frozen == freeze)
		return;
	ch->frozen = freeze;
	if (freeze) {
		ev_io_stop(ch->loop, &ch->readable);
		ev_io_stop(ch->loop, &ch->writable);
		return;
	}
	if (!ch->held)
		ev_io_start(ch->loop, &ch->readable);
	channel_resume(ch);
}

void
channel_resume(struct channel *ch)
{
	if (!channel_is_open(ch))
		return;
	if (ch->broken)
		later(report_broken, ch);
	flush_later(ch);
}

void
channel_abandon(struct channel *ch)
{
	if (!channel_is_open(ch))
		return;
	ev_io_stop(ch->loop, &ch->readable);
	ev_io_stop(ch->loop, &ch->writable);
	ch->from = ch->to = -1;
}

/* The pipe belongs to whoever reads it first: what we get here nobody else
 * will, also when the backend is alive and reads at this moment.  One read(2)
 * empties it in one go. */
static size_t
take_back(int to)
{
	char path[32], *bytes;
	int fd, size = fcntl(to, F_GETPIPE_SZ);
	ssize_t n = 0;

	if (size <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
		return 0;
	bytes = xmalloc((size_t)size);
	n = read(fd, bytes, (size_t)size);
	free(bytes);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

void
channel_close(struct channel *ch)
{
	if (!channel_is_open(ch))
		return;
	ev_io_stop(ch->loop, &ch->readable);
	ev_io_stop(ch->loop, &ch->writable);
	ch->unread = take_back(ch->to);
	close(ch->from);
	close(ch->to);
	ch->from = ch->to = -1;
}

void
channel_finish(struct channel *ch)
{
	channel_close(ch);
	decoder_destroy(ch->decoder);
	ch->decoder = NULL;
	buf_free(&ch->in);
	buf_free(&ch->out);
}
