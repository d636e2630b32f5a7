/* SPDX-License-Identifier: GPL-2.0-or-later */
/* renew.h - new access tokens for old ones (OAuth 2.0). */
#ifndef BACKENDS_TWITTER_RENEW_H
#define BACKENDS_TWITTER_RENEW_H

#include "backends/twitter/api.h"

/* Is the access token too old, or nearly, or being renewed? */
bool	renew_due(const struct session *);
/* Get a new one, and have it kept before it is used.  api_renewed() comes,
 * never before this returns, unless the session ends.  Harmless while under
 * way. */
void	renew_start(struct session *);

/* A session begins, with the tokens that were kept, and is connected. */
void	renew_begin(struct session *);
void	renew_up(struct session *);

/* A new token may be under way for somebody who leaves, and the old one is void
 * then: call over(ctx) once all is kept, perhaps at once.  user: whose; NULL:
 * everybody's. */
typedef void renew_over(void *ctx);
void	renew_wait(const char *user, renew_over *, void *ctx);
void	renew_finish(void);

/* In api.c: what waited goes on.  outcome: API_OK, API_REVOKED or API_FAILED
 * with a text. */
void	api_renewed(struct session *, enum outcome, const char *text);

#endif
