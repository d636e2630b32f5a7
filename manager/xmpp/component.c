/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do we get, keep and get back our place at an XMPP server (XEP-0114)?
 * The stream itself is stream.c's, what the stanzas mean is the gateway's. */
#include "manager/xmpp/component.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/link_private.h"
#include "manager/xmpp/stream.h"
#include "util/backoff.h"
#include "util/later.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define NS_ACCEPT	"jabber:component:accept"
#define HANDSHAKE_MAX	30.0	/* seconds for each step */
#define PING_ID		"alive"

enum state {
	WAITING,		/* for the next try; no stream */
	CONNECTING,
	OPENING,		/* our header is sent, theirs is not here */
	PROVING,		/* the handshake is sent */
	UP,
	CLOSING,		/* the stream is over, its connection is not */
	FINISHED,		/* link_shutdown(): no further try */
};

struct component {
	struct link	 link;		/* first, see of() */
	struct component_config cfg;	/* owns its strings */
	char		*domain;
	struct ev_loop	*loop;
	struct stream	*stream;	/* NULL in WAITING, and once FINISHED */
	ev_timer	 timer;		/* the deadline of the state */
	struct backoff	 backoff;
	struct buf	 held;		/* whole stanzas, for when it is up */
	ev_tstamp	 pinged;	/* 0: no ping is unanswered */
	enum state	 state;
	bool		 echoes;	/* pings do come back here */
	bool		 full;		/* told that the queue is full */
	bool		 congested;	/* the gateway has been told */
	bool		 stray;		/* told about stanzas of others */
	bool		 paused;
};

static struct component *
of(const struct link *l)
{
	return (struct component *)CONTAINER(l, struct component, link);
}

static void
set_state(struct component *c, enum state state)
{
	static const char *const names[] = {
		"waiting", "connecting", "opening", "proving", "up", "closing",
		"finished",
	};

	log_debug("%s: link: %s -> %s", c->domain, names[c->state],
	    names[state]);
	c->state = state;
}

static void
set_timer(struct component *c, double seconds)
{
	ev_timer_stop(c->loop, &c->timer);
	ev_timer_set(&c->timer, seconds, 0.);
	ev_timer_start(c->loop, &c->timer);
}

/* Half of the room is for what answers the users' own stanzas. */
static void
congest(struct component *c, bool congested)
{
	if (c->congested == congested)
		return;
	log_debug("%s: link: %s", c->domain, congested ? "congested" :
	    "drained");
	c->congested = congested;
	if (c->link.events->congested != NULL)
		c->link.events->congested(c->link.ctx, congested);
}

/* What an admin can do about the conditions a server refuses a component with;
 * waiting a little will not help with any of them. */
static const struct {
	const char	*condition, *remedy;
} remedies[] = {
	/* ejabberd says so for an unknown name, too. */
	{ "not-authorized", "it does not know this name with this secret: jid= "
	    "and password= in [service] must be what the server has" },
	{ "conflict", "another component is connected under this name: stop "
	    "it, or give one of them another jid=" },
	{ "host-unknown", "it has no component of this name: add it to the "
	    "server's configuration, or correct jid= in [service]" },
	{ "host-gone", "it has no component of this name any more: add it to "
	    "the server's configuration" },
};

static const char *
remedy_of(const char *condition)
{
	for (size_t i = 0; i < LENGTH(remedies); i++)
		if (strcmp(remedies[i].condition, condition) == 0)
			return remedies[i].remedy;
	return NULL;
}

/* It did not work, or does not any more.  The next try begins once the
 * connection is gone, see closed(). */
static void
failed(struct component *c, const char *why)
{
	bool was_up = c->state == UP;
	size_t lost = conn_queued(stream_conn(c->stream));

	log_warn("%s: %s %s:%s: %s", c->domain, was_up ? "lost" :
	    "no link to", c->cfg.host, c->cfg.port, why);
	if (was_up && lost != 0)
		log_warn("%s: %zu bytes of stanzas were not sent", c->domain,
		    lost);
	set_state(c, CLOSING);
	ev_timer_stop(c->loop, &c->timer);
	if (!was_up)
		return;
	congest(c, false);
	c->link.events->down(c->link.ctx, why);
}

/* End the stream for a reason of ours. */
static void
give_up(struct component *c, const char *why)
{
	failed(c, why);
	/* Destroyed meanwhile? */
	if (c->stream != NULL)
		stream_close(c->stream);
}

static void
connected(void *ctx)
{
	struct component *c = ctx;

	set_state(c, OPENING);
	set_timer(c, HANDSHAKE_MAX);
	stream_open(c->stream);
}

/* XEP-0114 3: hex SHA-1 of the stream id and the secret. */
static void
prove(struct component *c, const char *id)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	struct buf in = { 0 }, *out = stream_out(c->stream);
	unsigned len = 0;

	buf_adds(&in, id);
	buf_adds(&in, c->cfg.secret);
	if (EVP_Digest(buf_data(&in), buf_len(&in), hash, &len, EVP_sha1(),
	    NULL) != 1)
		fatal("no SHA-1");
	explicit_bzero(buf_data(&in), buf_len(&in));
	buf_free(&in);
	buf_adds(out, "<handshake>");
	for (unsigned i = 0; i < len; i++)
		buf_addf(out, "%02x", hash[i]);
	buf_adds(out, "</handshake>");
	stream_send(c->stream);
}

static void
opened(void *ctx, struct arena *a, const struct stanza *header)
{
	struct component *c = ctx;
	const char *id = stanza_attr(header, "id");

	(void)a;
	if (c->state != OPENING)
		return;
	if (id == NULL) {
		give_up(c, "its stream has no id: is this a component port?");
		return;
	}
	set_state(c, PROVING);
	set_timer(c, HANDSHAKE_MAX);
	prove(c, id);
}

static void
ping(struct component *c)
{
	struct xml x;

	xml_begin(&x, stream_out(c->stream));
	xml_open(&x, "iq");
	xml_attr(&x, "type", "get");
	xml_attr(&x, "id", PING_ID);
	xml_attr(&x, "from", c->domain);
	xml_attr(&x, "to", c->domain);
	xml_element(&x, "ping", NS_PING, NULL);
	xml_close(&x);
	stream_send(c->stream);
	c->pinged = ev_now(c->loop);
}

/* What was held goes first, so that order is kept. */
static void
come_up(struct component *c)
{
	set_state(c, UP);
	log_info("%s: connected to %s:%s", c->domain, c->cfg.host,
	    c->cfg.port);
	backoff_reset(&c->backoff);
	c->full = c->stray = false;
	set_timer(c, c->cfg.ping_interval);
	buf_add(stream_out(c->stream), buf_data(&c->held), buf_len(&c->held));
	buf_free(&c->held);
	ping(c);
	if (c->paused)
		conn_pause(stream_conn(c->stream));
	c->link.events->up(c->link.ctx);
}

static void
refused(struct component *c, struct arena *a, const struct stanza *error)
{
	const char *text, *condition = stream_error_condition(a, error, &text);
	const char *remedy = remedy_of(condition);

	if (remedy != NULL)	/* straight to the longest interval */
		c->backoff.failures = 32;
	give_up(c, arena_printf(a, "the server says %s%s%s%s%s%s", condition,
	    *text ? " (" : "", text, *text ? ")" : "", remedy ? "; " : "",
	    remedy ? remedy : ""));
}

/* A ping from us to us: XEP-0199 by way of the server, which needs to know no
 * other name and to ask nobody else. */
static bool
is_echo(struct component *c, const struct stanza *s, const struct jid *from,
    const struct jid *to)
{
	const char *id = stanza_attr(s, "id");

	if (strcmp(s->name, "iq") != 0 || id == NULL ||
	    strcmp(id, PING_ID) != 0 || strcmp(from->full, c->domain) != 0 ||
	    strcmp(to->full, c->domain) != 0)
		return false;
	c->echoes = true;
	return true;
}

/* Not addressed as XEP-0114 wants it.  Tell the sender where there is one. */
static void
misaddressed(struct component *c, const struct stanza *s, bool has_from)
{
	const char *from = stanza_attr(s, "from");

	log_debug("%s: <%s/> with a bad address dropped", c->domain, s->name);
	if (has_from && link_bounce(stream_out(c->stream), s, c->domain, from,
	    "modify", "jid-malformed") == 0)
		stream_send(c->stream);
}

static void
stray(struct component *c, const char *domain)
{
	if (!c->stray)
		log_warn("%s: the server sends us stanzas for %s, they are "
		    "dropped; ejabberd needs global_routes: false", c->domain,
		    domain);
	c->stray = true;
}

static void
take(struct component *c, struct arena *a, const struct stanza *s)
{
	struct jid from, to;
	bool has_from;

	if (!link_is_stanza(s, NS_ACCEPT)) {
		log_debug("%s: <%s xmlns='%s'/> ignored", c->domain, s->name,
		    s->ns);
		return;
	}
	has_from = jid_parse(a, stanza_attr(s, "from"), &from) == 0;
	if (jid_parse(a, stanza_attr(s, "to"), &to) != 0 || !has_from)
		misaddressed(c, s, has_from);
	else if (strcmp(to.domain, c->domain) != 0)
		stray(c, to.domain);
	else if (!is_echo(c, s, &from, &to))
		c->link.events->stanza(c->link.ctx, a, s, &from, &to);
}

static void
stanza(void *ctx, struct arena *a, const struct stanza *s)
{
	struct component *c = ctx;

	if (stanza_is(s, "error", NS_STREAM))
		refused(c, a, s);
	else if (c->state == UP)
		take(c, a, s);
	else if (c->state == PROVING && stanza_is(s, "handshake", NS_ACCEPT))
		come_up(c);
}

static void
drained(void *ctx)
{
	struct component *c = ctx;

	if (c->state == UP)
		congest(c, false);
}

static void
ended(void *ctx, const char *why, bool fault)
{
	(void)fault;
	failed(ctx, why);
}

/* The stream is gone for good: wait, then try again. */
static void
closed(void *ctx)
{
	struct component *c = ctx;
	double pause;

	stream_destroy(c->stream);
	c->stream = NULL;
	if (c->state == FINISHED)
		return;
	pause = backoff_next(&c->backoff);
	log_debug("%s: next try in %.1f s", c->domain, pause);
	set_state(c, WAITING);
	set_timer(c, pause);
}

static const struct stream_events stream_events = {
	.connected = connected,
	.opened = opened,
	.stanza = stanza,
	.drained = drained,
	.ended = ended,
	.closed = closed,
};

static void
connect_now(struct component *c)
{
	struct conn_target target = {
		.host = c->cfg.host, .port = c->cfg.port,
		.timeout = HANDSHAKE_MAX,
	};
	struct stream_config cfg = {
		.ns = NS_ACCEPT, .domain = c->domain,
		.stanza_max = c->cfg.stanza_max,
	};

	set_state(c, CONNECTING);
	c->stream = stream_connect(c->loop, &target, &cfg, &stream_events, c);
}

/* Any byte is a sign of life.  Where several processes share one domain the
 * echo may reach another one, so silence counts only where echoes have come. */
static void
check_alive(struct component *c)
{
	double interval = c->cfg.ping_interval;
	double silence = ev_now(c->loop) - stream_heard(c->stream);

	if (stream_heard(c->stream) >= c->pinged)
		c->pinged = 0;
	if (c->paused || silence < interval * 0.99) {
		c->pinged = 0;
		set_timer(c, c->paused ? interval : interval - silence);
		return;
	}
	if (c->pinged != 0 && c->echoes) {
		give_up(c, "no sign of life, not even the answer to a ping");
		return;
	}
	ping(c);
	set_timer(c, interval);
}

static void
deadline(struct component *c)
{
	switch (c->state) {
	case WAITING:
		connect_now(c);
		return;
	case OPENING:
		give_up(c, "no stream header in time: is this a component "
		    "port?");
		return;
	case PROVING:
		give_up(c, "no answer to the handshake in time");
		return;
	case UP:
		check_alive(c);
		return;
	case CONNECTING:	/* conn has its own time-out */
	case CLOSING:
	case FINISHED:
		return;
	}
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	deadline(CONTAINER(w, struct component, timer));
}

/* While it is down a stanza is written behind those that are held already. */
static struct buf *
begin(struct link *l)
{
	struct component *c = of(l);

	return c->state == UP ? stream_out(c->stream) : &c->held;
}

static int
hold(struct component *c, unsigned flags, size_t mark)
{
	if ((flags & LINK_KEEP) && buf_len(&c->held) <= c->cfg.held_max) {
		if (buf_len(&c->held) > c->cfg.held_max / 2)
			congest(c, true);
		return 0;
	}
	buf_truncate(&c->held, mark);
	buf_trim(&c->held);
	return -1;
}

static int
end(struct link *l, const char *to, unsigned flags, size_t mark)
{
	struct component *c = of(l);
	size_t queued;

	(void)to;
	if (c->state != UP)
		return hold(c, flags, mark);
	queued = conn_queued(stream_conn(c->stream));
	if (queued <= c->cfg.queue_max) {
		if (queued < c->cfg.queue_max / 2)
			c->full = false;
		stream_send(c->stream);
		if (queued > c->cfg.queue_max / 2)
			congest(c, true);
		return 0;
	}
	buf_truncate(stream_out(c->stream), mark);
	if (!c->full)
		log_warn("%s: the server does not read: %zu bytes wait, "
		    "stanzas are refused", c->domain, mark);
	c->full = true;
	return -1;
}

static bool
is_up(const struct link *l)
{
	return of(l)->state == UP;
}

static void
pause_reading(struct link *l, bool paused)
{
	struct component *c = of(l);

	if (c->paused == paused)
		return;
	c->paused = paused;
	if (c->state != UP)	/* the handshake is no stanza */
		return;
	if (paused)
		conn_pause(stream_conn(c->stream));
	else
		conn_resume(stream_conn(c->stream));
}

static void
shut_down(struct link *l)
{
	struct component *c = of(l);

	congest(c, false);
	if (c->state == CONNECTING) {
		stream_destroy(c->stream);
		c->stream = NULL;
	}
	if (c->stream != NULL)
		stream_close(c->stream);
	ev_timer_stop(c->loop, &c->timer);
	set_state(c, FINISHED);
}

static void
destroy(struct link *l)
{
	struct component *c = of(l);

	ev_timer_stop(c->loop, &c->timer);
	stream_destroy(c->stream);
	c->stream = NULL;
	c->state = FINISHED;
	buf_free(&c->held);
	free((char *)c->cfg.host);
	free((char *)c->cfg.port);
	explicit_bzero((char *)c->cfg.secret, strlen(c->cfg.secret));
	free((char *)c->cfg.secret);
	later_free(c->domain);
	later_free(c);
}

static const struct link_ops ops = {
	.begin = begin,
	.end = end,
	.is_up = is_up,
	.destroy = destroy,
	.shutdown = shut_down,
	.pause = pause_reading,
};

static void
copy_config(struct component *c, const struct component_config *cfg)
{
	struct component_config *own = &c->cfg;

	*own = *cfg;
	own->domain = NULL;
	own->host = xstrdup(cfg->host);
	own->port = xstrdup(cfg->port);
	own->secret = xstrdup(cfg->secret);
	own->retry_min = cfg->retry_min > 0 ? cfg->retry_min : 1;
	own->retry_max = cfg->retry_max > 0 ? cfg->retry_max : 60;
	own->ping_interval = cfg->ping_interval > 0 ? cfg->ping_interval : 60;
	own->queue_max = cfg->queue_max ? cfg->queue_max : 16 << 20;
	own->held_max = cfg->held_max ? cfg->held_max : 4 << 20;
	own->stanza_max = cfg->stanza_max ? cfg->stanza_max : 1 << 20;
}

/* As the server will say it; a domain that cannot be one is for the server to
 * refuse. */
static char *
prepared(const char *domain)
{
	struct arena a = { 0 };
	struct jid jid;
	char *copy;

	copy = xstrdup(jid_parse(&a, domain, &jid) == 0 ? jid.domain : domain);
	arena_free(&a);
	return copy;
}

struct link *
component_create(struct ev_loop *loop, const struct component_config *cfg,
    const struct link_events *events, void *ctx)
{
	struct component *c = xcalloc(1, sizeof(*c));

	copy_config(c, cfg);
	c->domain = prepared(cfg->domain);
	c->loop = loop;
	c->backoff.min = c->cfg.retry_min;
	c->backoff.max = c->cfg.retry_max;
	ev_init(&c->timer, on_timer);
	c->link.ops = &ops;
	c->link.events = events;
	c->link.ctx = ctx;
	c->link.domain = c->domain;
	connect_now(c);
	return &c->link;
}
