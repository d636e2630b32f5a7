/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session on its way up: known, given a backend, logged in. */
#include "manager/gateway/session_inside.h"

#include "manager/gateway/client_caps.h"
#include "manager/gateway/login.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/pace.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session_show.h"
#include "manager/gateway/trial.h"
#include "protocol/errors.h"
#include "util/backoff.h"
#include "util/log.h"

#define LOAD_TIMEOUT	30.0	/* seconds; the store has to answer */
#define SASL_PATIENCE	2.0
#define PLACE_TIMEOUT	60.0	/* a place in a backend has to be found */

/* When this user's login may begin, for the sake of the others. */
static double
not_before(const struct user *user)
{
	const struct gateway *gw = user->gw;
	double then = quarantine_until(gw, user->jid);

	if (gw->config->login_delay > 0 && gw->next_login > then)
		then = gw->next_login;
	return then;
}

/* retry_at: when a place is asked for; 0 once it is. */
static void
find_place(struct user *user)
{
	double now = session_now(user), then = not_before(user);

	if (now < then) {
		user->due = user->retry_at = then;
		return;
	}
	user->gw->next_login = now + user->gw->config->login_delay;
	user->retry_at = 0;
	user->due = now + PLACE_TIMEOUT;
	if (user->no_hurry)
		pace_login(user);
	else
		session_assign(user);
	user->no_hurry = false;
}

/* Who waits for the answer to a password does not wait that long. */
static bool
turn_away_suspect(struct user *user)
{
	static const struct detail why = {
		"other", "Logins of this account have failed in a way that "
		"disturbed others; try again in some minutes.", 0
	};

	if (user->logins == NULL || quarantine_until(user->gw, user->jid) <
	    session_now(user) + SASL_PATIENCE)
		return false;
	session_over(user, &why);
	return true;
}

void
session_wait(struct user *user, const struct detail *d)
{
	(void)d;
	if (turn_away_suspect(user))
		return;
	session_enter(user, USER_WAITING);
	find_place(user);
}

void
session_begin(struct user *user, const struct detail *d)
{
	(void)d;
	session_enter(user, USER_LOADING);
	user->due = session_now(user) + LOAD_TIMEOUT;
	if (user->loaded)
		login_admit(user);
	else
		login_load(user);
}

void
session_not_loaded(struct user *user, const struct detail *d)
{
	static const struct detail why = {
		"other", "The gateway's database does not answer; try later.",
		0
	};

	(void)d;
	log_error("%s: %s: the database did not answer in %.0f s",
	    user->gw->config->jid, user->jid, LOAD_TIMEOUT);
	session_over(user, &why);
}

void
session_log_in(struct user *user, const struct detail *d)
{
	user->backend = d->backend;
	if (login_send(user) < 0) {
		/* Its queue is full. */
		user->due = user->retry_at = session_now(user) + 1;
		return;
	}
	session_enter(user, USER_LOGGING_IN);
	trial_begin(user);
	user->asked = true;
	user->due = session_now(user) + user->gw->config->login_timeout;
}

void
session_go_online(struct user *user, const struct detail *d)
{
	(void)d;
	session_enter(user, USER_ONLINE);
	user->attempts = 0;
	user->due = session_now(user) + LINGER;
	user_save(user);
	trial_pass(user);
	store_set_online(user->gw->store, user->jid, true);
	login_welcome(user);
	session_show_online(user);
	client_caps_session_up(user);
	client_caps_tell(user);
	rooms_session_up(user);
	outgoing_flush(user);
	if (user->must_move)
		session_step(user, SESSION_MOVE, &session_nothing);
}

static void
put_off(struct user *user)
{
	struct backoff pause = { RETRY_MIN, RETRY_MAX, user->attempts++ };

	session_enter(user, USER_WAITING);
	user->due = user->retry_at = session_now(user) + backoff_next(&pause);
}

/* A login that failed but may succeed later: what waits for it goes on waiting
 * (outgoing_give_up() is its limit). */
void
session_try_again(struct user *user, const struct detail *why)
{
	if (user->logins != NULL || user->guest) {
		/* Somebody waits for a SASL answer, and can ask again. */
		session_refused(user, why);
		return;
	}
	put_off(user);
	session_show_trouble(user, why->text);
}

void
session_login_late(struct user *user, const struct detail *d)
{
	static const struct detail why = {
		"network", "The network did not answer the login in time.", 0
	};

	(void)d;
	session_log_out(user, NULL, false);
	session_try_again(user, &why);
}

/* Either it is time to ask for a place, or one was asked for long ago.  Then
 * what waits for it is not kept waiting, and we go on. */
void
session_wait_on(struct user *user, const struct detail *d)
{
	static const char text[] =
	    "The gateway cannot reach the network at the moment; it goes on "
	    "trying.";

	(void)d;
	if (user->retry_at == 0) {
		login_fail(user, "network", text);
		outgoing_fail(user, ERR_NETWORK, text);
		session_show_trouble(user, text);
	}
	find_place(user);
}

void
session_wait_again(struct user *user, const struct detail *d)
{
	(void)d;
	find_place(user);
}

/* The backend died over this login, or over another one.  What waits for the
 * login goes on waiting. */
void
session_lost_early(struct user *user, const struct detail *why)
{
	static const char text[] = "The connection to the network broke down "
	    "during the login; trying again.";

	(void)why;
	user->backend = 0;
	if (turn_away_suspect(user))
		return;
	if (!user->asked) {
		session_enter(user, USER_WAITING);
		user->no_hurry = user->logins == NULL;
		find_place(user);
		return;
	}
	put_off(user);
	if (quarantine_holds(user->gw, user->jid))
		outgoing_fail(user, ERR_NETWORK, text);
	session_show_trouble(user, text);
}
