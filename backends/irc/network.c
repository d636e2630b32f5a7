/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a connection.  A network that was online once is kept through
 * losses: its channels stay in the table and are joined again. */
#include "backends/irc/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/apply.h"
#include "backends/irc/ask.h"
#include "backends/irc/batch.h"
#include "backends/irc/clock.h"
#include "backends/irc/console.h"
#include "backends/irc/dial.h"
#include "backends/irc/encoding.h"
#include "backends/irc/events.h"
#include "backends/irc/message.h"
#include "backends/irc/netsplit.h"
#include "backends/irc/nick.h"
#include "backends/irc/outage.h"
#include "backends/irc/outbox.h"
#include "backends/irc/register.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/sasl.h"
#include "backends/irc/settings.h"
#include "backends/irc/typing.h"
#include "backends/irc/watch.h"
#include "util/later.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define BACKOFF_MAX		60.0	/* seconds */

/* ---- names */

bool
nick_is_valid(const char *nick)
{
	size_t n;

	/* What no server allows, and what would turn one target into two. */
	for (n = 0; nick[n] != '\0'; n++)
		if ((unsigned char)nick[n] <= ' ' || nick[n] == 0x7f ||
		    strchr(",!@:", nick[n]) != NULL ||
		    (nick[n] == '\xef' && nick[n + 1] == '\xbf' &&
		    (unsigned char)nick[n + 2] >= 0xbe))
			return false;
	return n > 0 && n < NICK_BYTES_MAX;
}

bool
channel_is_valid(const struct network *n, const char *name)
{
	size_t len;

	if (n->was_online ? !isupport_is_channel(&n->is, name) :
	    *name == '\0' || strchr("#&+!", *name) == NULL)
		return false;
	for (len = 0; name[len] != '\0'; len++)
		if ((unsigned char)name[len] <= ' ' || name[len] == ',' ||
		    name[len] == 0x7f ||
		    (name[len] == '\xef' && name[len + 1] == '\xbf' &&
		    (unsigned char)name[len + 2] >= 0xbe))
			return false;
	return len < NAME_MAX_BYTES - 56;	/* a JOIN must fit a line */
}

bool
network_is_me(const struct network *n, const char *nick)
{
	return n->nick != NULL && casemap_equal(n->is.casemap, n->nick, nick);
}

bool
network_is_fixed(const struct network *n)
{
	return n->name == NULL;
}

struct channel *
network_channel(const struct network *n, const char *name)
{
	char key[NAME_MAX_BYTES];

	return map_get(&n->channels, casemap_fold(n->is.casemap, key, name));
}

const char *
network_contact_id(const struct network *n, const char *nick)
{
	static char id[NAME_MAX_BYTES * 2 + 300];

	if (network_is_fixed(n))
		return nick;
	snprintf(id, sizeof(id), "%.*s%c%s", NAME_MAX_BYTES, nick, n->at,
	    n->name);
	return id;
}

const char *
network_id(const struct network *n)
{
	return network_is_fixed(n) ? n->server->host : n->name;
}

void
network_casemap(struct network *n, enum casemap map)
{
	struct map old = n->channels;
	struct channel *c, *twin;
	size_t at = 0;

	/* Nobody may be filed under the old rules. */
	if (n->is.casemap == map || map_count(&n->people) > 0)
		return;
	n->is.casemap = map;
	watch_refold(n);
	n->channels = (struct map){ 0 };
	while ((c = map_next(&old, &at)) != NULL) {
		char key[NAME_MAX_BYTES];

		xreplace(&c->folded, casemap_fold(map, key, c->name));
		if ((twin = map_get(&n->channels, c->folded)) != NULL)
			room_refuse(n, twin, ERR_CONFLICT,
			    "the same room under two names");
		map_put(&n->channels, c->folded, c);
	}
	map_finish(&old);
}

/* ---- connecting */

static void
tell_progress(struct network *n, const char *what, const char *of,
    const char *how)
{
	char *text = xasprintf("%s%s%s", what, of, how);

	console_tell(n, text);
	free(text);
}

void
network_dialling(struct network *n)
{
	n->state = NETWORK_CONNECTING;
	n->identified = n->distrusted = n->is_away = false;
	n->later = false;
	n->pinged = n->quit_at = 0;
	xreplace(&n->last_error, NULL);
	nick_begin(n);
	ev_timer_stop(n->irc->loop, &n->clock);
}

void
network_connect(struct network *n)
{
	network_dialling(n);
	dial_begin(n, !n->was_online);
}

/* The server may ask whose this is before it says anything. */
static void
link_is_tried(void *ctx, const struct sockaddr *own,
    const struct sockaddr *peer)
{
	struct network *n = ctx;
	char reply[IDENT_REPLY];

	identd_reply(reply, n->irc->instance, n->user);
	identd_add(n->irc->identd, &n->idents, own, peer, reply);
}

static void
link_is_up(void *ctx)
{
	struct network *n = ctx;

	n->state = NETWORK_REGISTERING;
	if (n->irc->paused)
		link_pause(&n->link, true);
	register_begin(n);
	network_arm(n);
}

static void
link_has_line(void *ctx, struct line *l)
{
	events_line(ctx, l);
}

static void
link_is_down(void *ctx, const char *why)
{
	network_lost(ctx, why);
}

static size_t
link_decode(void *ctx, char *out, size_t size, const char *bytes, size_t len)
{
	return encoding_decode(ctx, out, size, bytes, len);
}

static void
link_encode(void *ctx, struct buf *line, size_t at, size_t max)
{
	encoding_encode(ctx, line, at, max);
}

static const struct link_events link_events = {
	.attempt = link_is_tried, .up = link_is_up, .line = link_has_line,
	.down = link_is_down,
	.decode = link_decode, .encode = link_encode,
};

struct network *
network_create(struct irc *irc, const char *user, struct texts *settings,
    const struct server *server, const char *name, char at, const char *nick,
    const struct network_events *events, void *ctx)
{
	struct network *n = xcalloc(1, sizeof(*n));

	n->irc = irc;
	n->events = events;
	n->ctx = ctx;
	n->user = user;
	n->settings = settings;
	n->name = xstrdup_null(name);
	n->at = at;
	if (name != NULL) {
		n->own_server = xmalloc(sizeof(*server));
		*n->own_server = *server;
		server = n->own_server;
	}
	n->server = server;
	n->down_since = ev_now(irc->loop);
	n->wanted = xstrdup(settings_get(n, "nick") ?
	    settings_get(n, "nick") : nick);
	n->backoff = (struct backoff){ .min = 2, .max = BACKOFF_MAX };
	isupport_init(&n->is);
	outbox_init(n);
	apply_settings(n);
	link_init(&n->link, irc->loop, &n->throttle, &link_events, n);
	clock_init(n);
	network_connect(n);
	return n;
}

/* ---- losing */

static void
forget_channels(struct network *n)
{
	struct channel *c;
	size_t at = 0;

	while ((c = map_next(&n->channels, &at)) != NULL) {
		channel_clear(c, &n->people);
		channel_destroy(c);
	}
	map_finish(&n->channels);
}

static void
network_free(void *object)
{
	struct network *n = object;

	free(n->name);
	free(n->own_server);
	free(n->last_error);
	free(n->lost_why);
	free(n->nick);
	free(n->wanted);
	if (n->scram != NULL)
		explicit_bzero(n->scram, sizeof(*n->scram));
	free(n->scram);
	explicit_bzero(n, sizeof(*n));
	free(n);
}

void
network_destroy(struct network *n)
{
	struct channel *c;
	size_t at = 0;

	if (n == NULL)
		return;
	outage_end(n);
	n->state = NETWORK_OVER;
	dial_end(n);
	console_finish(n);
	watch_finish(n);
	batch_end_all(n);
	typing_forget(n);
	said_lost(n, "logged out");
	outbox_refuse(n, "logged out");
	link_close(&n->link);
	sasl_stop(n);
	identd_forget(n->irc->identd, &n->idents);
	netsplit_forget(n);
	ev_timer_stop(n->irc->loop, &n->clock);
	await_fail_kinds(&n->awaits, ~0u, ERR_NOT_CONNECTED, "logged out");
	while ((c = map_next(&n->channels, &at)) != NULL) {
		up_error(c->join, ERR_NOT_CONNECTED, "logged out");
		c->join = 0;
	}
	forget_channels(n);
	map_finish(&n->people);
	ask_forget_list(n);
	later(network_free, n);
}

static void
over(struct network *n, const char *why)
{
	const char *reason = n->fatal;
	bool quit = n->state == NETWORK_QUITTING;

	dial_end(n);
	outbox_refuse(n, why);
	if (reason == NULL)
		reason = strstr(why, "certificate") ? "certificate" : "network";
	/* A fixed network takes its rooms along: the main process joins them
	 * again after the next login. */
	if (network_is_fixed(n) || quit)
		room_refuse_all(n, ERR_NETWORK, why);
	else
		room_close_all(n, why, false);
	n->state = NETWORK_OVER;
	n->events->over(n, quit ? NULL : reason, why,
	    strcmp(reason, "network") == 0);
}

/* The next server of the configuration, while this round has one. */
static bool
fail_over(struct network *n)
{
	const struct irc_config *c = &n->irc->config;

	if (!network_is_fixed(n) || c->nservers < 2)
		return false;
	n->tried++;
	n->server = &c->servers[n->tried % c->nservers];
	return n->tried % c->nservers != 0;
}

static bool
gave_up(const struct network *n)
{
	/* Where users name servers themselves nothing else depends on this
	 * connection, so patience costs nobody a login. */
	double patience = n->irc->config.give_up *
	    (network_is_fixed(n) ? 1 : 10);

	return ev_now(n->irc->loop) - n->down_since > patience;
}

/* To those who have the server among their contacts. */
static void
tell_connected(const struct network *n, bool connected)
{
	const struct msg_contact_presence m = {
		.user = n->user, .contact = network_id(n),
		.show = connected ? "online" : "offline" };

	if (!network_is_fixed(n))
		up_notify(METHOD_contact_presence, &m);
}

void
network_lost(struct network *n, const char *why)
{
	bool was_up = n->state == NETWORK_ONLINE;
	char text[sizeof(n->server->host) + 404];
	const char *host = n->server->host;
	bool named;

	if (n->state == NETWORK_OVER)
		return;
	/* What the server said before it hung up is the better reason. */
	if (n->last_error != NULL)
		why = n->last_error;
	named = strstr(why, host) != NULL;
	snprintf(text, sizeof(text), "%s%s%.400s", named ? "" : host,
	    named ? "" : ": ", why);
	utf8_xml_clean(text, strlen(text));
	log_debug("%s: %s", n->user, text);
	xreplace(&n->lost_why, text);
	batch_end_all(n);
	typing_forget(n);
	said_lost(n, text);
	link_close(&n->link);
	sasl_stop(n);
	identd_forget(n->irc->identd, &n->idents);
	watch_lost(n);
	netsplit_forget(n);
	await_fail_kinds(&n->awaits, ~0u, ERR_NETWORK, text);
	if (was_up || n->state == NETWORK_QUITTING)
		tell_connected(n, false);
	if (n->state != NETWORK_QUITTING && !was_up)
		tell_progress(n, "Connection failed: ", text, "");
	if (n->state == NETWORK_QUITTING || n->fatal != NULL) {
		over(n, text);
		return;
	}
	if (was_up) {
		tell_progress(n, "Connection lost: ", text, "");
		outage_begin(n, text);
		n->down_since = ev_now(n->irc->loop);
		n->tried = 0;
		room_close_all(n, text, true);
	} else if (!n->later && dial_next(n, text)) {
		return;
	} else if (fail_over(n)) {
		network_connect(n);
		return;
	} else if ((!n->was_online && !n->later) || gave_up(n)) {
		over(n, text);
		return;
	}
	n->state = NETWORK_WAITING;
	network_arm(n);
}

void
network_online(struct network *n)
{
	bool first = !n->was_online;

	outage_end(n);
	n->state = NETWORK_ONLINE;
	n->was_online = true;
	n->since = ev_now(n->irc->loop);
	tell_progress(n, "Connected as ", n->nick, "");
	n->tried = 0;
	n->never_plain |= n->encrypted;
	dial_end(n);
	backoff_reset(&n->backoff);
	n->backoff.max = BACKOFF_MAX;
	link_open(&n->link);
	network_arm(n);
	tell_connected(n, true);
	if (first)
		n->events->online(n);
}

void
network_quit(struct network *n, const char *reason)
{
	enum network_state was = n->state;

	if (was == NETWORK_OVER || was == NETWORK_QUITTING)
		return;
	n->state = NETWORK_QUITTING;
	outbox_refuse(n, "logged out");
	await_fail_kinds(&n->awaits, ~AWAIT_SAID, ERR_NOT_CONNECTED,
	    "logged out");
	if (was == NETWORK_ONLINE || was == NETWORK_REGISTERING) {
		said_last(n);
		link_now(&n->link, "QUIT", reason ? reason : "", NULL);
		link_finish(&n->link);
		network_arm(n);
	} else {
		network_lost(n, "logged out");
	}
}

void
network_renew(struct network *n)
{
	if (n->state == NETWORK_ONLINE && n->quit_at == 0) {
		/* When the server hangs up it is a loss like any other. */
		n->quit_at = ev_now(n->irc->loop);
		said_last(n);
		link_now(&n->link, "QUIT", "connecting again", NULL);
		link_finish(&n->link);
		network_arm(n);
	} else if (n->state == NETWORK_WAITING) {
		backoff_reset(&n->backoff);
		network_connect(n);
	}
}

void
network_set_away(struct network *n, const char *text)
{
	n->away = text;
	if (n->state != NETWORK_ONLINE || (text == NULL && !n->is_away))
		return;
	if (text != NULL)
		link_send(&n->link, "AWAY", text, NULL);
	else
		link_send(&n->link, "AWAY", NULL);
	n->is_away = text != NULL;
}
