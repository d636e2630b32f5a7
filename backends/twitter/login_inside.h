/* SPDX-License-Identifier: GPL-2.0-or-later */
/* login_inside.h - what login.c, oauth1.c and oauth2.c know of each other: two
 * ways to get tokens from a user who is asked. */
#ifndef BACKENDS_TWITTER_LOGIN_INSIDE_H
#define BACKENDS_TWITTER_LOGIN_INSIDE_H

#include <stdbool.h>

#include "backends/twitter/http.h"
#include "backends/twitter/session.h"
#include "backends/twitter/sign.h"

struct login;

/* What the user has answered, without spaces around it; "" for a confirmation.
 * Dies when this returns. */
typedef void login_answer(struct login *, const char *value);

struct login {
	struct session	*session;	/* NULL: it has ended, and the answer
					 * to the question frees this */
	bool		 asked;		/* the tokens are new */
	bool		 doubted;	/* is asked about already */
	bool		 open;		/* a question to the user */
	login_answer	*answer;	/* to it */
	unsigned	 tries;		/* wrong answers so far */
	struct http_call *http;		/* NULL: none under way */
	bool		 again;		/* that is a second try */
	char		*value;		/* what the user gave; for that */
	char		*link;		/* where the user lets us in */
	char		*token, *secret;	/* OAuth 1.0a: temporary ones */
	char		 verifier[SIGN_VERIFIER_SIZE];	/* OAuth 2.0 */
	char		 state[33];			/* likewise */
};

/* field: what is to be filled in; NULL: just a confirmation. */
void	login_ask(struct login *, const char *title, const char *text,
	    const char *url, const char *field, login_answer *);
/* The answer was wrong, and why.  true: that was the last try, and the session
 * has ended. */
bool	login_wrong(struct login *, const char *why);
/* The session has its credentials: keep them, go on. */
void	login_have(struct login *);
/* X did not answer sensibly. */
void	login_trouble(struct login *, const struct http_response *);

/* oauth1.c, oauth2.c: end in login_have() or session_fail(). */
void	oauth1_start(struct login *, const char *why);	/* NULL: none */
void	oauth2_start(struct login *, const char *why);

#endif
