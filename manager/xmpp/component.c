/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do we get, keep and get back our place at an XMPP server (XEP-0114)?
 * The stream itself is stream.c's, what becomes of our stanzas is for
 * component_send.c, and what they mean for the gateway. */
#include "manager/xmpp/component.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/component_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define LAST_WORDS	0.15	/* seconds for them to be confirmed */
#define HANDSHAKE_MAX	30.0	/* seconds for each step */

struct component *
component_of(const struct link *l)
{
	return (struct component *)CONTAINER(l, struct component, link);
}

void
component_set_state(struct component *c, enum state state)
{
	static const char *const names[] = {
		"waiting", "connecting", "opening", "proving", "up", "ending",
		"closing", "finished",
	};

	log_debug("%s: link: %s -> %s", c->domain, names[c->state],
	    names[state]);
	c->state = state;
}

void
component_set_timer(struct component *c, double seconds)
{
	ev_timer_stop(c->loop, &c->timer);
	ev_timer_set(&c->timer, seconds, 0.);
	ev_timer_start(c->loop, &c->timer);
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

	if (c->state == ENDING) {
		component_finish(c);
		return;
	}
	log_warn("%s: %s %s:%s: %s", c->domain, was_up ? "lost" :
	    "no link to", c->cfg.host, c->cfg.port, why);
	component_set_state(c, CLOSING);
	ev_timer_stop(c->loop, &c->timer);
	if (!was_up)
		return;
	c->full = false;
	component_unask(c);
	component_weigh(c);
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

	component_set_state(c, OPENING);
	component_set_timer(c, HANDSHAKE_MAX);
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
	component_set_state(c, PROVING);
	component_set_timer(c, HANDSHAKE_MAX);
	prove(c, id);
}

static void
come_up(struct component *c)
{
	component_set_state(c, UP);
	log_info("%s: connected to %s:%s", c->domain, c->cfg.host,
	    c->cfg.port);
	backoff_reset(&c->backoff);
	c->full = c->stray = false;
	component_set_timer(c, c->cfg.ping_interval);
	component_resend(c);
	c->pinged = ev_now(c->loop);
	if (c->paused)
		stream_pause(c->stream);
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
	else if (!component_echo(c, s, &from, &to))
		c->link.events->stanza(c->link.ctx, a, s, &from, &to);
}

/* Nothing but the last confirmation is waited for: whoever else says something
 * is told that nobody has heard it. */
static void
take_last(struct component *c, struct arena *a, const struct stanza *s)
{
	struct jid from, to;

	if (!link_is_stanza(s, NS_ACCEPT) ||
	    jid_parse(a, stanza_attr(s, "from"), &from) != 0 ||
	    jid_parse(a, stanza_attr(s, "to"), &to) != 0 ||
	    component_echo(c, s, &from, &to) ||
	    strcmp(s->name, "presence") == 0 ||
	    strcmp(to.domain, c->domain) != 0)
		return;
	if (link_bounce(stream_out(c->stream), s, to.full, from.full, "wait",
	    "recipient-unavailable") == 0)
		stream_send(c->stream);
}

static void
stanza(void *ctx, struct arena *a, const struct stanza *s)
{
	struct component *c = ctx;

	if (stanza_is(s, "error", NS_STREAM))
		refused(c, a, s);
	else if (c->state == UP)
		take(c, a, s);
	else if (c->state == ENDING)
		take_last(c, a, s);
	else if (c->state == PROVING && stanza_is(s, "handshake", NS_ACCEPT))
		come_up(c);
}

static void
drained(void *ctx)
{
	struct component *c = ctx;

	if (c->state == UP && c->congested)
		component_weigh(c);
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
	component_set_state(c, WAITING);
	component_set_timer(c, pause);
}

const struct stream_events component_stream_events = {
	.connected = connected,
	.opened = opened,
	.stanza = stanza,
	.drained = drained,
	.ended = ended,
	.closed = closed,
};

struct stream_config
component_stream_config(const struct component *c)
{
	return (struct stream_config){
		.ns = NS_ACCEPT, .domain = c->domain,
		.stanza_max = c->cfg.stanza_max,
	};
}

void
component_connect(struct component *c)
{
	struct conn_target target = {
		.host = c->cfg.host, .port = c->cfg.port,
		.timeout = HANDSHAKE_MAX,
	};
	const struct stream_config cfg = component_stream_config(c);

	component_set_state(c, CONNECTING);
	c->stream = stream_connect(c->loop, &target, &cfg,
	    &component_stream_events, c);
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
		component_set_timer(c,
		    c->paused ? interval : interval - silence);
		return;
	}
	if (c->pinged != 0 && c->echoes) {
		give_up(c, "no sign of life, not even the answer to a ping");
		return;
	}
	component_ping(c);
	c->pinged = ev_now(c->loop);
	component_set_timer(c, interval);
}

static void
deadline(struct component *c)
{
	switch (c->state) {
	case WAITING:
		component_connect(c);
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
	case ENDING:
		component_finish(c);
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

static void
on_keeper(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	component_tend(CONTAINER(w, struct component, keeper));
}

static bool
is_up(const struct link *l)
{
	return component_of(l)->state == UP;
}

static void
pause_reading(struct link *l, bool paused)
{
	struct component *c = component_of(l);

	if (c->paused == paused)
		return;
	c->paused = paused;
	if (c->state != UP)	/* the handshake is no stanza */
		return;
	if (paused)
		stream_pause(c->stream);
	else
		stream_resume(c->stream);
}

void
component_finish(struct component *c)
{
	if (c->state == CONNECTING) {
		stream_destroy(c->stream);
		c->stream = NULL;
	}
	if (c->stream != NULL)
		stream_close(c->stream);
	ev_timer_stop(c->loop, &c->timer);
	component_set_state(c, FINISHED);
	component_unask(c);
}

/* Who goes at once would not know what has arrived, and say it again after a
 * restart. */
static void
shut_down(struct link *l)
{
	struct component *c = component_of(l);

	component_congest(c, false);
	if (c->state != UP || !c->echoes || kept_count(&c->kept) == 0) {
		component_finish(c);
		return;
	}
	stream_resume(c->stream);
	component_ping(c);
	component_set_state(c, ENDING);
	component_set_timer(c, LAST_WORDS);
}

static void
destroy(struct link *l)
{
	struct component *c = component_of(l);

	ev_timer_stop(c->loop, &c->timer);
	stream_destroy(c->stream);
	c->stream = NULL;
	c->state = FINISHED;
	ev_timer_stop(c->loop, &c->keeper);
	buf_free(&c->scratch);
	kept_free(&c->kept);
	free((char *)c->cfg.host);
	free((char *)c->cfg.port);
	explicit_bzero((char *)c->cfg.secret, strlen(c->cfg.secret));
	free((char *)c->cfg.secret);
	later_free(c->domain);
	later_free(c);
}

static void
each_kept(struct link *l, link_kept *f, void *ctx)
{
	const struct kept *kept = &component_of(l)->kept;
	struct kept_item item;
	size_t at = 0;

	while (kept_next(kept, &at, &item))
		f(ctx, item.ms, item.to, item.stanza, item.len);
}

static const struct link_ops ops = {
	.begin = component_begin,
	.end = component_end,
	.is_up = is_up,
	.destroy = destroy,
	.shutdown = shut_down,
	.pause = pause_reading,
	.settled = component_settled,
	.freeze = component_freeze,
	.handover = component_handover,
	.each_kept = each_kept,
	.put_kept = component_put_kept,
	.describe = component_describe,
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
	own->retry_min = cfg->retry_min > 0 ? cfg->retry_min : 0.25;
	own->retry_max = cfg->retry_max > 0 ? cfg->retry_max : 60;
	own->ping_interval = cfg->ping_interval > 0 ? cfg->ping_interval : 60;
	own->queue_max = cfg->queue_max ? cfg->queue_max : 16 << 20;
	own->held_max = cfg->held_max ? cfg->held_max : 4 << 20;
	own->held_age = cfg->held_age > 0 ? cfg->held_age : 86400;
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

struct component *
component_new(struct ev_loop *loop, const struct component_config *cfg,
    const struct link_events *events, void *ctx)
{
	struct component *c = xcalloc(1, sizeof(*c));

	copy_config(c, cfg);
	c->domain = prepared(cfg->domain);
	c->loop = loop;
	c->backoff.min = c->cfg.retry_min;
	c->backoff.max = c->cfg.retry_max;
	rand_token(c->token, sizeof(c->token));
	ev_init(&c->timer, on_timer);
	ev_init(&c->keeper, on_keeper);
	c->link.ops = &ops;
	c->link.events = events;
	c->link.ctx = ctx;
	c->link.domain = c->domain;
	return c;
}

struct link *
component_create(struct ev_loop *loop, const struct component_config *cfg,
    const struct link_events *events, void *ctx)
{
	struct component *c = component_new(loop, cfg, events, ctx);

	component_connect(c);
	return &c->link;
}
