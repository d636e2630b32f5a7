/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link's life, where its server is, and the connection to it. */
#include <idna.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/link_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define REACH_TIMEOUT	15.0	/* seconds for one host */
#define FIND_TIMEOUT	15.0
#define LEAVE_TIMEOUT	3.0

void
link_set_state(struct link *l, enum link_state state)
{
	static const char *const names[] = { "idle", "finding", "reaching",
	    "talking", "up", "leaving", "ending", "dead" };

	log_debug("%s: %s -> %s", l->jid, names[l->state], names[state]);
	l->state = state;
}

void
link_set_timer(struct link *l, double seconds)
{
	ev_timer_stop(l->loop, &l->timer);
	if (seconds <= 0)
		return;
	ev_timer_set(&l->timer, seconds, 0.);
	ev_timer_start(l->loop, &l->timer);
}

/* ---------------------------------------------------------------------- end */

static void
let_go(struct link *l)
{
	link_set_timer(l, 0);
	search_cancel(l->search);
	l->search = NULL;
	link_hang_up(l);
	if (l->conn != NULL) {
		conn_push(l->conn);
		conn_destroy(l->conn);
	}
	l->conn = NULL;
}

static void
ended(void *object)
{
	struct link *l = object;
	struct link_end end = { l->reason, l->text, l->retry, l->end_pin };
	char *text = l->text, *pin = l->end_pin;

	if (l->state != ENDING)
		return;
	let_go(l);
	link_settle(l);
	l->text = l->end_pin = NULL;
	link_set_state(l, IDLE);
	l->events->closed(l->ctx, &end);
	free(text);
	free(pin);
}

void
link_fail(struct link *l, enum link_reason reason, bool retry, char *text)
{
	if (l->state >= ENDING || l->state == IDLE) {
		free(text);
		return;
	}
	if (l->state == LEAVING) {
		reason = LINK_CLOSED;
		retry = false;
	}
	link_leave_turns(l);
	link_wake(l);
	l->reason = reason;
	l->retry = retry;
	l->text = text;
	link_set_state(l, ENDING);
	later(ended, l);
}

/* --------------------------------------------------------------- connection */

static void	try_next(struct link *);

static void
on_connected(void *ctx)
{
	struct link *l = ctx;

	l->secure = l->targets[l->at].direct;
	link_set_state(l, TALKING);
	link_set_timer(l, TALK_TIMEOUT);
	link_talk(l);
}

static void
on_secured(void *ctx)
{
	(void)ctx;
}

static void
on_data(void *ctx, const char *data, size_t len)
{
	struct link *l = ctx;

	if (l->state >= ENDING)
		return;
	l->heard = true;
	buf_add(&l->wire.in, data, len);
	/* It costs nothing to hear that the session goes on, and libstrophe
	 * does not wait for that as long as a turn may take. */
	if (l->state == TALKING && l->bind == NULL)
		link_wait_turn(l);
	else
		link_pump(l);
}

static void
on_drained(void *ctx)
{
	link_push(ctx);
}

static void
on_closed(void *ctx, const char *why)
{
	struct link *l = ctx;
	const char *pin = conn_refused_pin(l->conn);

	if (l->state >= ENDING)
		return;
	if (pin != NULL) {
		xreplace(&l->end_pin, pin);
		link_fail(l, LINK_CERTIFICATE, false, xstrdup(why));
	} else if (l->state == REACHING && l->at + 1 < l->ntargets) {
		log_debug("%s: %s", l->jid, why);
		conn_destroy(l->conn);
		l->conn = NULL;
		l->at++;
		try_next(l);
	} else {
		/* It may have said more before it went. */
		link_wake(l);
		l->wire.eof = true;
		if (l->xmpp != NULL)
			link_pump(l);
		link_fail(l, LINK_NETWORK, true, xstrdup(why));
	}
}

static const struct conn_events conn_events = {
	.connected = on_connected, .secured = on_secured, .data = on_data,
	.drained = on_drained, .closed = on_closed,
};

static void
try_next(struct link *l)
{
	const struct target *t = &l->targets[l->at];
	const struct conn_target to = {
		.host = t->at.host, .port = t->at.port,
		.tls = t->direct ? l->tls : NULL, .tls_name = l->domain,
		.pin = l->pin, .protocol = "xmpp-client",
		.timeout = REACH_TIMEOUT,
	};

	log_debug("%s: trying %s:%s", l->jid, t->at.host, t->at.port);
	link_set_state(l, REACHING);
	link_set_timer(l, 0);
	l->conn = conn_connect(l->loop, &to, &conn_events, l);
	if (l->paused)
		conn_pause(l->conn);
}

static void
take_targets(struct link *l, const struct target *list, size_t n)
{
	free(l->targets);
	l->targets = xreallocarray(NULL, n, sizeof(*list));
	memcpy(l->targets, list, n * sizeof(*list));
	l->ntargets = n;
}

static void
on_found(void *ctx, const struct target *list, size_t n)
{
	struct link *l = ctx;

	l->search = NULL;
	take_targets(l, list, n);
	try_next(l);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct link *l = CONTAINER(w, struct link, timer);

	(void)loop, (void)revents;
	if (l->state == UP)
		link_tick(l);
	else if (l->state == FINDING)
		link_fail(l, LINK_NETWORK, true, xasprintf("Nobody knows "
		    "where %s is.", l->domain));
	else
		link_fail(l, LINK_NETWORK, true, xasprintf("%s does not "
		    "answer.", l->domain));
}

/* ------------------------------------------------------------ what is asked */

void
link_open(struct link *l)
{
	if (l->state != IDLE)
		return;
	l->at = 0;
	wire_finish(&l->wire);
	if (l->fixed) {
		try_next(l);
		return;
	}
	link_set_state(l, FINDING);
	link_set_timer(l, FIND_TIMEOUT);
	l->search = search_start(l->loop, l->domain, on_found, l);
}

void
link_trust(struct link *l, const char *pin)
{
	xreplace(&l->pin, pin);
}

void
link_close(struct link *l)
{
	if (l->state != UP) {
		link_fail(l, LINK_CLOSED, false, NULL);
		return;
	}
	/* What waits goes first, as far as there is room. */
	link_ask_last(l);
	link_set_state(l, LEAVING);
	link_set_timer(l, LEAVE_TIMEOUT);
	xmpp_disconnect(l->xmpp);
	link_pump(l);
}

bool
link_is_up(const struct link *l)
{
	return l->state == UP;
}

xmpp_ctx_t *
link_strophe(const struct link *l)
{
	return l->strophe;
}

void
link_pause(struct link *l, bool paused)
{
	if (l->paused == paused)
		return;
	l->paused = paused;
	if (l->conn != NULL && !l->waiting && !l->resting)
		(paused ? conn_pause : conn_resume)(l->conn);
}

/* --------------------------------------------------------------------- life */

/* As DNS and certificates have it. */
static char *
ascii_domain(const char *jid)
{
	const char *at = strchr(jid, '@'), *domain = at != NULL ? at + 1 : jid;
	char *ascii = NULL, *copy;

	if (idna_to_ascii_8z(domain, &ascii, 0) != IDNA_SUCCESS)
		return xstrdup(domain);
	copy = xstrdup(ascii);
	free(ascii);
	return copy;
}

static void
set_account(struct link *l, const struct link_account *a)
{
	struct target t = { .direct = a->direct_tls && !a->plain };

	l->jid = xstrdup(a->jid);
	l->domain = ascii_domain(a->jid);
	l->full = a->resource == NULL ? xstrdup(a->jid) :
	    xasprintf("%s/%s", a->jid, a->resource);
	l->password = xstrdup(a->password);
	l->pin = xstrdup_null(a->pin);
	l->tls = a->tls;
	l->plain = a->plain;
	l->keepalive = a->keepalive;
	if (a->host == NULL)
		return;
	snprintf(t.at.host, sizeof(t.at.host), "%s", a->host);
	snprintf(t.at.port, sizeof(t.at.port), "%s", a->port != NULL ?
	    a->port : t.direct ? "5223" : "5222");
	take_targets(l, &t, 1);
	l->fixed = true;
}

static void
one_ended(void *ctx, void *tag, const char *xml, enum ledger_end how)
{
	struct link *l = ctx;

	l->events->ended(l->ctx, tag, xml, how);
}

static void
wire_send(void *ctx, const char *data, size_t len)
{
	struct link *l = ctx;

	if (l->conn == NULL || l->wire.eof)
		return;
	if (link_holds_back(l, data, len))
		return;
	if (l->state == TALKING && !l->authenticated)
		proof_said(&l->proof, data, len);
	l->goodbye = len >= 2 && memcmp(data, "</", 2) == 0;
	buf_add(conn_out(l->conn), data, len);
	conn_send(l->conn);
}

static void
wire_secure(void *ctx)
{
	struct link *l = ctx;
	const struct tls_peer peer = { .name = l->domain, .pin = l->pin };

	if (l->targets[l->at].direct || l->secure)
		return;
	l->secure = true;
	guard_deafen(l->guard);
	conn_start_tls_with(l->conn, l->tls, &peer);
}

static const struct wire_events wire_events = { wire_send, wire_secure };

struct link *
link_create(struct ev_loop *loop, const struct link_account *account,
    const struct link_events *events, void *ctx)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->events = events;
	l->ctx = ctx;
	l->strophe = xmpp_ctx_new(NULL, NULL);
	if (l->strophe == NULL)
		fatal("libstrophe: out of memory");
	ev_timer_init(&l->timer, on_timer, 0., 0.);
	wire_init(&l->wire, &wire_events, l);
	ledger_init(&l->ledger, one_ended, l);
	set_account(l, account);
	return l;
}

static void
bury(void *object)
{
	struct link *l = object;

	let_go(l);
	link_forget(l);
	free(l->bind);
	xmpp_ctx_free(l->strophe);
	wire_finish(&l->wire);
	explicit_bzero(l->password, strlen(l->password));
	free(l->password);
	free(l->jid);
	free(l->domain);
	free(l->full);
	free(l->pin);
	free(l->targets);
	free(l->text);
	free(l->end_pin);
	free(l);
}

void
link_destroy(struct link *l)
{
	if (l == NULL || l->state == DEAD)
		return;
	link_set_state(l, DEAD);
	link_set_timer(l, 0);
	link_leave_turns(l);
	link_wake(l);
	search_cancel(l->search);
	l->search = NULL;
	ledger_finish(&l->ledger);
	later(bury, l);
}
