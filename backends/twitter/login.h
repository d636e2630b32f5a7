/* SPDX-License-Identifier: GPL-2.0-or-later */
/* login.h - being let in by X: with what was kept, else by asking the user. */
#ifndef BACKENDS_TWITTER_LOGIN_H
#define BACKENDS_TWITTER_LOGIN_H

#include "backends/twitter/api.h"
#include "backends/twitter/session.h"

void	login_begin(struct session *);
void	login_end(struct session *);
/* Ends in session_up() or session_fail(). */
void	login_start(struct session *);
/* X has refused the user's token for one thing.  It is asked whether it does so
 * for all, and then the session ends; not before this returns. */
void	login_doubt(struct session *, enum endpoint);

#endif
