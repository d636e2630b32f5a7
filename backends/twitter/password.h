/* SPDX-License-Identifier: GPL-2.0-or-later */
/* password.h - who may use the tokens that are kept of a user.  Behind an XMPP
 * server that is for the server to say.  In server mode X knows no password: it
 * is the one with which the client came that got the tokens, and whoever comes
 * with another one has to get them anew. */
#ifndef BACKENDS_TWITTER_PASSWORD_H
#define BACKENDS_TWITTER_PASSWORD_H

#include <stdbool.h>

#include "backends/twitter/session.h"

/* Does it matter here? */
bool	password_matters(void);
/* Does a login with this one get what is kept?  If not, it is the user's from
 * then on when X has said that it is the user; until then it is s->digest. */
bool	password_check(struct session *, const char *password);
void	password_is_theirs(struct session *);

#endif
