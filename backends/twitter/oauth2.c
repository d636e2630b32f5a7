/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OAuth 2.0 with an authorization code and PKCE (RFC 7636): the user gets a
 * link, lets us in there, and gives us the address where the browser was sent
 * on to.  Nothing need answer at that address. */
#include "backends/twitter/oauth2.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/config.h"
#include "backends/twitter/login_inside.h"
#include "util/macros.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define ANSWER_MAX	((size_t)64 * 1024)	/* bytes */
#define LIFETIME_MAX	(366 * 86400)		/* seconds */
/* Without the last one there are no refresh tokens. */
#define SCOPES	"tweet.read tweet.write users.read follows.read " \
	"follows.write like.read like.write list.read list.write mute.read " \
	"mute.write block.read dm.read dm.write media.write offline.access"

/* ------------------------------------------------------- the token endpoint */

/* RFC 6749, 2.3.1: both are escaped before. */
static char *
basic(void)
{
	struct buf b = { 0 };
	unsigned char *code;
	char *header;

	sign_escape(&b, config.client_id);
	buf_addc(&b, ':');
	sign_escape(&b, config.client_secret);
	code = xmalloc(4 * ((buf_len(&b) + 2) / 3) + 1);
	EVP_EncodeBlock(code, (unsigned char *)buf_data(&b),
	    (int)buf_len(&b));
	header = xasprintf("Basic %s", (char *)code);
	explicit_bzero(buf_data(&b), buf_len(&b));
	buf_free(&b);
	free(code);
	return header;
}

static void
add(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, "%s%s=", buf_len(b) > 0 ? "&" : "", name);
	sign_escape(b, value);
}

struct http_call *
oauth2_post(const struct sign_param *params, size_t n, http_done *done,
    void *ctx)
{
	char *url = xasprintf("%s/2/oauth2/token", config.base_url);
	char *proof = config.client_secret != NULL ? basic() : NULL;
	struct buf form = { 0 };
	struct http_call *call;

	for (size_t i = 0; i < n; i++)
		add(&form, params[i].name, params[i].value);
	add(&form, "client_id", config.client_id);
	call = http_start(&(struct http_request){ .method = "POST",
	    .url = url, .authorization = proof,
	    .content_type = "application/x-www-form-urlencoded",
	    .body = (buf_addc(&form, '\0'), buf_data(&form)),
	    .length = buf_len(&form) - 1, .max = ANSWER_MAX }, done, ctx);
	explicit_bzero(buf_data(&form), buf_len(&form));
	buf_free(&form);
	free(proof);
	free(url);
	return call;
}

bool
oauth2_take(const struct http_response *r, struct credentials *c)
{
	json_t *json = json_loadb(r->body, r->length, 0, NULL);
	const char *access = json_string_value(json_object_get(json,
	    "access_token"));
	const char *refresh = json_string_value(json_object_get(json,
	    "refresh_token"));
	json_int_t seconds = json_integer_value(json_object_get(json,
	    "expires_in"));
	bool good = r->status == 200 && credentials_token(access) &&
	    (refresh == NULL || credentials_token(refresh));
	char *old;

	if (good) {
		/* RFC 6749, 6: without a new one the old one stays. */
		old = xstrdup_null(refresh != NULL ? refresh : c->refresh);
		credentials_clear(c);
		c->auth = AUTH_OAUTH2;
		c->access = xstrdup(access);
		c->refresh = old;
		c->expires = seconds > 0 && seconds < LIFETIME_MAX ?
		    time(NULL) + (time_t)seconds : 0;
	}
	json_decref(json);
	return good;
}

bool
oauth2_refused(const struct http_response *r)
{
	return r->status >= 400 && r->status < 500 && r->status != 429 &&
	    r->status != 408;
}

/* -------------------------------------------------------------- the address */

static void	ask_for_code(struct login *, const char *why);

static void
again(struct login *l, const char *why)
{
	if (!login_wrong(l, why))
		ask_for_code(l, why);
}

static void
got_tokens(void *ctx, const struct http_response *r)
{
	struct login *l = ctx;

	l->http = NULL;
	if (oauth2_refused(r))
		again(l, "X does not take this code; it is good for half a "
		    "minute only.");
	else if (!oauth2_take(r, &l->session->credentials))
		login_trouble(l, r);
	else
		login_have(l);
}

static void
exchange(struct login *l, const char *code)
{
	const struct sign_param form[] = {
		{ "grant_type", "authorization_code" }, { "code", code },
		{ "redirect_uri", config.redirect_uri },
		{ "code_verifier", l->verifier },
	};

	l->http = oauth2_post(form, LENGTH(form), got_tokens, l);
}

/* An address, or what follows its question mark, or just the code.  A code
 * alone proves nothing of where it comes from, but is good for our verifier
 * only. */
static void
got_address(struct login *l, const char *value)
{
	const char *query = strchr(value, '?');
	char *state, *code, *error;

	query = query != NULL ? query + 1 : value;
	state = sign_parameter(query, "state");
	code = sign_parameter(query, "code");
	error = sign_parameter(query, "error");
	if (error != NULL)
		session_fail(l->session, "auth", "X says that you do not let "
		    "this gateway in.", false);
	else if (code != NULL && (state == NULL ||
	    strcmp(state, l->state) != 0))
		again(l, "That address belongs to another login.");
	else if (code == NULL && !credentials_token(value))
		again(l, "That is not the address.");
	else if (code == NULL && strpbrk(value, "?=/") != NULL)
		again(l, "There is no code in that address.");
	else
		exchange(l, code != NULL ? code : value);
	free(state);
	free(code);
	free(error);
}

/* ----------------------------------------------------------------- the link */

static void
make_link(struct login *l)
{
	struct buf b = { 0 }, query = { 0 };
	char challenge[SIGN_VERIFIER_SIZE], *text;

	sign_verifier(l->verifier);
	sign_challenge(l->verifier, challenge);
	rand_token(l->state, sizeof(l->state));
	add(&query, "response_type", "code");
	add(&query, "client_id", config.client_id);
	add(&query, "redirect_uri", config.redirect_uri);
	add(&query, "scope", SCOPES);
	add(&query, "state", l->state);
	add(&query, "code_challenge", challenge);
	add(&query, "code_challenge_method", "S256");
	text = buf_steal(&query);
	buf_addf(&b, "%s/i/oauth2/authorize?%s", config.web_url, text);
	free(text);
	free(l->link);
	l->link = buf_steal(&b);
}

static void
ask_for_code(struct login *l, const char *why)
{
	char *text = xasprintf("%s%sOpen this address and let the gateway in. "
	    "The browser is then sent on to an address that begins with %s and "
	    "perhaps shows nothing, or an error: copy that whole address, and "
	    "answer with it within half a minute.",
	    why != NULL ? why : "", why != NULL ? " " : "",
	    config.redirect_uri);

	login_ask(l, "Log in to X", text, l->link, "Address, or the code in it",
	    got_address);
	free(text);
}

void
oauth2_start(struct login *l, const char *why)
{
	make_link(l);
	ask_for_code(l, why);
}
