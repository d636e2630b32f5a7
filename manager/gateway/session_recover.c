/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session whose backend or network connection was lost: it is brought back,
 * and XMPP hears of it only when that takes longer than crash_grace. */
#include "manager/gateway/session_inside.h"

#include "manager/gateway/ask.h"
#include "manager/gateway/client_caps.h"
#include "manager/gateway/contact_client.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/login.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/pace.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session_show.h"
#include "protocol/errors.h"
#include "util/backoff.h"
#include "util/log.h"

/* One line in the log when all are back whom one death, or several at a time,
 * had thrown out; a user who moves was not. */
void
session_count_loss(struct user *user, enum user_state next)
{
	struct losses *l = &user->gw->losses;
	double now = session_now(user);

	if (next == USER_RECOVERING && user->state != USER_MOVING &&
	    !user->lost) {
		user->lost = true;
		if (l->now++ == 0)
			*l = (struct losses){ .now = 1, .since = now };
		l->all++;
	} else if (next != USER_RECOVERING && user->lost) {
		user->lost = false;
		if (--l->now > 0)
			return;
		log_info("%s: all sessions that were lost are back or over "
		    "after %.1f s: %u", user->gw->config->jid, now - l->since,
		    l->all);
		recent_add(&user->gw->recent, now, "all %u lost sessions are "
		    "back or over after %.1f s", l->all, now - l->since);
	}
}

static void
plan(struct user *user, double retry_at)
{
	double grace = user->lost_at + user->gw->config->crash_grace;

	user->retry_at = retry_at;
	user->due = retry_at;
	if (user->shown && (retry_at == 0 || grace < retry_at))
		user->due = grace;
}

static void
recover_later(struct user *user)
{
	struct backoff pause = { RETRY_MIN, RETRY_MAX, user->attempts++ };
	double then = session_now(user) + backoff_next(&pause);
	double until = quarantine_until(user->gw, user->jid);

	user->asked = false;
	ask_drop(user);
	plan(user, then > until ? then : until);
}

void
session_recover_now(struct user *user)
{
	user->asked = false;
	user->backend = 0;
	plan(user, 0);
	pace_login(user);
}

void
session_recover_until(struct user *user, double when)
{
	plan(user, when);
}

void
session_start_recovery(struct user *user)
{
	session_enter(user, USER_RECOVERING);
	user->lost_at = session_now(user);
	rooms_session_lost(user);
}

void
session_network_lost(struct user *user, const struct detail *why)
{
	(void)why;
	session_start_recovery(user);
	recover_later(user);
}

void
session_backend_lost(struct user *user, const struct detail *why)
{
	(void)why;
	session_start_recovery(user);
	if (quarantine_holds(user->gw, user->jid))
		session_lost_again(user, why);
	else
		session_recover_now(user);
}

/* Twice in a row, or suspected: give the others time, and the user's turn
 * later.  Not if this one was not even begun. */
void
session_lost_again(struct user *user, const struct detail *why)
{
	bool begun = user->asked || user->retry_at != 0;

	(void)why;
	user->backend = 0;
	if (begun || quarantine_holds(user->gw, user->jid))
		recover_later(user);
	else
		session_recover_now(user);
}

void
session_dropped_again(struct user *user, const struct detail *why)
{
	(void)why;
	recover_later(user);
}

void
session_log_in_again(struct user *user, const struct detail *d)
{
	if (user->asked)
		return;
	user->backend = d->backend;
	if (login_send(user) < 0) {
		recover_later(user);
		return;
	}
	user->asked = true;
	plan(user, session_now(user) + user->gw->config->login_timeout);
}

void
session_back_online(struct user *user, const struct detail *d)
{
	bool hidden = !user->shown;

	(void)d;
	session_enter(user, USER_ONLINE);
	user->attempts = 0;
	user->due = session_now(user) + LINGER;
	if (hidden)
		session_show_online(user);
	else
		roster_watch(user);
	keys_session_back(user);
	contact_clients_wait(user);
	client_caps_session_up(user);
	session_presence(user);
	rooms_session_up(user);
	outgoing_flush(user);
	if (user->must_move)
		session_step(user, SESSION_MOVE, &session_nothing);
}

/* Over crash_grace: the user is told, and nothing waits any more. */
static void
show_loss(struct user *user)
{
	static const char text[] = "The connection to the network is lost; "
	    "trying again.";

	if (user->lost && user->gw->losses.shown++ == 0)
		log_warn("%s: crash_grace is over: users whose sessions are not "
		    "back after %.0f s are shown offline, %s first",
		    user->gw->config->jid, user->gw->config->crash_grace,
		    user->jid);
	session_show_offline(user, text);
	outgoing_fail(user, ERR_NETWORK, text);
	rooms_session_over(user, text);
}

void
session_recovery_due(struct user *user, const struct detail *d)
{
	(void)d;
	if (user->shown && session_now(user) >= user->lost_at +
	    user->gw->config->crash_grace)
		show_loss(user);
	if (user->retry_at == 0 || session_now(user) < user->retry_at) {
		plan(user, user->retry_at);
		return;
	}
	if (user->asked) {
		session_log_out(user, NULL, false);
		recover_later(user);
		return;
	}
	plan(user, 0);
	pace_login(user);
}
