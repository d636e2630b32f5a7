/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A refresh token is good for one use: the one that comes with the new access
 * token is kept before anything else is done.  So a renewal belongs to a user,
 * not to a session, and outlives a logout. */
#include "backends/twitter/renew.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/oauth2.h"
#include "util/later.h"
#include "util/log.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define EARLY	60	/* seconds before its end a token is renewed */

struct renewal {
	LIST_ENTRY(renewal) entry;
	char		*user;
	struct credentials credentials;	/* the refresh token in use */
	struct http_call *http;
};

/* What was kept during a login is not, if that login fails: in server mode the
 * main process does not know yet whose it is.  The next one comes with the old
 * token, and finds this. */
struct spare {
	LIST_ENTRY(spare) entry;
	char		*user, *old;
	struct credentials credentials;
};

struct waiting {
	LIST_ENTRY(waiting) entry;
	char		*user;		/* NULL: everybody */
	renew_over	*over;
	void		*ctx;
};

static LIST_HEAD(, renewal) renewals;
static LIST_HEAD(, spare) spares;	/* one of a user at most */
static LIST_HEAD(, waiting) waits;

/* user: NULL: anybody's. */
static struct renewal *
find(const char *user)
{
	struct renewal *r;

	LIST_FOREACH(r, &renewals, entry) {
		if (user == NULL || strcmp(r->user, user) == 0)
			return r;
	}
	return NULL;
}

bool
renew_due(const struct session *s)
{
	const struct credentials *c = &s->credentials;

	return c->auth == AUTH_OAUTH2 && (find(s->user) != NULL ||
	    (c->refresh != NULL && c->expires != 0 &&
	    c->expires - EARLY <= time(NULL)));
}

static void
destroy(struct renewal *r)
{
	LIST_REMOVE(r, entry);
	http_cancel(r->http);
	credentials_clear(&r->credentials);
	free(r->user);
	free(r);
}

/* ------------------------------------------------------------------ waiting */

static void
tell_waiting(void)
{
	struct waiting *w, *next;

	for (w = LIST_FIRST(&waits); w != NULL; w = next) {
		next = LIST_NEXT(w, entry);
		if (find(w->user) != NULL)
			continue;
		LIST_REMOVE(w, entry);
		w->over(w->ctx);
		free(w->user);
		free(w);
	}
}

void
renew_wait(const char *user, renew_over *over, void *ctx)
{
	struct waiting *w;

	if (find(user) == NULL) {
		over(ctx);
		return;
	}
	w = xmalloc(sizeof(*w));
	*w = (struct waiting){ .user = xstrdup_null(user), .over = over,
	    .ctx = ctx };
	LIST_INSERT_HEAD(&waits, w, entry);
}

/* ------------------------------------------------------------------- spares */

static void
copy(struct credentials *to, const struct credentials *from)
{
	credentials_clear(to);
	to->auth = from->auth;
	to->access = xstrdup(from->access);
	to->refresh = xstrdup_null(from->refresh);
	to->expires = from->expires;
}

static struct spare *
find_spare(const char *user)
{
	struct spare *p;

	LIST_FOREACH(p, &spares, entry) {
		if (strcmp(p->user, user) == 0)
			return p;
	}
	return NULL;
}

static void
drop(struct spare *p)
{
	if (p == NULL)
		return;
	LIST_REMOVE(p, entry);
	credentials_clear(&p->credentials);
	explicit_bzero(p->old, strlen(p->old));
	free(p->old);
	free(p->user);
	free(p);
}

/* The token that the main process has may stay the oldest of several. */
static void
add_spare(const char *user, const char *old, const struct credentials *c)
{
	struct spare *p = find_spare(user);

	if (p != NULL && (p->credentials.refresh == NULL ||
	    strcmp(p->credentials.refresh, old) != 0)) {
		drop(p);
		p = NULL;
	}
	if (p == NULL) {
		p = xcalloc(1, sizeof(*p));
		p->user = xstrdup(user);
		p->old = xstrdup(old);
		LIST_INSERT_HEAD(&spares, p, entry);
	}
	copy(&p->credentials, c);
}

void
renew_begin(struct session *s)
{
	struct spare *p = find_spare(s->user);

	if (p == NULL || s->credentials.refresh == NULL ||
	    strcmp(s->credentials.refresh, p->old) != 0)
		return;
	copy(&s->credentials, &p->credentials);
	credentials_save(s);
}

void
renew_up(struct session *s)
{
	drop(find_spare(s->user));
}

/* ----------------------------------------------------------------- answered */

/* What has asked hears of it first, as its answers are on their way. */
static void
end_session(void *object)
{
	char *user = object;
	struct session *s = session_find(user);

	if (s != NULL && s->connected)
		session_fail(s, "auth", "X does not let this gateway in any "
		    "more. Log in again.", false);
	free(user);
}

static void
tell_session(const char *user, enum outcome outcome, const char *text)
{
	struct session *s = session_find(user);

	if (s == NULL)
		return;
	api_renewed(s, outcome, text);
	if (outcome == API_REVOKED)
		later(end_session, xstrdup(user));
}

static void
have(struct renewal *r, const char *old)
{
	struct session *s = session_find(r->user);

	log_info("%s: has a new token of X", r->user);
	if (s == NULL || !s->connected)
		add_spare(r->user, old, &r->credentials);
	/* Whoever has logged in anew meanwhile has better ones. */
	if (s != NULL && (s->credentials.refresh == NULL ||
	    strcmp(s->credentials.refresh, old) != 0))
		return;
	if (s == NULL) {
		credentials_keep(r->user, &r->credentials);
		return;
	}
	credentials_clear(&s->credentials);
	s->credentials = r->credentials;
	r->credentials = (struct credentials){ .auth = AUTH_NONE };
	credentials_save(s);
	s->renewals++;
}

static void
answered(void *ctx, const struct http_response *answer)
{
	struct renewal *r = ctx;
	enum outcome outcome = API_OK;
	const char *text = NULL;
	char *user = xstrdup(r->user);
	char *old = xstrdup(r->credentials.refresh);

	r->http = NULL;
	if (oauth2_take(answer, &r->credentials)) {
		have(r, old);
	} else if (oauth2_refused(answer)) {
		outcome = API_REVOKED;
		text = "X does not let this gateway in any more.";
	} else {
		outcome = API_FAILED;
		text = "X did not answer when it was asked for a new token.";
	}
	if (outcome != API_OK)
		log_info("%s: no new token of X: status %ld", user,
		    answer->status);
	destroy(r);
	tell_session(user, outcome, text);
	tell_waiting();
	explicit_bzero(old, strlen(old));
	free(old);
	free(user);
}

/* ---------------------------------------------------------------- beginning */

static void
cannot(void *object)
{
	char *user = object;

	tell_session(user, API_REVOKED,
	    "X does not let this gateway in any more.");
	free(user);
}

void
renew_start(struct session *s)
{
	struct renewal *r;

	if (find(s->user) != NULL)
		return;
	if (s->credentials.refresh == NULL) {
		later(cannot, xstrdup(s->user));
		return;
	}
	r = xcalloc(1, sizeof(*r));
	r->user = xstrdup(s->user);
	r->credentials.auth = AUTH_OAUTH2;
	r->credentials.refresh = xstrdup(s->credentials.refresh);
	LIST_INSERT_HEAD(&renewals, r, entry);
	r->http = oauth2_post((struct sign_param []){
		{ "grant_type", "refresh_token" },
		{ "refresh_token", r->credentials.refresh },
	    }, 2, answered, r);
}

void
renew_finish(void)
{
	struct renewal *r;
	struct waiting *w;

	while ((r = LIST_FIRST(&renewals)) != NULL)
		destroy(r);
	while (!LIST_EMPTY(&spares))
		drop(LIST_FIRST(&spares));
	while ((w = LIST_FIRST(&waits)) != NULL) {
		LIST_REMOVE(w, entry);
		free(w->user);
		free(w);
	}
}
