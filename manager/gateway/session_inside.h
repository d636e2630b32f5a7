/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_inside.h - the files of a session among themselves:
 *   session.c          the table, and who fires its events
 *   session_arrive.c   from the wish to being online
 *   session_leave.c    from being online to being gone
 *   session_recover.c  a lost backend or network, until it is back
 *   session_move.c     from one backend to another, while all is well */
#ifndef MANAGER_GATEWAY_SESSION_INSIDE_H
#define MANAGER_GATEWAY_SESSION_INSIDE_H

#include "manager/gateway/session.h"

#define LOGOUT_TIMEOUT	10.0	/* seconds */
#define RETRY_MIN	2.0
#define RETRY_MAX	60.0
#define LINGER		60.0	/* a session without any client */

enum session_event {
	SESSION_WANT,		/* the user wants to be online */
	SESSION_END,		/* ... does not any more */
	SESSION_LOADED,		/* it is known who this is, and may log in */
	SESSION_TURNED_AWAY,	/* ... and may not */
	SESSION_ASSIGNED,	/* there is a backend */
	SESSION_CONNECTED,	/* the network has let the user in */
	SESSION_REFUSED,	/* ... has not, or has put the user out */
	SESSION_DROPPED,	/* the same, and trying again may help */
	SESSION_LOST,		/* the backend is gone */
	SESSION_LOGGED_OUT,	/* the answer to logout */
	SESSION_DUE,		/* the time of user->due has come */
	SESSION_MOVE,		/* the user should have another backend */
	SESSION_SETTLED,	/* nothing is in flight any more */
	SESSION_NEVENTS
};

struct detail {
	const char	*reason;	/* of the backend protocol */
	const char	*text;		/* for the user, or NULL */
	unsigned	 backend;
};

extern const struct detail session_nothing;

typedef void session_action(struct user *, const struct detail *);

void	session_step(struct user *, enum session_event, const struct detail *);
/* The only way to change the state. */
void	session_enter(struct user *, enum user_state);
double	session_now(const struct user *);
/* Get a backend, in a way that fits the user (quarantine.h, pace.h). */
void	session_assign(struct user *);
/* The login was not read by the backend, whose death comes next. */
void	session_unread(struct user *);
/* Say goodbye to the backend.  answered: SESSION_LOGGED_OUT comes. */
void	session_log_out(struct user *, const char *reason, bool answered);

/* session_arrive.c */
session_action	session_begin, session_wait, session_not_loaded,
		session_log_in, session_go_online, session_try_again,
		session_login_late, session_wait_on, session_wait_again,
		session_lost_early;
/* session_leave.c */
session_action	session_cancel, session_over, session_refused,
		session_leave, session_change_mind, session_left,
		session_left_by_death, session_look_around,
		session_expire;
/* session_recover.c */
session_action	session_network_lost, session_backend_lost,
		session_lost_again, session_dropped_again,
		session_log_in_again, session_back_online,
		session_recovery_due;
/* The state changes to this: is it a loss, or the end of one? */
void		session_count_loss(struct user *, enum user_state);
void		session_recover_now(struct user *);
/* The login that is under way has until then. */
void		session_recover_until(struct user *, double when);
void		session_start_recovery(struct user *);
/* session_move.c */
session_action	session_move_now, session_move_soon, session_move_waiting,
		session_move_recovering, session_not_here, session_settle,
		session_moved, session_logged_out, session_move_refused,
		session_move_due;

#endif
