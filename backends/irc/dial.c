/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way to the server is tried next? */
#include "backends/irc/dial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/console.h"
#include "backends/irc/settings.h"
#include "backends/irc/source.h"
#include "backends/irc/sts.h"
#include "net/srv.h"
#include "util/log.h"
#include "util/xalloc.h"

#define ROUTES_MAX	(2 * SRV_MAX + 2)
#define TIMEOUT		30.0	/* seconds for the only or last route */
#define TIMEOUT_NEXT	10.0	/* where there is another */

struct route {
	char		 host[256];
	char		 port[6];
	bool		 tls;
};

enum tls_use { TLS_AUTO, TLS_REQUIRED, TLS_OFF };

/* Of one round. */
struct dial {
	struct network	*network;
	struct turn	 turn;
	struct srv	*srv;		/* of a question without answer */
	bool		 srv_plain;	/* it is about _irc, not _ircs */
	bool		 no_plain;	/* TLS was there: it must be that */
	/* Thousands may dial at once, mostly with one route: no more is held
	 * than there are. */
	struct route	*routes;	/* n <= ROUTES_MAX */
	size_t		 n, at;
};

static void	ask_srv(struct dial *, bool plain);

static enum tls_use
tls_use(const struct network *n)
{
	const char *s = settings_get(n, "tls");

	if (s == NULL || strcmp(s, "auto") == 0)
		return TLS_AUTO;
	return strcmp(s, "off") == 0 ? TLS_OFF : TLS_REQUIRED;
}

/* ---- one route */

/* Two sides are shared by all: one that verifies, and one that does not. */
static struct tls *
shared_tls(struct irc *irc, bool verify)
{
	struct tls **tls = verify ? &irc->tls : &irc->tls_blind;
	char *why = NULL;

	if (*tls != NULL)
		return *tls;
	*tls = tls_client(verify, irc->config.ca, &why);
	if (*tls == NULL)
		log_error("TLS cannot be used: %s", why ? why : "unknown");
	free(why);
	return *tls;
}

/* The owner must not hear of failure before it has us. */
static void
fail_soon(struct network *n, const char *why)
{
	n->fatal = "other";
	xreplace(&n->last_error, why);
	ev_timer_stop(n->irc->loop, &n->clock);
	ev_timer_set(&n->clock, 0.01, 0);
	ev_timer_start(n->irc->loop, &n->clock);
}

static bool
add_tls(struct network *n, struct conn_target *target)
{
	const char *pin = settings_get(n, "tls_fingerprint");
	bool verify = settings_bool(n, "tls_verify", n->irc->config.verify) ||
	    sts_port(n->irc, n->server->host) != NULL;

	target->tls = shared_tls(n->irc, verify && pin == NULL);
	target->tls_name = n->server->host;
	target->certificate = settings_get(n, "client_certificate");
	target->pin = pin;
	target->tell_pin = pin == NULL;
	n->encrypted = true;
	n->trusted = verify || pin != NULL;
	n->certified = target->certificate != NULL;
	return target->tls != NULL;
}

static void
tell(struct network *n, const struct route *r)
{
	char *text = xasprintf("Connecting to %s port %s %s", r->host, r->port,
	    r->tls ? "with TLS" : "without TLS");

	console_tell(n, text);
	free(text);
}

static void
connect_to(struct network *n, const struct route *r)
{
	const struct irc_config *c = &n->irc->config;
	char source[INET6_ADDRSTRLEN];
	struct conn_target target = { .host = r->host, .port = r->port,
		.bind = c->bind, .timeout = n->dial->at + 1 < n->dial->n ?
		TIMEOUT_NEXT : TIMEOUT };

	n->encrypted = n->trusted = n->certified = false;
	if (c->prefix.bits > 0) {
		source_address(source, &c->prefix, n->irc->instance, n->user);
		target.wished = source;
	}
	if (r->tls && !add_tls(n, &target)) {
		fail_soon(n, "TLS cannot be used here");
		return;
	}
	log_debug("%s: connecting to %s port %s%s", n->user, r->host, r->port,
	    r->tls ? " with TLS" : "");
	tell(n, r);
	link_connect(&n->link, &target);
}

/* ---- the routes of a round */

static void
add_route(struct dial *d, const char *host, const char *port, bool tls)
{
	struct route *r;

	if (d->n == ROUTES_MAX || strlen(host) >= sizeof(r->host) ||
	    strlen(port) >= sizeof(r->port))
		return;
	d->routes = xreallocarray(d->routes, d->n + 1, sizeof(*r));
	r = &d->routes[d->n];
	strcpy(r->host, host);
	strcpy(r->port, port);
	r->tls = tls;
	d->n++;
}

static void
add_ports(struct dial *d, const char *list)
{
	const struct network *n = d->network;
	char word[8];

	while (settings_word(&list, word, sizeof(word)))
		add_route(d, n->server->host, word + (*word == '+'),
		    *word == '+' || strcmp(word, "6697") == 0);
}

static void
begin(struct dial *d)
{
	d->at = 0;
	/* Nothing is left of what was set: TLS, where it usually is. */
	if (d->n == 0)
		add_route(d, d->network->server->host, "6697", true);
	connect_to(d->network, &d->routes[0]);
}

static bool
has_tls(const struct dial *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->routes[i].tls)
			return true;
	return false;
}

/* Something that nobody else shall hear. */
static bool
has_secret(const struct network *n)
{
	static const char *const secrets[] = { "server_password",
		"sasl_password", "client_certificate", "tls_fingerprint",
		"after_connect" };

	for (size_t i = 0; i < LENGTH(secrets); i++)
		if (settings_get(n, secrets[i]) != NULL)
			return true;
	return false;
}

/* What the user or the server insist on; and what was encrypted once, or is to
 * be, is not lost to whoever cuts the line. */
static void
enforce(struct dial *d)
{
	const struct network *n = d->network;
	const char *port = sts_port(n->irc, n->server->host);
	bool shy = n->never_plain ||
	    (tls_use(n) != TLS_OFF && has_secret(n));
	bool plain = port == NULL && !(shy && has_tls(d));
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->routes[i].tls || plain)
			d->routes[kept++] = d->routes[i];
	d->n = kept;
	if (port != NULL && d->n == 0)
		add_route(d, n->server->host, port, true);
	/* A port that was asked for has TLS, then. */
	for (size_t i = 0; i < d->n; i++)
		if (tls_use(n) == TLS_REQUIRED)
			d->routes[i].tls = true;
}

/* Where nobody named a port: the usual ones. */
static void
add_usual(struct dial *d)
{
	const struct network *n = d->network;
	enum tls_use use = tls_use(n);

	/* An admin who names no port means the old one. */
	if (use == TLS_REQUIRED || (use == TLS_AUTO && !network_is_fixed(n)))
		add_route(d, n->server->host, "6697", true);
	if (use != TLS_REQUIRED)
		add_route(d, n->server->host, "6667", false);
}

static void
on_srv(void *ctx, const struct srv_target *list, size_t count)
{
	struct dial *d = ctx;

	d->srv = NULL;
	for (size_t i = 0; i < count; i++)
		add_route(d, list[i].host, list[i].port, !d->srv_plain);
	if (!d->srv_plain && tls_use(d->network) == TLS_AUTO) {
		ask_srv(d, true);
		return;
	}
	if (d->n == 0)
		add_usual(d);
	enforce(d);
	begin(d);
}

static void
ask_srv(struct dial *d, bool plain)
{
	struct network *n = d->network;
	char name[sizeof(n->server->host) + 20];

	snprintf(name, sizeof(name), "_irc%s._tcp.%s", plain ? "" : "s",
	    n->server->host);
	d->srv_plain = plain;
	d->srv = srv_start(n->irc->loop, name, on_srv, d);
}

static bool
is_literal(const char *host)
{
	return strchr(host, ':') != NULL ||
	    strspn(host, "0123456789.") == strlen(host);
}

static void
plan(struct dial *d)
{
	const struct network *n = d->network;
	const char *ports = settings_get(n, "ports");

	if (ports != NULL && (network_is_fixed(n) || !n->server->port_given))
		add_ports(d, ports);
	else if (n->server->port_given)
		add_route(d, n->server->host, n->server->port, n->server->tls);
	else if (!network_is_fixed(n) && !is_literal(n->server->host) &&
	    strchr(n->server->host, '.') != NULL) {
		ask_srv(d, tls_use(n) == TLS_OFF);
		return;
	} else
		add_usual(d);
	enforce(d);
	begin(d);
}

/* ---- */

static void
on_turn(struct turn *t)
{
	plan(CONTAINER(t, struct dial, turn));
}

void
dial_begin(struct network *n, bool anew)
{
	struct irc *irc = n->irc;
	struct dial *d;

	dial_end(n);
	d = n->dial = xcalloc(1, sizeof(*d));
	d->network = n;
	if (turn_take(&irc->turns, irc->loop, &irc->connects, &d->turn,
	    n->server->host, anew, on_turn))
		plan(d);
}

bool
dial_next(struct network *n, const char *why)
{
	struct dial *d = n->dial;

	if (d == NULL)
		return false;
	if (d->n > d->at && d->routes[d->at].tls &&
	    (n->state == NETWORK_REGISTERING ||
	    strstr(why, "certificate") != NULL))
		d->no_plain = true;
	while (++d->at < d->n)
		if (d->routes[d->at].tls || !d->no_plain) {
			network_dialling(n);
			connect_to(n, &d->routes[d->at]);
			return true;
		}
	return false;
}

void
dial_upgrade(struct network *n, long port)
{
	char text[6];
	struct dial *d;

	dial_end(n);
	d = n->dial = xcalloc(1, sizeof(*d));
	d->network = n;
	snprintf(text, sizeof(text), "%u", (unsigned)port & 0xffff);
	add_route(d, n->server->host, text, true);
	link_close(&n->link);
	identd_forget(n->irc->identd, &n->idents);
	network_dialling(n);
	begin(d);
}

void
dial_end(struct network *n)
{
	struct dial *d = n->dial;

	if (d == NULL)
		return;
	n->dial = NULL;
	if (d->n > d->at)
		snprintf(n->port, sizeof(n->port), "%s",
		    d->routes[d->at].port);
	turn_cancel(&d->turn);
	srv_cancel(d->srv);
	free(d->routes);
	free(d);
}

const char *
dial_port(const struct network *n)
{
	const struct dial *d = n->dial;

	return d != NULL && d->n > d->at ? d->routes[d->at].port : n->port;
}
