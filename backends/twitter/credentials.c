/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens as one setting: "1 TOKEN SECRET" of OAuth 1.0a, "2 EXPIRES ACCESS
 * REFRESH" of 2.0. */
#include "backends/twitter/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/session.h"
#include "util/xalloc.h"

#define SETTING	"tokens"

static void
forget(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void
credentials_clear(struct credentials *c)
{
	forget(&c->token);
	forget(&c->token_secret);
	forget(&c->access);
	forget(&c->refresh);
	*c = (struct credentials){ .auth = AUTH_NONE };
}

/* The next word, malloced, or NULL at the end. */
static char *
word(const char **at)
{
	size_t n = strcspn(*at, " ");
	char *w = n > 0 ? xstrndup(*at, n) : NULL;

	*at += n + ((*at)[n] == ' ');
	return w;
}

void
credentials_load(struct session *s)
{
	struct credentials *c = &s->credentials;
	const char *at = session_setting(s, SETTING, "");
	char *expires;

	credentials_clear(c);
	if (strncmp(at, "1 ", 2) == 0) {
		at += 2;
		c->token = word(&at);
		c->token_secret = word(&at);
		c->auth = c->token_secret != NULL ? AUTH_OAUTH1 : AUTH_NONE;
	} else if (strncmp(at, "2 ", 2) == 0) {
		at += 2;
		expires = word(&at);
		c->expires = expires != NULL ? (time_t)atoll(expires) : 0;
		free(expires);
		c->access = word(&at);
		c->refresh = word(&at);
		c->auth = c->access != NULL ? AUTH_OAUTH2 : AUTH_NONE;
	}
	/* As the C++ program kept them. */
	if (c->auth == AUTH_NONE &&
	    session_setting(s, "twitter_oauth_token", NULL) != NULL &&
	    session_setting(s, "twitter_oauth_secret", NULL) != NULL) {
		credentials_clear(c);
		c->auth = AUTH_OAUTH1;
		c->token = xstrdup(session_setting(s, "twitter_oauth_token",
		    ""));
		c->token_secret = xstrdup(session_setting(s,
		    "twitter_oauth_secret", ""));
	}
}

void
credentials_save(struct session *s)
{
	const struct credentials *c = &s->credentials;
	char *text = NULL;

	if (c->auth == AUTH_OAUTH1)
		text = xasprintf("1 %s %s", c->token, c->token_secret);
	else if (c->auth == AUTH_OAUTH2)
		text = xasprintf("2 %lld %s %s", (long long)c->expires,
		    c->access, c->refresh ? c->refresh : "");
	session_keep(s, SETTING, text, true);
	forget(&text);
}
