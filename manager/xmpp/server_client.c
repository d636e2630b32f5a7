/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One client's stream from accept to its end: which step comes next, how long
 * it may take, and who looks at an element in which state. */
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define STRANGER_MAX	(16 * 1024)	/* bytes of an element before login */

struct buf *
client_out(struct client *c)
{
	return stream_out(c->stream);
}

void
client_send(struct client *c)
{
	stream_send(c->stream);
}

void
client_said(struct client *c, size_t mark)
{
	struct buf *out = client_out(c);

	sm_note(c, buf_data(out) + mark, buf_len(out) - mark, false, 0);
	client_send(c);
}

const char *
client_peer(const struct client *c)
{
	if (c->stream == NULL)
		return "without a connection";
	return conn_peer(stream_conn(c->stream));
}

const char *
client_name(const struct client *c)
{
	return c->full != NULL ? c->full : c->bare != NULL ? c->bare :
	    "a client that has not logged in";
}

void
client_set_state(struct client *c, enum client_state state)
{
	static const char *const names[] = {
		"new", "choosing", "securing", "responding", "waiting",
		"logged in", "binding", "bound", "detached", "closing",
	};

	log_debug("%s: client %s: %s -> %s", c->server->domain,
	    client_peer(c), names[c->state], names[state]);
	if (c->state == CLIENT_WAITING)
		LIST_REMOVE(c, list);
	c->state = state;
	if (c->state == CLIENT_WAITING)
		LIST_INSERT_HEAD(&c->server->waiting, c, list);
}

void
client_set_timer(struct client *c, double seconds)
{
	struct ev_loop *loop = c->server->loop;

	ev_timer_stop(loop, &c->timer);
	ev_timer_set(&c->timer, seconds, 0.);
	ev_timer_start(loop, &c->timer);
}

/* Whatever it was, it is no more; only its last bytes have to leave. */
static void
retire(struct client *c, const char *why)
{
	if (why != NULL)
		log_info("%s: %s (%s): %s", c->server->domain,
		    client_name(c), client_peer(c), why);
	if (c->user != NULL)
		bind_undo(c);
	client_set_state(c, CLIENT_CLOSING);
	ev_timer_stop(c->server->loop, &c->timer);
}

void
client_end(struct client *c, const char *condition, const char *text,
    const char *why)
{
	if (c->state == CLIENT_CLOSING)
		return;
	retire(c, why);
	if (c->stream != NULL)
		stream_error(c->stream, condition, text);
	else
		client_destroy(c);
}

/* Connecting and leaving again without a word is what monitors do, and phones
 * whose network is gone: nothing to tell anybody. */
static void
ended(void *ctx, const char *why, bool fault)
{
	struct client *c = ctx;
	bool tell = fault || c->state == CLIENT_BOUND ||
	    c->state == CLIENT_SECURING || (c->direct && !c->tls_done);

	log_debug("%s: client %s: %s", c->server->domain, client_peer(c), why);
	if (!fault && !stream_is_finished(c->stream) && sm_detach(c, why))
		return;
	retire(c, tell ? why : NULL);
}

static void
client_free(void *object)
{
	struct client *c = object;

	free(c->bare);
	free(c->full);
	free(c);
}

void
client_destroy(struct client *c)
{
	if (c->user != NULL)
		bind_undo(c);
	if (c->state != CLIENT_CLOSING)
		client_set_state(c, CLIENT_CLOSING);
	/* The gateway is told before the memory goes, or never hears again. */
	if (c->untold && c->server->dead) {
		LIST_REMOVE(c, list);
		c->untold = false;
	}
	ev_timer_stop(c->server->loop, &c->timer);
	server_forget_source(c);
	LIST_REMOVE(c, link);
	c->server->count--;
	stream_destroy(c->stream);
	later(client_free, c);
}

static void
drained(void *ctx)
{
	held_deliver(ctx);
}

static void
closed(void *ctx)
{
	client_destroy(ctx);
}

bool
client_may_log_in(const struct client *c)
{
	struct conn *conn = stream_conn(c->stream);

	return conn_is_tls(conn) || c->server->cfg.plain_without_tls ||
	    conn_is_loopback(conn);
}

static bool
may_start_tls(const struct client *c)
{
	return c->server->tls != NULL && !conn_is_tls(stream_conn(c->stream));
}

static void
send_features(struct client *c)
{
	struct xml x;

	xml_begin(&x, client_out(c));
	xml_open(&x, "stream:features");
	if (c->bare != NULL) {
		xml_element(&x, "bind", NS_BIND, NULL);
		xml_open_ns(&x, "session", NS_SESSION);
		xml_element(&x, "optional", NULL, NULL);
		xml_close(&x);
		xml_element(&x, "sm", NS_SM, NULL);
	} else {
		if (may_start_tls(c)) {
			xml_open_ns(&x, "starttls", NS_TLS);
			if (!client_may_log_in(c))
				xml_element(&x, "required", NULL, NULL);
			xml_close(&x);
		}
		if (client_may_log_in(c)) {
			xml_open_ns(&x, "mechanisms", NS_SASL);
			xml_element(&x, "mechanism", NULL, "PLAIN");
			xml_close(&x);
		}
	}
	xml_close(&x);
	client_send(c);
}

/* What is wrong with a stream header, as a stream error; NULL: nothing. */
static const char *
check_header(struct client *c, struct arena *a, const struct stanza *header)
{
	const char *to = stanza_attr(header, "to");
	const char *version = stanza_attr(header, "version");
	struct jid jid;

	if (to == NULL)
		return "improper-addressing";
	if (jid_parse(a, to, &jid) != 0 ||
	    strcmp(jid.full, c->server->domain) != 0)
		return "host-unknown";
	/* RFC 6120 4.7.5: 1.0, or a later one that knows 1.0. */
	if (version == NULL || strtoul(version, NULL, 10) < 1)
		return "unsupported-version";
	return NULL;
}

static void
opened(void *ctx, struct arena *a, const struct stanza *header)
{
	struct client *c = ctx;
	const char *wrong = check_header(c, a, header);

	if (c->state != CLIENT_NEW && c->state != CLIENT_LOGGED_IN)
		return;
	if (wrong != NULL) {
		client_end(c, wrong, NULL, arena_printf(a,
		    "it opened a stream that is not for us (%s)", wrong));
		return;
	}
	if (c->bare == NULL && !client_may_log_in(c) && !may_start_tls(c)) {
		client_end(c, "policy-violation", "Logging in needs TLS, which "
		    "is not configured here", "it cannot log in: there is no "
		    "certificate, and passwords without TLS are only allowed "
		    "from this machine");
		return;
	}
	stream_open(c->stream);
	send_features(c);
	client_set_state(c, c->bare != NULL ? CLIENT_BINDING :
	    CLIENT_CHOOSING);
}

static void
start_tls(struct client *c)
{
	struct xml x;

	if (!may_start_tls(c)) {
		xml_begin(&x, client_out(c));
		xml_element(&x, "failure", NS_TLS, NULL);
		client_end(c, NULL, NULL, "it asked for TLS, which is not "
		    "offered");
		return;
	}
	xml_begin(&x, client_out(c));
	xml_element(&x, "proceed", NS_TLS, NULL);
	client_set_state(c, CLIENT_SECURING);
	stream_start_tls(c->stream, c->server->tls);
}

static void
stanza(void *ctx, struct arena *a, const struct stanza *s)
{
	struct client *c = ctx;

	switch ((enum client_state)c->state) {
	case CLIENT_CHOOSING:
		if (stanza_is(s, "starttls", NS_TLS)) {
			start_tls(c);
			return;
		}
		/* FALLTHROUGH */
	case CLIENT_RESPONDING:
	case CLIENT_WAITING:
		sasl_stanza(c, a, s);
		return;
	case CLIENT_BINDING:
		if (!sm_resume(c, s))
			bind_stanza(c, a, s);
		return;
	case CLIENT_BOUND:
		if (strcmp(s->ns, NS_SM) == 0)
			sm_element(c, a, s);
		else
			route_in(c, a, s);
		return;
	case CLIENT_NEW:
	case CLIENT_SECURING:
	case CLIENT_LOGGED_IN:
	case CLIENT_DETACHED:
	case CLIENT_CLOSING:
		return;		/* no stream is open */
	}
}

static void
connected(void *ctx)
{
	struct client *c = ctx;

	c->tls_done = c->direct;
}

static void
secured(void *ctx)
{
	struct client *c = ctx;

	if (c->state == CLIENT_SECURING)
		client_set_state(c, CLIENT_NEW);
}

static const struct stream_events events = {
	.connected = connected,
	.secured = secured,
	.opened = opened,
	.stanza = stanza,
	.drained = drained,
	.ended = ended,
	.closed = closed,
};

static void
ping(struct client *c)
{
	size_t mark = buf_len(client_out(c));
	struct xml x;

	xml_begin(&x, client_out(c));
	xml_open(&x, "iq");
	xml_attr(&x, "type", "get");
	xml_attr(&x, "id", "alive");
	xml_attr(&x, "from", c->server->domain);
	xml_attr(&x, "to", c->full);
	xml_element(&x, "ping", NS_PING, NULL);
	xml_close(&x);
	client_said(c, mark);
	c->pinged = ev_now(c->server->loop);
}

/* Any byte counts, white space too (RFC 6120 4.6.1). */
static void
check_idle(struct client *c)
{
	static const char silent[] = "no sign of life, not even the answer to "
	    "a ping";
	double limit = c->server->cfg.idle_timeout;
	double silence = ev_now(c->server->loop) - stream_heard(c->stream);

	if (stream_heard(c->stream) >= c->pinged)
		c->pinged = 0;
	if (c->server->paused || silence < limit * 0.99) {
		c->pinged = 0;
		client_set_timer(c,
		    c->server->paused ? limit : limit - silence);
	} else if (c->pinged == 0) {
		ping(c);
		client_set_timer(c, limit);
	} else if (!sm_detach(c, silent)) {
		client_end(c, "connection-timeout", NULL, silent);
	}
}

static void
deadline(struct client *c)
{
	if (c->server->frozen) {
		client_set_timer(c, 1);
		return;
	}
	if (c->state == CLIENT_BOUND) {
		check_idle(c);
		return;
	}
	if (c->state == CLIENT_DETACHED) {
		sm_expire(c);
		return;
	}
	if (c->state == CLIENT_WAITING)
		sasl_give_up(c);
	client_end(c, "connection-timeout", NULL,
	    "it has not logged in in time");
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	deadline(CONTAINER(w, struct client, timer));
}

struct client *
client_new(struct server *s)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->server = s;
	ev_init(&c->timer, on_timer);
	LIST_INSERT_HEAD(&s->clients, c, link);
	return c;
}

void
client_watch(struct client *c)
{
	c->pinged = 0;
	client_set_timer(c, c->server->cfg.idle_timeout);
}

void
client_accept(struct server *s, int fd, struct tls *tls)
{
	struct client *c = client_new(s);
	struct stream_config cfg = {
		.ns = NS_CLIENT, .domain = s->domain, .server = true,
		.stanza_max = STRANGER_MAX,
	};
	const char *why;

	c->direct = tls != NULL;
	c->stream = stream_accept(s->loop, fd, tls, s->cfg.login_timeout, &cfg,
	    &events, c);
	if ((why = server_admit(c)) != NULL) {
		if (*why != '\0')
			log_warn("%s: client %s: %s", s->domain,
			    client_peer(c), why);
		client_destroy(c);
		return;
	}
	client_set_timer(c, s->cfg.login_timeout);
	if (s->paused)
		conn_pause(stream_conn(c->stream));
}
