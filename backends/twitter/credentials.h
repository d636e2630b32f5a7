/* SPDX-License-Identifier: GPL-2.0-or-later */
/* credentials.h - what proves to X that a user lets us in. */
#ifndef BACKENDS_TWITTER_CREDENTIALS_H
#define BACKENDS_TWITTER_CREDENTIALS_H

#include <stdbool.h>
#include <time.h>

struct session;

enum auth { AUTH_NONE, AUTH_OAUTH1, AUTH_OAUTH2 };

struct credentials {
	enum auth	 auth;
	/* OAuth 1.0a */
	char		*token, *token_secret;
	/* OAuth 2.0 */
	char		*access, *refresh;	/* refresh may be NULL */
	time_t		 expires;	/* by our clock; 0: unknown */
};

/* From the settings that the main process has kept (sealed there). */
void	credentials_load(struct session *);
/* Have them kept; in one setting, so that a token and the one that renews it
 * are never of different ages. */
void	credentials_save(struct session *);
/* The same for somebody who may have left. */
void	credentials_keep(const char *user, const struct credentials *);
/* Have them forgotten. */
void	credentials_forget(struct session *);
void	credentials_clear(struct credentials *);
/* May it be one?  It is sent in headers, and kept between spaces. */
bool	credentials_token(const char *);	/* NULL: false */

#endif
