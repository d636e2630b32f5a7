/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When is the next thing due?  One timer for each connection, set to the
 * earliest of what may time out; what is due then is done here or asked of the
 * file whose it is. */
#include "backends/irc/clock.h"

#include "backends/irc/ask.h"
#include "backends/irc/batch.h"
#include "backends/irc/console.h"
#include "backends/irc/history.h"
#include "backends/irc/netsplit.h"
#include "backends/irc/nick.h"
#include "backends/irc/outbox.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"

#define REGISTER_TIMEOUT	60.0
#define IDLE_BEFORE_PING	150.0
#define PONG_TIMEOUT		60.0
#define QUIT_TIMEOUT		2.0
/* A connection that no room needs stays a little, since clients leave and join
 * again, and longer after private talk. */
#define LINGER_AFTER_ROOM	5.0
#define LINGER_AFTER_TALK	600.0

/* When nothing will need the connection any more; 0: something does. */
static double
unused_at(const struct network *n)
{
	double room = n->left + LINGER_AFTER_ROOM;
	double talk = n->talked + LINGER_AFTER_TALK;

	if (network_is_fixed(n) || map_count(&n->channels) > 0 ||
	    n->awaits.count > 0)
		return 0;
	return room > talk ? room : talk;
}

static double
seconds_to_wait(struct network *n)
{
	double now = ev_now(n->irc->loop);
	double quiet = n->link.heard + IDLE_BEFORE_PING - now;
	double unused = unused_at(n) - now;
	double soon = n->irc->config.patience / 30;

	switch (n->state) {
	case NETWORK_REGISTERING:
		return REGISTER_TIMEOUT;
	case NETWORK_WAITING:
		return backoff_next(&n->backoff);
	case NETWORK_ONLINE:
		if (n->quit_at > 0)
			quiet = n->quit_at + QUIT_TIMEOUT - now;
		if (n->pinged > 0)
			quiet = n->pinged + PONG_TIMEOUT - now;
		if (n->awaits.count > 0 || n->list != NULL ||
		    n->history_due || room_joins_pending(n))
			quiet = quiet < soon ? quiet : soon;
		if (unused_at(n) > 0 && unused < quiet)
			quiet = unused;
		if (nick_due(n) > 0 && nick_due(n) - now < quiet)
			quiet = nick_due(n) - now;
		return quiet > 0.5 ? quiet : 0.5;
	case NETWORK_QUITTING:
		return QUIT_TIMEOUT;
	case NETWORK_CONNECTING:	/* the socket keeps its own time */
	case NETWORK_OVER:
		break;
	}
	return 0;
}

void
network_arm(struct network *n)
{
	double wait = seconds_to_wait(n);

	/* A question asked now must not put off a PING that is due. */
	if (n->state == NETWORK_ONLINE && ev_is_active(&n->clock) &&
	    ev_timer_remaining(n->irc->loop, &n->clock) <= wait)
		return;
	ev_timer_stop(n->irc->loop, &n->clock);
	if (wait <= 0)
		return;
	ev_timer_set(&n->clock, wait, 0);
	ev_timer_start(n->irc->loop, &n->clock);
}

static void
tick_online(struct network *n)
{
	double now = ev_now(n->irc->loop);

	if (n->quit_at > 0 && now - n->quit_at >= QUIT_TIMEOUT) {
		network_lost(n, "connecting again");
		return;
	}
	/* While we do not listen nobody can be heard. */
	if (n->irc->paused)
		n->link.heard = now;
	if (n->pinged > 0 && n->link.heard >= n->pinged)
		n->pinged = 0;
	if (n->pinged > 0 && now - n->pinged >= PONG_TIMEOUT) {
		network_lost(n, "ping timeout");
		return;
	}
	if (n->pinged == 0 && now - n->link.heard >= IDLE_BEFORE_PING - 1) {
		n->pinged = now;
		link_now(&n->link, "PING", "spectrum", NULL);
	}
	said_expire(n, now);
	batch_expire(n, now);
	netsplit_expire(n, now);
	console_expire(n, now);
	room_expire_joins(n, now);
	outbox_move(n);
	history_move(n);
	ask_expire_list(n, now);
	nick_tick(n, now);
	if (unused_at(n) > 0 && unused_at(n) <= now)
		network_quit(n, NULL);
}

static void
tick(struct network *n)
{
	switch (n->state) {
	case NETWORK_REGISTERING:
		network_lost(n, "the server did not say welcome in time");
		return;
	case NETWORK_WAITING:
		network_connect(n);
		return;
	case NETWORK_ONLINE:
		tick_online(n);
		break;
	case NETWORK_CONNECTING:	/* dial.c has said why */
		network_lost(n, "cannot connect");
		return;
	case NETWORK_QUITTING:
		network_lost(n, "the server did not hang up");
		return;
	case NETWORK_OVER:
		break;
	}
	if (n->state == NETWORK_ONLINE)
		network_arm(n);
}

static void
on_clock(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	tick(w->data);
}

void
clock_init(struct network *n)
{
	ev_init(&n->clock, on_clock);
	n->clock.data = n;
}
