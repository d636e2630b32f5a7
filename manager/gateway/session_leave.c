/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session on its way out: because the user wants it, because the network
 * does, or because nobody is there any more. */
#include "manager/gateway/session_inside.h"

#include <string.h>

#include "manager/gateway/login.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/room.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session_show.h"
#include "protocol/errors.h"

/* Server mode: without a session there is nothing that a stream could serve,
 * and a client must not believe otherwise.  One that was let in to answer a
 * question learns here that its password was wrong. */
static void
close_streams(struct user *user, const struct detail *why)
{
	bool auth = user->guest && why->reason != NULL &&
	    strcmp(why->reason, "auth") == 0;

	if (link_is_server(user->gw->link))
		link_close(user->gw->link, user->jid, auth ?
		    "not-authorized" : "undefined-condition", why->text);
	user->guest = false;
}

/* Who has only tried a password does not decide about what the user has left
 * here. */
static bool
is_guess(const struct user *user)
{
	return user->logins != NULL || user->guest;
}

/* No session any more, and none wanted: XMPP is told why. */
void
session_cancel(struct user *user, const struct detail *why)
{
	struct gateway *gw = user->gw;
	bool guess = is_guess(user);

	session_enter(user, USER_OFFLINE);
	pool_release(gw->pool, user->jid);
	user->backend = 0;
	user->wanted = false;
	user->attempts = 0;
	store_set_online(gw->store, user->jid, false);
	login_fail(user, why->reason, why->text);
	if (!guess)
		outgoing_leave(user, ERR_NOT_CONNECTED, why->text);
	user->due = outgoing_expire(user, session_now(user));
	rooms_session_over(user, why->text);
	session_show_offline(user, why->text);
	close_streams(user, why);
	user_tidy(user);
}

/* The same, and not because the user wanted it: the next presence of a client
 * is taken as the wish to try again. */
void
session_over(struct user *user, const struct detail *why)
{
	session_cancel(user, why);
	user_forget_clients(user);
	user_tidy(user);
}

void
session_refused(struct user *user, const struct detail *why)
{
	/* What a guest is told is in the end of its stream; nothing waits for
	 * the user. */
	if (why->text != NULL && !TAILQ_EMPTY(&user->clients) && !user->guest)
		say_notice(user->gw, user->jid, why->text);
	session_over(user, why);
}

void
session_leave(struct user *user, const struct detail *why)
{
	bool said = user->state == USER_MOVING && user->asked;
	bool guess = is_guess(user);

	session_enter(user, USER_LEAVING);
	user->due = session_now(user) + LOGOUT_TIMEOUT + 1;
	store_set_online(user->gw->store, user->jid, false);
	login_fail(user, "other", why->text);
	if (!guess)
		outgoing_leave(user, ERR_NOT_CONNECTED, why->text);
	rooms_session_over(user, why->text);
	if (user->shown)
		session_show_offline(user, why->text);
	close_streams(user, why);
	if (!said)
		session_log_out(user, why->text, true);
}

/* Wanted again and then not: what has come meanwhile will not be sent. */
void
session_change_mind(struct user *user, const struct detail *why)
{
	login_fail(user, "other", why->text);
	outgoing_leave(user, ERR_NOT_CONNECTED, why->text);
	rooms_session_over(user, why->text);
}

void
session_left(struct user *user, const struct detail *why)
{
	(void)why;
	session_enter(user, USER_OFFLINE);
	pool_release(user->gw->pool, user->jid);
	user->backend = 0;
	user->due = outgoing_expire(user, session_now(user));
	if (user->wanted)
		session_step(user, SESSION_WANT, &session_nothing);
	else
		user_tidy(user);
}

/* Who is wanted again comes back with all the others whom it had. */
void
session_left_by_death(struct user *user, const struct detail *why)
{
	user->no_hurry = user->wanted && user->logins == NULL;
	session_left(user, why);
}

/* Nobody is there who would say goodbye: a client that logged in and never
 * sent presence, or vanished with its server. */
void
session_look_around(struct user *user, const struct detail *d)
{
	struct gateway *gw = user->gw;

	(void)d;
	user->due = session_now(user) + LINGER;
	if (gateway_is_lenient(gw))
		return;
	if (!user->stay_connected)
		rooms_leave_empty(user);
	if (!TAILQ_EMPTY(&user->clients))
		return;
	if (user->stay_connected || rooms_count(user) > 0) {
		if (!user->told_away)
			session_presence(user);
		return;
	}
	if (link_is_server(gw->link) && link_clients(gw->link, user->jid) > 0)
		return;
	session_end(user, NULL);
}

/* Nobody has come in time for what waits from before a restart. */
void
session_expire(struct user *user, const struct detail *d)
{
	(void)d;
	user->due = outgoing_expire(user, session_now(user));
	user_tidy(user);
}
