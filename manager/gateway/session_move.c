/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session that goes from one backend to another while all is well: the old
 * one is being replaced, or the admin says so.  What the user sends meanwhile
 * waits, what is in flight is answered first, all that the old backend has
 * heard comes before its answer to logout, and XMPP sees nothing. */
#include "manager/gateway/session_inside.h"

#include "manager/gateway/pace.h"
#include "manager/gateway/room.h"

#define SETTLE_TIMEOUT	5.0	/* seconds; for what is in flight */

/* In this state .asked means that the logout has been sent. */
void
session_move_now(struct user *user, const struct detail *d)
{
	session_enter(user, USER_MOVING);
	user->due = session_now(user) + SETTLE_TIMEOUT;
	if (user->inflight == 0)
		session_settle(user, d);
}

/* Once it is online. */
void
session_move_soon(struct user *user, const struct detail *d)
{
	(void)d;
	user->must_move = true;
}

/* It has not even begun there. */
void
session_move_waiting(struct user *user, const struct detail *d)
{
	(void)d;
	user->avoid = pool_backend(user->gw->pool, user->jid);
	pool_release(user->gw->pool, user->jid);
	session_assign(user);
}

void
session_move_recovering(struct user *user, const struct detail *d)
{
	if (user->asked) {
		session_move_soon(user, d);
		return;
	}
	user->avoid = pool_backend(user->gw->pool, user->jid);
	pool_release(user->gw->pool, user->jid);
	user->backend = 0;
	if (user->retry_at == 0)
		pace_login(user);
}

/* No session there, so nothing to move. */
void
session_not_here(struct user *user, const struct detail *d)
{
	(void)d;
	pool_release(user->gw->pool, user->jid);
}

void
session_settle(struct user *user, const struct detail *d)
{
	(void)d;
	if (user->asked)
		return;
	/* First: a room that goes now answers what it had under way, and that
	 * may settle us again. */
	user->asked = true;
	rooms_session_lost(user);
	user->due = session_now(user) + LOGOUT_TIMEOUT + 1;
	session_log_out(user, NULL, true);
}

void
session_moved(struct user *user, const struct detail *d)
{
	(void)d;
	user->avoid = user->backend;
	pool_release(user->gw->pool, user->jid);
	session_start_recovery(user);
	session_recover_now(user);
}

/* The answer; one to an earlier logout is none. */
void
session_logged_out(struct user *user, const struct detail *d)
{
	if (user->asked)
		session_moved(user, d);
}

/* Put out by the network, before or because we have said goodbye. */
void
session_move_refused(struct user *user, const struct detail *why)
{
	if (user->asked)
		session_moved(user, why);
	else
		session_refused(user, why);
}

void
session_move_due(struct user *user, const struct detail *d)
{
	if (user->asked)
		session_moved(user, d);
	else
		session_settle(user, d);
}
