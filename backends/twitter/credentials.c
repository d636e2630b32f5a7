/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens as one setting: "1 TOKEN SECRET" of OAuth 1.0a, "2 EXPIRES ACCESS
 * REFRESH" of 2.0. */
#include "backends/twitter/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/session.h"
#include "util/xalloc.h"

#define SETTING		"tokens"
#define TOKEN_MAX	2000		/* bytes */

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

bool
credentials_token(const char *s)
{
	size_t n = 0;

	for (; s != NULL && s[n] != '\0'; n++) {
		if (s[n] <= ' ' || s[n] > '~' || n >= TOKEN_MAX)
			return false;
	}
	return n > 0;
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

/* As the C++ program kept them. */
static void
load_older(struct session *s)
{
	struct credentials *c = &s->credentials;
	const char *token = session_setting(s, "twitter_oauth_token", NULL);
	const char *secret = session_setting(s, "twitter_oauth_secret", NULL);

	if (!credentials_token(token) || !credentials_token(secret))
		return;
	credentials_clear(c);
	c->auth = AUTH_OAUTH1;
	c->token = xstrdup(token);
	c->token_secret = xstrdup(secret);
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
	if (c->auth == AUTH_NONE)
		load_older(s);
}

/* NULL: there are none. */
static char *
written(const struct credentials *c)
{
	if (c->auth == AUTH_OAUTH1)
		return xasprintf("1 %s %s", c->token, c->token_secret);
	if (c->auth == AUTH_OAUTH2)
		return xasprintf("2 %lld %s %s", (long long)c->expires,
		    c->access, c->refresh ? c->refresh : "");
	return NULL;
}

void
credentials_save(struct session *s)
{
	char *text = written(&s->credentials);

	session_keep(s, SETTING, text, true);
	forget(&text);
}

void
credentials_keep(const char *user, const struct credentials *c)
{
	char *text = written(c);
	const struct msg_setting_up m = { .user = user, .name = SETTING,
	    .value = text, .secret = true };

	kit_notify(METHOD_setting_up, &m);
	forget(&text);
}

void
credentials_forget(struct session *s)
{
	credentials_clear(&s->credentials);
	session_keep(s, SETTING, NULL, true);
}
