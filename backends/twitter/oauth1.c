/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OAuth 1.0a (RFC 5849) with a PIN: the user gets a link, lets us in there, and
 * is shown a number for us. */
#include "backends/twitter/login_inside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/twitter/api.h"
#include "backends/twitter/config.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define ANSWER_MAX	((size_t)8 * 1024)	/* bytes */

static void	ask_for_link(struct login *, const char *why);

static void
post(struct login *l, const char *path, const char *name, const char *value,
    http_done *done)
{
	const struct sign_keys keys = { config.consumer_key,
	    config.consumer_secret, l->token, l->secret };
	const struct sign_param param = { name, value };
	char *url = xasprintf("%s/oauth/%s", config.base_url, path);
	char nonce[33], *proof;

	rand_token(nonce, sizeof(nonce));
	proof = sign_header(&keys, "POST", url, &param, 1, api_now(), nonce);
	l->http = http_start(&(struct http_request){ .method = "POST",
	    .url = url, .authorization = proof, .max = ANSWER_MAX }, done, l);
	explicit_bzero(proof, strlen(proof));
	free(proof);
	free(url);
}

/* Both halves of a token, malloced; false: they are not there. */
static bool
take(const struct http_response *r, char **token, char **secret)
{
	free(*token);
	free(*secret);
	*token = sign_parameter(r->body, "oauth_token");
	*secret = sign_parameter(r->body, "oauth_token_secret");
	return credentials_token(*token) && credentials_token(*secret);
}

static bool
is_passing(const struct http_response *r)
{
	return r->status == 0 || r->status == 429 || r->status >= 500;
}

/* ------------------------------------------------------------------ the PIN */

static void	got_token(void *ctx, const struct http_response *);
static void	ask_for_pin(struct login *, const char *why);

static void
got_pin(struct login *l, const char *value)
{
	/* As it was said to the program of 2011. */
	if (strncasecmp(value, "#pin", 4) == 0) {
		value += 4;
		value += strspn(value, " ");
	}
	xreplace(&l->value, value);
	l->again = false;
	post(l, "access_token", "oauth_verifier", l->value, got_token);
}

static void
ask_for_pin(struct login *l, const char *why)
{
	char *text = xasprintf("%s%sOpen this address, let the gateway in, and "
	    "answer with the number (PIN) that is shown there.",
	    why != NULL ? why : "", why != NULL ? " " : "");

	login_ask(l, "Log in to X", text, l->link, "PIN", got_pin);
	free(text);
}

static void
got_token(void *ctx, const struct http_response *r)
{
	struct login *l = ctx;
	struct credentials *c = &l->session->credentials;
	static const char wrong[] = "X does not know this PIN.";

	l->http = NULL;
	if (!l->again && api_clock_off(r)) {
		l->again = true;
		post(l, "access_token", "oauth_verifier", l->value, got_token);
	} else if (is_passing(r)) {
		login_trouble(l, r);
	} else if (r->status != 200) {
		if (!login_wrong(l, wrong))
			ask_for_pin(l, wrong);
	} else {
		credentials_clear(c);
		if (!take(r, &c->token, &c->token_secret)) {
			login_trouble(l, r);
			return;
		}
		c->auth = AUTH_OAUTH1;
		login_have(l);
	}
}

/* ----------------------------------------------------------------- the link */

static void
refused(struct login *l, const struct http_response *r)
{
	char *text;

	if (is_passing(r)) {
		login_trouble(l, r);
		return;
	}
	text = xasprintf("X does not let this gateway ask you to log in "
	    "(status %ld): consumer_key and consumer_secret of its "
	    "configuration, or the app's settings at X, are wrong.",
	    r->status);
	session_fail(l->session, "auth", text, false);
	free(text);
}

static void
got_link(void *ctx, const struct http_response *r)
{
	struct login *l = ctx;
	struct buf b = { 0 };

	l->http = NULL;
	if (!l->again && api_clock_off(r)) {
		l->again = true;
		ask_for_link(l, NULL);
	} else if (r->status != 200) {
		refused(l, r);
	} else if (!take(r, &l->token, &l->secret)) {
		login_trouble(l, r);
	} else {
		buf_addf(&b, "%s/oauth/authorize?oauth_token=",
		    config.base_url);
		sign_escape(&b, l->token);
		free(l->link);
		l->link = buf_steal(&b);
		ask_for_pin(l, l->value);
	}
}

static void
ask_for_link(struct login *l, const char *why)
{
	if (why != NULL)
		xreplace(&l->value, why);
	post(l, "request_token", "oauth_callback", "oob", got_link);
}

void
oauth1_start(struct login *l, const char *why)
{
	ask_for_link(l, why);
}
