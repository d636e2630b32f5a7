/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is this?  X says, to whoever has a token of theirs; whoever has none, or
 * one that is not good any more, is asked.  How tokens are got is for oauth1.c
 * and oauth2.c. */
#include "backends/twitter/login_inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/twitter/api.h"
#include "backends/twitter/config.h"
#include "backends/twitter/login.h"
#include "backends/twitter/password.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PATIENCE	86400.0	/* seconds: the main process has less */
#define TRIES_MAX	3
#define VALUE_MAX	4000	/* bytes of an answer */
#define NAME_MAX_X	50	/* bytes of a name of X */
#define IDENTITY	"identity"	/* a setting: "ID NAME", as last seen */

/* ---------------------------------------------------------------- questions */

static void
destroy(struct login *l)
{
	free(l->value);
	free(l->link);
	free(l->token);
	if (l->secret != NULL)
		explicit_bzero(l->secret, strlen(l->secret));
	free(l->secret);
	free(l);
}

static const char *
value_of(const union result *result)
{
	const struct pairs *values = &result->ask.values;

	return values->n > 0 && strlen(values->v[0].value) < VALUE_MAX ?
	    values->v[0].value : "";
}

static char *
trimmed(const char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	return xstrndup(s, n);
}

static void	accepted(struct login *, const char *);

static void
replied(void *ctx, const struct msg_error *error, const union result *result)
{
	struct login *l = ctx;
	char *value;

	l->open = false;
	if (l->session == NULL) {
		destroy(l);
	} else if (error != NULL) {
		if (l->answer == accepted)
			credentials_forget(l->session);
		session_fail(l->session, "auth", "You have not let this "
		    "gateway into your account of X.", false);
	} else {
		value = trimmed(value_of(result));
		l->answer(l, value);
		explicit_bzero(value, strlen(value));
		free(value);
	}
}

void
login_ask(struct login *l, const char *title, const char *text,
    const char *url, const char *field, login_answer *answer)
{
	struct msg_field f = { .var = "answer", .label = field,
	    .type = "text", .required = true };
	const struct msg_ask m = { .user = l->session->user, .title = title,
	    .instructions = text, .url = url,
	    .fields = { &f, field != NULL ? 1 : 0 } };

	l->answer = answer;
	l->open = true;
	kit_request(METHOD_ask, &m, PATIENCE, replied, l);
}

bool
login_wrong(struct login *l, const char *why)
{
	if (++l->tries < TRIES_MAX)
		return false;
	session_fail(l->session, "auth", why, false);
	return true;
}

void
login_trouble(struct login *l, const struct http_response *r)
{
	char *text = r->status == 0 ?
	    xasprintf("X cannot be reached: %s.", r->error) :
	    xasprintf("X did not answer sensibly (status %ld).", r->status);

	session_fail(l->session, "network", text, true);
	free(text);
}

static void
ask(struct login *l, const char *why)
{
	const char *how = session_setting(l->session, "oauth", "2");
	bool one = config.consumer_key != NULL &&
	    (config.client_id == NULL || strcmp(how, "1") == 0);

	l->asked = true;
	(one ? oauth1_start : oauth2_start)(l, why);
}

/* ---------------------------------------------------------------- who it is */

/* A user may be registered here by anything; this looks like a name of X. */
static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= 15 && strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

/* Is it the account that is meant?  Names change on X, ids do not. */
static bool
is_meant(const struct session *s, const char *id, const char *name)
{
	const char *known = session_setting(s, IDENTITY, "");
	size_t n = strlen(id);

	if (strncmp(known, id, n) == 0 && known[n] == ' ')
		return true;
	/* Nobody else has looked whose address it is. */
	if (password_matters() && *known != '\0')
		return false;
	return !is_name(s->account) || strcasecmp(s->account, name) == 0;
}

static void
up(struct session *s, const char *id, const char *name, const char *shown)
{
	char *identity = xasprintf("%s %s", id, name);

	if (strcmp(session_setting(s, IDENTITY, ""), identity) != 0)
		session_keep(s, IDENTITY, identity, false);
	free(identity);
	password_is_theirs(s);
	session_up(s, id, name, shown);
}

static void
accepted(struct login *l, const char *value)
{
	struct session *s = l->session;
	char *name = strchr(l->value, ' ');

	(void)value;
	*name++ = '\0';
	up(s, l->value, name, NULL);
}

/* With other words: posts would go out under another name. */
static void
confirm(struct login *l, const char *id, const char *name)
{
	struct session *s = l->session;
	char *text;

	if (password_matters()) {
		session_fail(s, "auth", "You have let this gateway into "
		    "another account of X than this address is for.", false);
		return;
	}
	text = xasprintf("You have let this gateway into @%s, but are "
	    "registered here as @%s. Shall it be @%s? If not, say no, and log "
	    "in again.", name, s->account, name);

	free(l->value);
	l->value = xasprintf("%s %s", id, name);
	login_ask(l, "Another account of X", text, NULL, NULL, accepted);
	free(text);
}

/* X need not say every time who this is. */
static bool
up_as_known(struct session *s)
{
	const char *known = session_setting(s, IDENTITY, "");
	const char *name = strchr(known, ' ');
	char *id, *copy;

	if (name == NULL || s->login->asked)
		return false;
	id = xstrndup(known, (size_t)(name - known));
	copy = xstrdup(name + 1);
	up(s, id, copy, NULL);
	free(id);
	free(copy);
	return true;
}

static bool
is_word(const char *s)
{
	return s != NULL && *s != '\0' && strlen(s) <= NAME_MAX_X &&
	    strchr(s, ' ') == NULL;
}

static void
not_me(struct session *s, const struct api_answer *a)
{
	switch (a->outcome) {
	case API_REVOKED:
		if (s->login->asked)
			session_fail(s, "auth", a->text, false);
		else
			ask(s->login, a->text);
		break;
	case API_LIMITED:
	case API_BUDGET:
		if (up_as_known(s))
			break;
		/* FALLTHROUGH */
	case API_FAILED:
	case API_UNPAID:
		session_fail(s, "network", a->text, true);
		break;
	default:
		session_fail(s, "auth", a->text, false);
		break;
	}
}

static void
is_me(struct session *s, const struct api_answer *a, void *ctx)
{
	const json_t *data = json_object_get(a->json, "data");
	const char *id = json_string_value(json_object_get(data, "id"));
	const char *name = json_string_value(json_object_get(data,
	    "username"));

	(void)ctx;
	if (a->outcome != API_OK)
		not_me(s, a);
	else if (!is_word(id) || !is_word(name))
		session_fail(s, "network", "X did not say who you are.", true);
	else if (!is_meant(s, id, name))
		confirm(s->login, id, name);
	else
		up(s, id, name, json_string_value(json_object_get(data,
		    "name")));
}

static void
ask_who(struct session *s, api_done *done)
{
	static const struct api_param query[] = {
		{ "user.fields", "id,name,username,profile_image_url" },
	};
	const struct api_request r = { .endpoint = E_me, .query = query,
	    .nquery = LENGTH(query) };

	api_call(s, &r, done, NULL);
}

/* Kept at once: if this process ends now, the next one goes on from here, and
 * asks whether it is the account that is meant. */
void
login_have(struct login *l)
{
	credentials_save(l->session);
	ask_who(l->session, is_me);
}

/* ------------------------------------------------------------------- doubts */

static void
doubt_over(struct session *s, const struct api_answer *a, void *ctx)
{
	(void)ctx;
	s->login->doubted = false;
	if (a->outcome == API_REVOKED)
		session_fail(s, "auth", a->text, false);
}

void
login_doubt(struct session *s, enum endpoint e)
{
	if (!s->connected || e == E_me || s->login->doubted)
		return;
	s->login->doubted = true;
	ask_who(s, doubt_over);
}

/* --------------------------------------------------------------------- life */

void
login_start(struct session *s)
{
	const struct credentials *c = &s->credentials;

	/* Tokens are good for the app that they were given to. */
	if ((c->auth == AUTH_OAUTH1 && config.consumer_key != NULL) ||
	    (c->auth == AUTH_OAUTH2 && config.client_id != NULL))
		ask_who(s, is_me);
	else
		ask(s->login, s->digest == NULL ||
		    *session_setting(s, IDENTITY, "") == '\0' ? NULL :
		    "This is another password than last time. If it is you, "
		    "let this gateway in again.");
}

void
login_begin(struct session *s)
{
	s->login = xcalloc(1, sizeof(*s->login));
	s->login->session = s;
}

static void
destroy_later(void *object)
{
	destroy(object);
}

void
login_end(struct session *s)
{
	struct login *l = s->login;

	http_cancel(l->http);
	l->http = NULL;
	l->session = NULL;
	s->login = NULL;
	if (!l->open)
		later(destroy_later, l);
}
