/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a session as a table: state x event.  What an entry does on the
 * way in (asking the store, sending the login) is in login.c. */
#include "manager/gateway/session.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ask.h"
#include "manager/gateway/login.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/room.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session_show.h"
#include "protocol/errors.h"
#include "util/backoff.h"
#include "util/log.h"
#include "util/xalloc.h"

#define LOGOUT_TIMEOUT	10.0	/* seconds */
#define RETRY_MIN	2.0
#define RETRY_MAX	60.0
#define LINGER		60.0	/* a session without any client */
#define LOAD_TIMEOUT	30.0	/* the store has to answer */

enum event {
	WANT, END, LOADED, TURNED_AWAY, ASSIGNED, CONNECTED, REFUSED, DROPPED,
	LOST, LOGGED_OUT, DUE, NEVENTS
};

#define NSTATES (USER_LEAVING + 1)

struct detail {
	const char	*reason;	/* of the backend protocol */
	const char	*text;		/* for the user, or NULL */
	unsigned	 backend;
};

typedef void action(struct user *, const struct detail *);

static void step(struct user *, enum event, const struct detail *);

static const struct detail nothing_to_say;

static const char *const state_names[NSTATES] = {
	"offline", "loading", "waiting", "logging in", "online", "recovering",
	"leaving",
};

static void
enter(struct user *user, enum user_state state)
{
	if (user->state != state)
		log_debug("%s: %s: %s -> %s", user->gw->config->jid, user->jid,
		    state_names[user->state], state_names[state]);
	user->state = state;
	user->due = user->retry_at = 0;
	if (state != USER_LOGGING_IN)
		user->asked = false;
	/* Whoever has asked is not there any more to hear the answer. */
	if (state != USER_LOGGING_IN && state != USER_ONLINE)
		ask_drop(user);
}

static double
now(const struct user *user)
{
	return ev_now(user->gw->loop);
}

/* ------------------------------------------------------------------ leaving */

/* Server mode: without a session there is nothing that a stream could serve,
 * and a client must not believe otherwise. */
static void
close_streams(struct user *user, const char *text)
{
	if (link_is_server(user->gw->link))
		link_close(user->gw->link, user->jid, "undefined-condition",
		    text);
}

/* No session any more, and none wanted: XMPP is told why. */
static void
cancel(struct user *user, const struct detail *why)
{
	struct gateway *gw = user->gw;

	enter(user, USER_OFFLINE);
	pool_release(gw->pool, user->jid);
	user->backend = 0;
	user->wanted = false;
	user->attempts = 0;
	store_set_online(gw->store, user->jid, false);
	login_fail(user, why->reason, why->text);
	outgoing_fail(user, ERR_NOT_CONNECTED, why->text);
	rooms_session_over(user, why->text);
	session_show_offline(user, why->text);
	close_streams(user, why->text);
	user_tidy(user);
}

/* The same, and not because the user wanted it: the next presence of a client
 * is taken as the wish to try again. */
static void
over(struct user *user, const struct detail *why)
{
	cancel(user, why);
	user_forget_clients(user);
	user_tidy(user);
}

static void
refused(struct user *user, const struct detail *why)
{
	if (why->text != NULL && !TAILQ_EMPTY(&user->clients))
		say_notice(user->gw, user->jid, why->text);
	over(user, why);
}

static void
logged_out(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct user *user = login_user(ctx);

	(void)error;
	(void)result;
	if (user != NULL)
		step(user, LOGGED_OUT, &nothing_to_say);
}

static void
send_logout(struct user *user, rpc_reply *reply, const char *reason)
{
	struct msg_logout msg = { .user = user->jid, .reason = reason };
	void *ctx = reply ? login_ctx(user) : NULL;

	if (pool_request(user->gw->pool, user->jid, METHOD_logout, &msg,
	    LOGOUT_TIMEOUT, reply, ctx) < 0 && reply != NULL)
		reply(ctx, NULL, NULL);
}

static void
log_out(struct user *user, const struct detail *why)
{
	enter(user, USER_LEAVING);
	user->due = now(user) + LOGOUT_TIMEOUT + 1;
	store_set_online(user->gw->store, user->jid, false);
	login_fail(user, "other", why->text);
	outgoing_fail(user, ERR_NOT_CONNECTED, why->text);
	rooms_session_over(user, why->text);
	if (user->shown)
		session_show_offline(user, why->text);
	close_streams(user, why->text);
	send_logout(user, logged_out, why->text);
}

/* Wanted again and then not: what has come meanwhile will not be sent. */
static void
change_mind(struct user *user, const struct detail *why)
{
	login_fail(user, "other", why->text);
	outgoing_fail(user, ERR_NOT_CONNECTED, why->text);
	rooms_session_over(user, why->text);
}

static void
left(struct user *user, const struct detail *why)
{
	(void)why;
	enter(user, USER_OFFLINE);
	pool_release(user->gw->pool, user->jid);
	user->backend = 0;
	if (user->wanted)
		step(user, WANT, &nothing_to_say);
	else
		user_tidy(user);
}

/* ----------------------------------------------------------------- arriving */

static void
assign(struct user *user)
{
	struct gateway *gw = user->gw;

	if (gw->config->login_delay > 0 && now(user) < gw->next_login) {
		user->due = gw->next_login;
		return;
	}
	gw->next_login = now(user) + gw->config->login_delay;
	user->due = 0;
	pool_assign(gw->pool, user->jid);
}

static void
wait_for_backend(struct user *user, const struct detail *d)
{
	(void)d;
	enter(user, USER_WAITING);
	assign(user);
}

static void
begin(struct user *user, const struct detail *d)
{
	(void)d;
	enter(user, USER_LOADING);
	user->due = now(user) + LOAD_TIMEOUT;
	if (user->loaded)
		login_admit(user);
	else
		login_load(user);
}

static void
not_loaded(struct user *user, const struct detail *d)
{
	static const struct detail why = {
		"other", "The gateway's database does not answer; try later.",
		0
	};

	(void)d;
	log_error("%s: %s: the database did not answer in %.0f s",
	    user->gw->config->jid, user->jid, LOAD_TIMEOUT);
	over(user, &why);
}

static void
log_in(struct user *user, const struct detail *d)
{
	user->backend = d->backend;
	if (login_send(user) < 0) {
		user->due = now(user) + 1;	/* its queue is full */
		return;
	}
	enter(user, USER_LOGGING_IN);
	user->asked = true;
	user->due = now(user) + user->gw->config->login_timeout;
}

static void
go_online(struct user *user, const struct detail *d)
{
	(void)d;
	enter(user, USER_ONLINE);
	user->attempts = 0;
	user->due = now(user) + LINGER;
	user_save(user);
	store_set_online(user->gw->store, user->jid, true);
	login_welcome(user);
	session_show_online(user);
	rooms_session_up(user);
	outgoing_flush(user);
}

/* A login that failed but may succeed later. */
static void
try_again(struct user *user, const struct detail *why)
{
	struct backoff pause = { RETRY_MIN, RETRY_MAX, user->attempts++ };

	if (user->logins != NULL) {
		/* Somebody waits for a SASL answer, and can ask again. */
		refused(user, why);
		return;
	}
	enter(user, USER_WAITING);
	user->due = now(user) + backoff_next(&pause);
	outgoing_fail(user, ERR_NETWORK, why->text);
	session_show_trouble(user, why->text);
}

static void
login_timed_out(struct user *user, const struct detail *d)
{
	static const struct detail why = {
		"network", "The network did not answer the login in time.", 0
	};

	(void)d;
	send_logout(user, NULL, NULL);
	try_again(user, &why);
}

static void
assign_now(struct user *user, const struct detail *d)
{
	(void)d;
	assign(user);
}

/* --------------------------------------------------------------- recovering */

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

	user->asked = false;
	ask_drop(user);
	plan(user, now(user) + backoff_next(&pause));
}

static void
recover_now(struct user *user)
{
	user->asked = false;
	user->backend = 0;
	plan(user, 0);
	pool_assign(user->gw->pool, user->jid);
}

static void
start_recovery(struct user *user)
{
	enter(user, USER_RECOVERING);
	user->lost_at = now(user);
	rooms_session_lost(user);
}

static void
network_lost(struct user *user, const struct detail *why)
{
	(void)why;
	start_recovery(user);
	recover_later(user);
}

static void
backend_lost(struct user *user, const struct detail *why)
{
	(void)why;
	start_recovery(user);
	recover_now(user);
}

static void
lost_again(struct user *user, const struct detail *why)
{
	(void)why;
	user->backend = 0;
	/* Twice in a row: give the others time, and the user's turn later. */
	recover_later(user);
}

static void
dropped_again(struct user *user, const struct detail *why)
{
	(void)why;
	recover_later(user);
}

static void
lost_early(struct user *user, const struct detail *why)
{
	static const struct detail crashed = {
		"other", "The connection to the network broke down during the "
		"login.", 0
	};

	user->backend = 0;
	try_again(user, why->text ? &crashed : why);
}

static void
log_in_again(struct user *user, const struct detail *d)
{
	if (user->asked)
		return;
	user->backend = d->backend;
	if (login_send(user) < 0) {
		recover_later(user);
		return;
	}
	user->asked = true;
	plan(user, now(user) + user->gw->config->login_timeout);
}

static void
back_online(struct user *user, const struct detail *d)
{
	bool hidden = !user->shown;

	(void)d;
	enter(user, USER_ONLINE);
	user->attempts = 0;
	user->due = now(user) + LINGER;
	if (hidden)
		session_show_online(user);
	session_presence(user);
	rooms_session_up(user);
	outgoing_flush(user);
}

static void
recovery_due(struct user *user, const struct detail *d)
{
	static const char text[] = "The connection to the network is lost; "
	    "trying again.";

	(void)d;
	if (user->shown && now(user) >= user->lost_at +
	    user->gw->config->crash_grace) {
		session_show_offline(user, text);
		outgoing_fail(user, ERR_NETWORK, text);
		rooms_session_over(user, text);
	}
	if (user->retry_at == 0 || now(user) < user->retry_at) {
		plan(user, user->retry_at);
		return;
	}
	if (user->asked) {
		send_logout(user, NULL, NULL);
		recover_later(user);
		return;
	}
	plan(user, 0);
	pool_assign(user->gw->pool, user->jid);
}

/* ------------------------------------------------------------------- online */

/* Nobody is there who would say goodbye: a client that logged in and never
 * sent presence, or vanished with its server. */
static void
look_around(struct user *user, const struct detail *d)
{
	struct gateway *gw = user->gw;

	(void)d;
	user->due = now(user) + LINGER;
	if (!TAILQ_EMPTY(&user->clients) || user->stay_connected ||
	    rooms_count(user) > 0)
		return;
	if (link_is_server(gw->link) && link_clients(gw->link, user->jid) > 0)
		return;
	session_end(user, NULL);
}

static void
ignore(struct user *user, const struct detail *d)
{
	(void)user;
	(void)d;
}

static action *const actions[NSTATES][NEVENTS] = {
[USER_OFFLINE] = {
	[WANT] = begin,		[END] = ignore,		[LOADED] = ignore,
	[TURNED_AWAY] = ignore,	[ASSIGNED] = left,	[CONNECTED] = ignore,
	[REFUSED] = ignore,	[DROPPED] = ignore,	[LOST] = ignore,
	[LOGGED_OUT] = ignore,	[DUE] = ignore,
},
[USER_LOADING] = {
	[WANT] = ignore,	[END] = cancel,
	[LOADED] = wait_for_backend,
	[TURNED_AWAY] = over,	[ASSIGNED] = ignore,	[CONNECTED] = ignore,
	[REFUSED] = ignore,	[DROPPED] = ignore,	[LOST] = ignore,
	[LOGGED_OUT] = ignore,	[DUE] = not_loaded,
},
[USER_WAITING] = {
	[WANT] = ignore,	[END] = cancel,		[LOADED] = ignore,
	[TURNED_AWAY] = over,	[ASSIGNED] = log_in,	[CONNECTED] = ignore,
	[REFUSED] = ignore,	[DROPPED] = ignore,	[LOST] = assign_now,
	[LOGGED_OUT] = ignore,	[DUE] = assign_now,
},
[USER_LOGGING_IN] = {
	[WANT] = ignore,	[END] = log_out,	[LOADED] = ignore,
	[TURNED_AWAY] = ignore,	[ASSIGNED] = ignore,
	[CONNECTED] = go_online,
	[REFUSED] = refused,	[DROPPED] = try_again,	[LOST] = lost_early,
	[LOGGED_OUT] = ignore,	[DUE] = login_timed_out,
},
[USER_ONLINE] = {
	[WANT] = ignore,	[END] = log_out,	[LOADED] = ignore,
	[TURNED_AWAY] = ignore,	[ASSIGNED] = ignore,	[CONNECTED] = ignore,
	[REFUSED] = refused,	[DROPPED] = network_lost,
	[LOST] = backend_lost,
	[LOGGED_OUT] = ignore,	[DUE] = look_around,
},
[USER_RECOVERING] = {
	[WANT] = ignore,	[END] = log_out,	[LOADED] = ignore,
	[TURNED_AWAY] = ignore,	[ASSIGNED] = log_in_again,
	[CONNECTED] = back_online,
	[REFUSED] = refused,	[DROPPED] = dropped_again,
	[LOST] = lost_again,
	[LOGGED_OUT] = ignore,	[DUE] = recovery_due,
},
[USER_LEAVING] = {
	[WANT] = ignore,	[END] = change_mind,	[LOADED] = ignore,
	[TURNED_AWAY] = ignore,	[ASSIGNED] = ignore,	[CONNECTED] = ignore,
	[REFUSED] = left,	[DROPPED] = left,	[LOST] = left,
	[LOGGED_OUT] = left,	[DUE] = left,
},
};

static void
step(struct user *user, enum event event, const struct detail *d)
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
	step(user, WANT, &nothing_to_say);
}

void
session_end(struct user *user, const char *reason)
{
	struct detail d = { "other", reason, 0 };

	user->wanted = false;
	step(user, END, &d);
}

void
session_loaded(struct user *user)
{
	step(user, LOADED, &nothing_to_say);
}

void
session_turned_away(struct user *user, const char *reason, const char *text)
{
	struct detail d = { reason, text, 0 };

	step(user, TURNED_AWAY, &d);
}

void
session_assigned(struct user *user, unsigned backend)
{
	struct detail d = { .backend = backend };

	step(user, ASSIGNED, &d);
}

void
session_lost(struct user *user, const char *why)
{
	struct detail d = { "other", why, 0 };

	step(user, LOST, &d);
}

void
session_connected(struct user *user)
{
	step(user, CONNECTED, &nothing_to_say);
}

void
session_disconnected(struct user *user, const char *reason, const char *text,
    bool retry)
{
	struct detail d = { reason, text, 0 };

	step(user, retry ? DROPPED : REFUSED, &d);
}

void
session_due(struct user *user)
{
	user->due = 0;
	step(user, DUE, &nothing_to_say);
}

void
session_shutdown(struct user *user)
{
	static const char text[] = "The gateway is being shut down.";

	rooms_session_over(user, text);
	outgoing_fail(user, ERR_NOT_CONNECTED, text);
	if (user->shown)
		session_show_offline(user, text);
}
