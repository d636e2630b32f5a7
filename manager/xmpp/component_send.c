/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a stanza of ours?  XEP-0114 has no receipts, so what must
 * not be lost is kept until a ping that we sent to ourselves behind it has come
 * back: a server handles the stanzas of one stream in order.  After the link
 * broke, whatever is still kept is sent again. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/component_private.h"
#include "util/log.h"

#define PING_ID		"alive"
#define BATCH		64	/* stanzas to the next barrier */
#define SPACE		0.005	/* seconds between two, however many */
#define MOMENT		0.25	/* seconds to it, for fewer */
#define TEND		1.0	/* seconds between two looks at the rest */
#define NO_ECHO		10.0	/* seconds until a barrier counts as passed
				 * where none has ever come back */
#define LOST_ECHO	120.0	/* and where they did: of a server that is only
				 * slow one believed too soon loses messages */
#define YOUNG		1000	/* ms: not worth a note of the delay */

static int64_t
now_ms(const struct component *c)
{
	return (int64_t)(ev_now(c->loop) * 1000);
}

static void
set_keeper(struct component *c, double seconds)
{
	if (c->frozen)
		return;
	ev_timer_stop(c->loop, &c->keeper);
	ev_timer_set(&c->keeper, seconds, 0.);
	ev_timer_start(c->loop, &c->keeper);
}

/* ------------------------------------------------------------------- bounds */

/* While it is up, what waits to be confirmed is mostly what waits to be sent
 * or read, which has a bound of its own. */
static size_t
room(const struct component *c)
{
	return c->state == UP && c->cfg.queue_max > c->cfg.held_max ?
	    c->cfg.queue_max : c->cfg.held_max;
}

void
component_congest(struct component *c, bool congested)
{
	if (c->congested == congested)
		return;
	log_debug("%s: link: %s", c->domain, congested ? "congested" :
	    "drained");
	c->congested = congested;
	if (c->link.events->congested != NULL)
		c->link.events->congested(c->link.ctx, congested);
}

/* All that was put into the stream up to here. */
static uint64_t
stream_end(const struct component *c)
{
	const struct conn *conn = stream_conn(c->stream);

	return conn_sent(conn) + conn_queued(conn);
}

/* Where no echo says what has arrived, what has left makes room. */
static void
shed(struct component *c)
{
	struct kept_item item;

	if (c->state != UP || (c->echoes && !c->paused))
		return;
	while (kept_bytes(&c->kept) > c->cfg.held_max / 2 &&
	    kept_oldest(&c->kept, &item) &&
	    item.mark <= conn_sent(stream_conn(c->stream)))
		kept_drop_oldest(&c->kept);
}

/* Half of the room is for what answers the users' own stanzas. */
void
component_weigh(struct component *c)
{
	size_t queued = c->state == UP ?
	    conn_queued(stream_conn(c->stream)) : 0;
	bool heavy;

	shed(c);
	heavy = kept_bytes(&c->kept) > room(c) / 2;
	if (heavy || queued > c->cfg.queue_max / 2)
		component_congest(c, true);
	else if (queued == 0)
		component_congest(c, false);
}

void
component_dropped(struct component *c, unsigned long n, const char *why)
{
	if (n == 0)
		return;
	log_warn("%s: %lu messages to XMPP were given up: %s", c->domain, n,
	    why);
	if (c->link.events->dropped != NULL)
		c->link.events->dropped(c->link.ctx, n, why);
}

static void
expire(struct component *c)
{
	int64_t limit = now_ms(c) - (int64_t)(c->cfg.held_age * 1000);
	struct kept_item item;
	unsigned long n = 0;

	while (kept_oldest(&c->kept, &item) && item.ms <= limit) {
		kept_drop_oldest(&c->kept);
		n++;
	}
	component_dropped(c, n, "the XMPP server was away for too long");
}

/* ----------------------------------------------------------------- barriers */

void
component_ping(struct component *c)
{
	struct xml x;

	xml_begin(&x, stream_out(c->stream));
	xml_open(&x, "iq");
	xml_attr(&x, "type", "get");
	xml_attrf(&x, "id", PING_ID "-%s-%" PRIu64, c->token, c->kept.next);
	xml_attr(&x, "from", c->domain);
	xml_attr(&x, "to", c->domain);
	xml_element(&x, "ping", NS_PING, NULL);
	xml_close(&x);
	stream_send(c->stream);
	c->last_ping = ev_now(c->loop);
	if (c->nbarriers == BARRIERS_MAX)
		return;
	c->barriers[c->nbarriers++] = (struct barrier){
		.number = c->kept.next, .mark = stream_end(c),
		.since = ev_now(c->loop),
	};
	c->asked = c->kept.next;
}

static void
ask(struct component *c)
{
	if (c->nbarriers < BARRIERS_MAX && c->kept.next != c->asked)
		component_ping(c);
}

/* Reading an answer costs about as much as sending ten messages. */
static void
ask_for_many(struct component *c)
{
	if (c->state == UP && c->kept.next - c->asked >= BATCH &&
	    ev_now(c->loop) - c->last_ping >= SPACE)
		ask(c);
}

/* This barrier, and with it all before it, is behind us. */
static void
passed(struct component *c, uint64_t number)
{
	unsigned n = 0;

	while (n < c->nbarriers && c->barriers[n].number <= number)
		n++;
	c->nbarriers -= n;
	memmove(c->barriers, c->barriers + n,
	    c->nbarriers * sizeof(c->barriers[0]));
	kept_confirm(&c->kept, number);
	ask_for_many(c);
	if (c->congested)
		component_weigh(c);
	if (c->state == ENDING && kept_count(&c->kept) == 0)
		component_finish(c);
}

/* "alive-TOKEN-NUMBER", of this process or the one it goes on for. */
static bool
own_ping(const struct component *c, const char *id, uint64_t *number)
{
	size_t n = strlen(PING_ID "-"), size = strlen(c->token);
	char *end;

	if (strncmp(id, PING_ID "-", n) != 0 ||
	    strncmp(id + n, c->token, size) != 0 || id[n + size] != '-')
		return false;
	id += n + size + 1;
	errno = 0;
	*number = strtoull(id, &end, 10);
	return *id >= '0' && *id <= '9' && *end == '\0' && errno == 0 &&
	    *number <= c->kept.next;
}

/* XEP-0199 by way of the server, which needs to know no other name and to ask
 * nobody else.  Whether it passes the ping on or answers it does not matter,
 * nor with what. */
bool
component_echo(struct component *c, const struct stanza *s,
    const struct jid *from, const struct jid *to)
{
	const char *id = stanza_attr(s, "id");
	uint64_t number;

	if (strcmp(s->name, "iq") != 0 || id == NULL ||
	    strncmp(id, PING_ID, strlen(PING_ID)) != 0 ||
	    strcmp(from->full, c->domain) != 0 ||
	    strcmp(to->full, c->domain) != 0)
		return false;
	/* Of another process that serves this domain: of no use to us. */
	if (!own_ping(c, id, &number))
		return true;
	c->echoes = true;
	passed(c, number);
	return true;
}

/* Several processes may share one domain, and then our echoes reach any of
 * them.  What has left, and has not broken the link for long, counts as
 * received there; and so it does when echoes stop coming while all else comes.
 */
static void
pass_by_age(struct component *c)
{
	const struct barrier *b = &c->barriers[0];
	double limit = c->echoes ? LOST_ECHO : NO_ECHO;

	if (c->nbarriers == 0 || c->paused ||
	    ev_now(c->loop) - b->since < limit ||
	    b->mark > conn_sent(stream_conn(c->stream)) ||
	    (c->echoes && stream_heard(c->stream) <= b->since))
		return;
	if (c->echoes)
		log_info("%s: pings to ourselves do not come back any more",
		    c->domain);
	c->echoes = false;
	passed(c, b->number);
}

static void
tend_up(struct component *c)
{
	pass_by_age(c);
	ask(c);
	if (kept_count(&c->kept) > 0)
		set_keeper(c, TEND);
}

static void
tend_down(struct component *c)
{
	struct kept_item item;
	double rest;

	expire(c);
	if (c->congested)
		component_weigh(c);
	if (!kept_oldest(&c->kept, &item))
		return;
	rest = (double)(item.ms - now_ms(c)) / 1000 + c->cfg.held_age;
	set_keeper(c, rest < 0.05 ? 0.05 : rest < 3600 ? rest : 3600);
}

void
component_tend(struct component *c)
{
	if (c->state == UP)
		tend_up(c);
	else
		tend_down(c);
}

void
component_unask(struct component *c)
{
	c->nbarriers = 0;
	c->asked = c->kept.first;
	component_tend(c);
}

/* In order, and before anything newer. */
void
component_resend(struct component *c)
{
	struct buf *out = stream_out(c->stream);
	struct kept_item item;
	size_t at = 0, before = 0;
	int64_t now = now_ms(c);

	if (kept_count(&c->kept) > 0)
		log_info("%s: %" PRIu64 " messages that waited or were not "
		    "confirmed are sent", c->domain, kept_count(&c->kept));
	for (; kept_next(&c->kept, &at, &item); before = at) {
		kept_write(&item, item.written || now - item.ms >= YOUNG ?
		    c->domain : NULL, out);
		kept_mark(&c->kept, before, stream_end(c));
	}
	c->asked = c->kept.first;
	component_ping(c);
	set_keeper(c, MOMENT);
}

/* ------------------------------------------------------------------ stanzas */

/* While it is not up a stanza goes straight to those that are kept. */
struct buf *
component_begin(struct link *l)
{
	struct component *c = component_of(l);

	return c->state == UP ? stream_out(c->stream) : &c->scratch;
}

static void
refused(struct component *c)
{
	if (c->full)
		return;
	c->full = true;
	if (c->state == UP)
		log_warn("%s: the server does not read: %zu bytes wait, "
		    "stanzas are refused", c->domain,
		    conn_queued(stream_conn(c->stream)));
	else
		log_warn("%s: the server is away and %zu bytes of messages "
		    "wait for it: more are refused", c->domain,
		    kept_bytes(&c->kept));
}

static void
keep(struct component *c, int64_t ms, const char *to, const char *stanza,
    size_t len)
{
	bool up = c->state == UP;
	const struct kept_item item = {
		.ms = ms, .to = to, .stanza = stanza, .len = len,
		.written = up, .mark = up ? stream_end(c) : KEPT_UNSENT,
	};

	kept_add(&c->kept, &item);
	if (!up) {
		if (!ev_is_active(&c->keeper))
			component_tend(c);
		return;
	}
	if (c->kept.next - c->asked == 1)
		set_keeper(c, MOMENT);
	ask_for_many(c);
}

static bool
has_room(struct component *c, size_t len)
{
	if (kept_bytes(&c->kept) + len <= room(c))
		return true;
	shed(c);
	return kept_bytes(&c->kept) + len <= room(c);
}

static int
hold(struct component *c, const char *to, unsigned flags, size_t mark)
{
	const char *stanza = buf_data(&c->scratch) + mark;
	size_t len = buf_len(&c->scratch) - mark;
	int kept = -1;

	if ((flags & LINK_KEEP) == 0)
		;
	else if (has_room(c, len)) {
		keep(c, now_ms(c), to, stanza, len);
		kept = 0;
	} else {
		refused(c);
	}
	buf_truncate(&c->scratch, mark);
	if (c->scratch.cap > 1 << 16)
		buf_free(&c->scratch);
	if (kept == 0)
		component_weigh(c);
	return kept;
}

int
component_end(struct link *l, const char *to, unsigned flags, size_t mark)
{
	struct component *c = component_of(l);
	struct buf *out;
	size_t queued, len;

	if (c->state != UP)
		return hold(c, to, flags, mark);
	out = stream_out(c->stream);
	queued = buf_len(out);
	len = queued - mark;
	if (queued > c->cfg.queue_max ||
	    ((flags & LINK_KEEP) && !has_room(c, len))) {
		buf_truncate(out, mark);
		refused(c);
		return -1;
	}
	if (queued < c->cfg.queue_max / 2)
		c->full = false;
	stream_send(c->stream);
	if (flags & LINK_KEEP)
		keep(c, now_ms(c), to, buf_data(out) + mark, len);
	if (queued > c->cfg.queue_max / 2 ||
	    kept_bytes(&c->kept) > room(c) / 2)
		component_weigh(c);
	return 0;
}

void
component_put_kept(struct link *l, const struct kept_item *item)
{
	struct component *c = component_of(l);

	if (kept_bytes(&c->kept) + item->len > c->cfg.held_max) {
		component_dropped(c, 1, "more than component_held_max waits");
		return;
	}
	if (c->state == UP) {
		kept_write(item, c->domain, stream_out(c->stream));
		stream_send(c->stream);
		keep(c, item->ms, item->to, item->stanza, item->len);
		return;
	}
	kept_add(&c->kept, item);
	if (!ev_is_active(&c->keeper))
		component_tend(c);
}
