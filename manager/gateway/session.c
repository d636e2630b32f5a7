/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a session as a table: state x event.  What the actions do is in
 * the files that session_inside.h lists; what an entry does on the way in
 * (asking the store, sending the login) is in login.c. */
#include "manager/gateway/session_inside.h"

#include <string.h>

#include "manager/gateway/ask.h"
#include "manager/gateway/login.h"
#include "manager/gateway/menu.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/pace.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session_show.h"
#include "manager/gateway/trace.h"
#include "manager/gateway/trial.h"
#include "protocol/errors.h"
#include "util/log.h"
#include "util/xalloc.h"

#define NSTATES (USER_LEAVING + 1)

const struct detail session_nothing;

static const char *const state_names[NSTATES] = {
	"offline", "loading", "waiting", "logging in", "online", "recovering",
	"moving", "leaving",
};

const char *
session_state_name(const struct user *user)
{
	return state_names[user->state];
}

double
session_now(const struct user *user)
{
	return ev_now(user->gw->loop);
}

void
session_enter(struct user *user, enum user_state state)
{
	struct gateway *gw = user->gw;

	if (user->state != state) {
		log_debug("%s: %s: %s -> %s", gw->config->jid, user->jid,
		    state_names[user->state], state_names[state]);
		recent_add(&gw->recent_users, session_now(user), "%s: %s -> %s",
		    user->jid, state_names[user->state], state_names[state]);
		if (trace_runs(gw))
			trace_note(user, state_names[state]);
	}
	session_count_loss(user, state);
	user->state = state;
	user->due = user->retry_at = 0;
	if (state != USER_LOGGING_IN)
		user->asked = false;
	if (state == USER_OFFLINE || state == USER_MOVING)
		user->must_move = false;
	if (state == USER_OFFLINE)
		menu_drop(user);
	pace_forget(user);
	/* Whoever has asked is not there any more to hear the answer. */
	if (state != USER_LOGGING_IN && state != USER_ONLINE) {
		ask_drop(user);
		trial_drop(user);
	}
}

void
session_assign(struct user *user)
{
	struct pool *pool = user->gw->pool;

	if (quarantine_holds(user->gw, user->jid))
		pool_assign_alone(pool, user->jid);
	else if (user->avoid != 0)
		pool_assign_avoiding(pool, user->jid, user->avoid);
	else
		pool_assign(pool, user->jid);
	user->avoid = 0;
}

/* As if it had not been asked: not suspected, and nothing to wait for. */
void
session_unread(struct user *user)
{
	user->asked = false;
	user->retry_at = 0;
}

static void
logged_out(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct user *user = login_user(ctx);

	(void)result;
	/* The loss comes on its own; an upgrade waits once more
	 * (session_resume()). */
	if (error != NULL && error_is_loss(error->code))
		return;
	if (user != NULL)
		session_step(user, SESSION_LOGGED_OUT, &session_nothing);
}

void
session_log_out(struct user *user, const char *reason, bool answered)
{
	struct msg_logout msg = { .user = user->jid, .reason = reason };
	void *ctx = answered ? login_ctx(user) : NULL;

	if (session_ask(user, METHOD_logout, &msg, LOGOUT_TIMEOUT,
	    answered ? logged_out : NULL, ctx) < 0 && answered)
		logged_out(ctx, NULL, NULL);
}

static void
ignore(struct user *user, const struct detail *d)
{
	(void)user;
	(void)d;
}

/* Columns: WANT END | LOADED TURNED_AWAY | ASSIGNED CONNECTED |
 *	REFUSED DROPPED LOST | LOGGED_OUT DUE | MOVE SETTLED */
static session_action *const actions[NSTATES][SESSION_NEVENTS] = {
	[USER_OFFLINE] = {
		session_begin,		ignore,
		ignore,			ignore,
		session_left,		ignore,
		ignore,			ignore,		ignore,
		ignore,			session_expire,
		session_not_here,	ignore,
	},
	[USER_LOADING] = {
		ignore,			session_cancel,
		session_wait,		session_over,
		ignore,			ignore,
		ignore,			ignore,		ignore,
		ignore,			session_not_loaded,
		session_not_here,	ignore,
	},
	[USER_WAITING] = {
		ignore,			session_cancel,
		ignore,			session_over,
		session_log_in,		ignore,
		ignore,			ignore,		session_wait_again,
		ignore,			session_wait_on,
		session_move_waiting,	ignore,
	},
	[USER_LOGGING_IN] = {
		ignore,			session_leave,
		ignore,			ignore,
		ignore,			session_go_online,
		session_refused,	session_try_again, session_lost_early,
		ignore,			session_login_late,
		session_move_soon,	ignore,
	},
	[USER_ONLINE] = {
		ignore,			session_leave,
		ignore,			ignore,
		ignore,			ignore,
		session_refused,	session_network_lost,
					session_backend_lost,
		ignore,			session_look_around,
		session_move_now,	ignore,
	},
	[USER_RECOVERING] = {
		ignore,			session_leave,
		ignore,			ignore,
		session_log_in_again,	session_back_online,
		session_refused,	session_dropped_again,
					session_lost_again,
		ignore,			session_recovery_due,
		session_move_recovering, ignore,
	},
	[USER_MOVING] = {
		ignore,			session_leave,
		ignore,			ignore,
		ignore,			ignore,
		session_move_refused,	session_moved,	session_moved,
		session_logged_out,	session_move_due,
		ignore,			session_settle,
	},
	[USER_LEAVING] = {
		ignore,			session_change_mind,
		ignore,			ignore,
		ignore,			ignore,
		session_left,		session_left,	session_left_by_death,
		session_left,		session_left,
		ignore,			ignore,
	},
};

void
session_step(struct user *user, enum session_event event,
    const struct detail *d)
{
	actions[user->state][event](user, d);
}

/* ------------------------------------------------------------------- public */

void
session_want(struct user *user, const char *hint)
{
	if (user->gw->stopping)
		return;
	if (hint != NULL && user->hint == NULL)
		user->hint = xstrdup(hint);
	user->wanted = true;
	session_step(user, SESSION_WANT, &session_nothing);
}

void
session_end(struct user *user, const char *reason)
{
	struct detail d = { "other", reason, 0 };

	user->wanted = false;
	session_step(user, SESSION_END, &d);
}

void
session_loaded(struct user *user)
{
	session_step(user, SESSION_LOADED, &session_nothing);
}

void
session_turned_away(struct user *user, const char *reason, const char *text)
{
	struct detail d = { reason, text, 0 };

	session_step(user, SESSION_TURNED_AWAY, &d);
}

void
session_assigned(struct user *user, unsigned backend)
{
	struct detail d = { .backend = backend };

	session_step(user, SESSION_ASSIGNED, &d);
}

void
session_lost(struct user *user, const char *why)
{
	struct detail d = { "other", why, 0 };

	/* Was it working for this one when it died? */
	if (user->suspect || (user->asked && user->state != USER_MOVING))
		quarantine_strike(user, why);
	user->suspect = user->must_move = false;
	session_step(user, SESSION_LOST, &d);
}

void
session_connected(struct user *user)
{
	session_step(user, SESSION_CONNECTED, &session_nothing);
}

void
session_disconnected(struct user *user, const char *reason, const char *text,
    bool retry)
{
	struct detail d = { reason, text, 0 };

	session_step(user, retry ? SESSION_DROPPED : SESSION_REFUSED, &d);
}

void
session_move(struct user *user)
{
	session_step(user, SESSION_MOVE, &session_nothing);
}

void
session_answered(struct user *user)
{
	if (user->inflight > 0)
		user->inflight--;
	if (user->inflight == 0)
		session_step(user, SESSION_SETTLED, &session_nothing);
	user_tidy(user);
}

void
session_due(struct user *user)
{
	user->due = 0;
	session_step(user, SESSION_DUE, &session_nothing);
}

void
session_answer_due(struct user *user, double seconds)
{
	if (user->state == USER_LOGGING_IN)
		user->due = session_now(user) + seconds +
		    user->gw->config->login_timeout;
	else if (user->state == USER_RECOVERING && user->asked)
		session_recover_until(user, session_now(user) + seconds +
		    user->gw->config->login_timeout);
}

void
session_resume(struct user *user)
{
	switch (user->state) {
	case USER_LOADING:
		session_begin(user, &session_nothing);
		return;
	case USER_WAITING:
		if (user->retry_at == 0)
			session_assign(user);
		return;
	case USER_MOVING:
	case USER_LEAVING:
		/* The answer to the logout was lost with our predecessor. */
		if (user->asked || user->state == USER_LEAVING)
			user->due = session_now(user) + 1;
		return;
	case USER_OFFLINE:
		user_tidy(user);
		return;
	case USER_LOGGING_IN:
	case USER_ONLINE:
	case USER_RECOVERING:
		return;
	}
}

void
session_shutdown(struct user *user)
{
	static const char text[] = "The gateway is being shut down.";

	rooms_session_over(user, text);
	outgoing_stop(user, ERR_NOT_CONNECTED, text);
	if (user->shown)
		session_show_offline(user, text);
}
