/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a row of endpoint.def to an answer: may it be asked now, as whom, and
 * what does the status mean?  What is in an answer is for whoever asked. */
#include "backends/twitter/api.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/api_error.h"
#include "backends/twitter/budget.h"
#include "backends/twitter/config.h"
#include "backends/twitter/http.h"
#include "backends/twitter/login.h"
#include "backends/twitter/renew.h"
#include "backends/twitter/sign.h"
#include "util/buf.h"
#include "util/later.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define CALLS_MAX	64		/* of one session */
#define WINDOW		(15 * 60)	/* seconds, where X does not say */
#define WINDOW_MAX	86400		/* X's longest */
#define SKEW_MATTERS	30		/* seconds */

static const struct {
	const char	*method, *path, *what;
} endpoints[] = {
#define ENDPOINT(name, method, path, price, each, what) { method, path, what },
#include "backends/twitter/endpoint.def"
#undef ENDPOINT
};

struct api_call {
	LIST_ENTRY(api_call) entry;
	struct session	*session;
	enum endpoint	 endpoint;
	char		*url;
	char		*content, *content_type;	/* NULL: none */
	size_t		 length;
	bool		 again;		/* a second try */
	unsigned	 renewals;	/* of the session when it was sent */
	bool		 renewing;	/* waits for a new token */
	long		 results;	/* that may come; 0: none is held for
					 * them */
	struct http_call *http;		/* NULL: not under way */
	api_done	*done;
	void		*ctx;
	/* Of one that is answered without asking. */
	enum outcome	 outcome;
	char		*text;
	time_t		 until;
};

struct api_state {
	time_t		 until[E_COUNT];	/* our clock; 0: free */
};

/* Their clock less ours, as an answer of theirs had it. */
static time_t skew;

time_t
api_now(void)
{
	return time(NULL) + skew;
}

bool
api_clock_off(const struct http_response *r)
{
	time_t off = r->date > 0 ? r->date - time(NULL) : skew;

	if (r->status != 401 || llabs((long long)off - skew) < SKEW_MATTERS)
		return false;
	log_warn("our clock and that of X differ by %lld seconds",
	    (long long)off);
	skew = off;
	return true;
}

/* ------------------------------------------------------------------ answers */

static void
destroy(struct api_call *call)
{
	LIST_REMOVE(call, entry);
	if (call->results > 0)
		budget_release(call->session, call->endpoint, call->results);
	http_cancel(call->http);
	free(call->url);
	free(call->content);
	free(call->content_type);
	free(call->text);
	free(call);
}

/* It is gone before that is told, as the session may end over it. */
static void
finish(struct api_call *call, enum outcome outcome, const char *text,
    json_t *json, time_t until)
{
	struct session *s = call->session;
	api_done *done = call->done;
	void *ctx = call->ctx;
	char *copy = text != NULL ? api_text(outcome, text, until) : NULL;
	struct api_answer answer = { outcome, copy, json, until };

	call->http = NULL;
	destroy(call);
	done(s, &answer, ctx);
	free(copy);
}

static void
finish_later(void *object)
{
	struct api_call *call = object;

	if (call->done != NULL)
		finish(call, call->outcome, call->text, NULL, call->until);
	else
		destroy(call);
}

/* Without having asked. */
static void
refuse(struct api_call *call, enum outcome outcome, const char *text,
    time_t until)
{
	call->outcome = outcome;
	call->text = xstrdup(text);
	call->until = until;
	later(finish_later, call);
}

static bool
is_read(const struct api_call *call)
{
	return strcmp(endpoints[call->endpoint].method, "GET") == 0;
}

/* ------------------------------------------------------------------- limits */

static void
note_limits(struct api_call *call, const struct http_response *r)
{
	time_t *until = &call->session->api->until[call->endpoint];
	time_t now = time(NULL);

	*until = 0;
	if (r->status != 429 && r->remaining != 0)
		return;
	if (r->reset > 0)
		*until = r->reset - skew;
	else if (r->status == 429)
		*until = now + (r->retry_after > 0 ? r->retry_after : WINDOW);
	/* A clock that is far off, or worse. */
	if (*until > now + 2 * WINDOW && r->retry_after <= 0)
		*until = now + WINDOW;
	if (*until > now + WINDOW_MAX)
		*until = now + WINDOW_MAX;
}

time_t
api_wait(const struct session *s, enum endpoint e)
{
	time_t until = s->api->until[e];

	return until > time(NULL) ? until : 0;
}

/* ------------------------------------------------------------------ sending */

static void	answered(void *ctx, const struct http_response *);

static char *
authorization(const struct api_call *call)
{
	const struct credentials *c = &call->session->credentials;
	const struct sign_keys keys = {
		config.consumer_key, config.consumer_secret,
		c->token, c->token_secret,
	};
	char nonce[33];

	if (c->auth == AUTH_OAUTH2)
		return xasprintf("Bearer %s", c->access);
	rand_token(nonce, sizeof(nonce));
	return sign_header(&keys, endpoints[call->endpoint].method, call->url,
	    NULL, 0, api_now(), nonce);
}

static void
send_now(struct api_call *call)
{
	char *proof = authorization(call);
	struct http_request r = {
		.method = endpoints[call->endpoint].method, .url = call->url,
		.authorization = proof, .content_type = call->content_type,
		.body = call->content, .length = call->length,
	};

	call->renewals = call->session->renewals;
	call->http = http_start(&r, answered, call);
	explicit_bzero(proof, strlen(proof));
	free(proof);
}

static void
send_or_renew(struct api_call *call)
{
	if (!renew_due(call->session)) {
		send_now(call);
		return;
	}
	call->renewing = true;
	renew_start(call->session);
}

void
api_renewed(struct session *s, enum outcome outcome, const char *text)
{
	struct api_call *call, *next;

	for (call = LIST_FIRST(&s->calls); call != NULL && !s->ended;
	    call = next) {
		next = LIST_NEXT(call, entry);
		if (!call->renewing)
			continue;
		call->renewing = false;
		if (outcome == API_OK)
			send_now(call);
		else
			refuse(call, outcome, text, 0);
	}
}

/* ----------------------------------------------------------------- answered */

/* A second time: with a new token, or with their time of day.  Both are refused
 * by X before anything is done. */
static bool
try_again(struct api_call *call, const struct http_response *r)
{
	if (r->status != 401 || call->again)
		return false;
	call->again = true;
	if (call->session->credentials.auth == AUTH_OAUTH2) {
		/* Another one may have led to a new token meanwhile. */
		if (call->renewals != call->session->renewals) {
			send_or_renew(call);
			return true;
		}
		call->renewing = true;
		renew_start(call->session);
		return true;
	}
	/* Without that too: libcurl may have sent it twice, on a connection
	 * that had been closed, and nonces are good for one use. */
	(void)api_clock_off(r);
	send_now(call);
	return true;
}

static void
answered(void *ctx, const struct http_response *r)
{
	struct api_call *call = ctx;
	struct session *s = call->session;
	json_t *json;
	char *text = NULL;
	enum outcome outcome;

	call->http = NULL;
	if (r->status != 0)
		note_limits(call, r);
	if (try_again(call, r))
		return;
	json = json_loadb(r->body, r->length, JSON_REJECT_DUPLICATES, NULL);
	outcome = api_outcome(r, json, is_read(call),
	    endpoints[call->endpoint].what, &text);
	/* What may have been done may be on the bill. */
	if (outcome == API_OK || outcome == API_UNCERTAIN)
		budget_spend(s, call->endpoint, json);
	if (outcome != API_OK)
		log_info("%s: %s: %s", s->user,
		    endpoints[call->endpoint].path, text);
	if (outcome == API_REVOKED)
		login_doubt(s, call->endpoint);
	finish(call, outcome, text, json, api_wait(s, call->endpoint));
	free(text);
	json_decref(json);
}

/* ----------------------------------------------------------------- requests */

static bool
is_wanted(const struct api_param *p)
{
	return strcmp(p->name, "max_results") == 0;
}

/* As many as are wanted and paid for, at most. */
static long
results_of(struct session *s, const struct api_request *r)
{
	for (size_t i = 0; i < r->nquery; i++)
		if (is_wanted(&r->query[i]))
			return budget_results(s, r->endpoint,
			    atol(r->query[i].value));
	return 1;
}

static void
add_parameter(struct buf *b, const struct api_param *p, long results)
{
	sign_escape(b, p->name);
	buf_addc(b, '=');
	if (is_wanted(p))
		buf_addf(b, "%ld", results);
	else
		sign_escape(b, p->value);
}

static char *
url_of(const struct api_request *r, long results)
{
	struct buf b = { 0 };
	size_t star = 0;

	buf_addf(&b, "%s/2/", config.base_url);
	for (const char *p = endpoints[r->endpoint].path; *p != '\0'; p++) {
		if (*p == '*')
			sign_escape(&b, r->path[star++]);
		else
			buf_addc(&b, *p);
	}
	for (size_t i = 0; i < r->nquery; i++) {
		buf_addc(&b, i > 0 ? '&' : '?');
		add_parameter(&b, &r->query[i], results);
	}
	return buf_steal(&b);
}

static void
copy_content(struct api_call *call, const struct api_request *r)
{
	if (r->body != NULL) {
		call->content = json_dumps(r->body, JSON_COMPACT);
		call->content_type = xstrdup("application/json");
		call->length = strlen(call->content);
	} else if (r->content != NULL) {
		call->content = xmalloc(r->length + 1);
		memcpy(call->content, r->content, r->length);
		call->content_type = xstrdup(r->content_type);
		call->length = r->length;
	}
}

static size_t
count(const struct session *s)
{
	const struct api_call *call;
	size_t n = 0;

	LIST_FOREACH(call, &s->calls, entry)
		n++;
	return n;
}

void
api_call(struct session *s, const struct api_request *r, api_done *done,
    void *ctx)
{
	struct api_call *call = xcalloc(1, sizeof(*call));
	const char *why;
	time_t until;
	bool many = count(s) >= CALLS_MAX;

	call->session = s;
	call->endpoint = r->endpoint;
	call->done = done;
	call->ctx = ctx;
	LIST_INSERT_HEAD(&s->calls, call, entry);
	if (many) {
		refuse(call, API_FAILED,
		    "Too many requests to X are under way.", 0);
	} else if ((until = api_wait(s, r->endpoint)) != 0) {
		refuse(call, API_LIMITED, "X does not allow this so often.",
		    until);
	} else if (!budget_allows(s, r, &until, &why)) {
		refuse(call, API_BUDGET, why, until);
	} else if (s->credentials.auth == AUTH_NONE) {
		refuse(call, API_REVOKED, "You are not logged in to X.", 0);
	} else {
		call->results = results_of(s, r);
		budget_hold(s, r->endpoint, call->results);
		call->url = url_of(r, call->results);
		copy_content(call, r);
		send_or_renew(call);
	}
}

bool
api_busy(const struct session *s, enum endpoint e)
{
	const struct api_call *call;

	LIST_FOREACH(call, &s->calls, entry)
		if (call->endpoint == e)
			return true;
	return false;
}

/* --------------------------------------------------------------------- life */

void
api_begin(struct session *s)
{
	LIST_INIT(&s->calls);
	s->api = xcalloc(1, sizeof(*s->api));
}

void
api_end(struct session *s)
{
	struct api_call *call, *next;

	for (call = LIST_FIRST(&s->calls); call != NULL; call = next) {
		next = LIST_NEXT(call, entry);
		/* One that is refused is on its way to that answer. */
		if (call->text != NULL)
			call->done = NULL;
		else
			destroy(call);
	}
	later_free(s->api);
	s->api = NULL;
}
