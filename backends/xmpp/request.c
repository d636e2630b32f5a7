/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/request.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

#include "util/rand.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define ID_SIZE		24
#define TEXT_MAX	1000

struct request {
	struct session	*session;	/* NULL: it is answered, and freed
					 * when the stanza has ended */
	struct outgoing	 out;
	bool		 under_way;	/* out.ended() is still to come */
	bool		 arrived;	/* the server has it */
	request_answered *answered;
	void		*ctx;
	ev_timer	 timer;
	char		 id[ID_SIZE];	/* key of session->requests */
};

/* RFC 6120 8.3.3.  What a condition means to somebody who enters a room is
 * what XEP-0045 7.2 says. */
static const struct {
	const char	*condition, *code;
} codes[] = {
	{ "bad-request",		ERR_BAD_REQUEST },
	{ "conflict",			ERR_CONFLICT },
	{ "feature-not-implemented",	ERR_NOT_SUPPORTED },
	{ "forbidden",			ERR_FORBIDDEN },
	{ "gone",			ERR_NOT_FOUND },
	{ "item-not-found",		ERR_NOT_FOUND },
	{ "jid-malformed",		ERR_NOT_ACCEPTABLE },
	{ "not-acceptable",		ERR_NOT_ACCEPTABLE },
	{ "not-allowed",		ERR_NOT_ALLOWED },
	{ "not-authorized",		ERR_NOT_AUTHORIZED },
	{ "policy-violation",		ERR_NOT_ALLOWED },
	{ "recipient-unavailable",	ERR_NOT_FOUND },
	{ "registration-required",	ERR_MEMBERS_ONLY },
	{ "remote-server-not-found",	ERR_NOT_FOUND },
	{ "remote-server-timeout",	ERR_TIMEOUT },
	{ "resource-constraint",	ERR_RATE_LIMITED },
	{ "service-unavailable",	ERR_NOT_SUPPORTED },
	{ "subscription-required",	ERR_FORBIDDEN },
};

xmpp_stanza_t *
request_new(struct session *s, const char *type, const char *to)
{
	char id[ID_SIZE];
	xmpp_stanza_t *iq;

	rand_token(id, sizeof(id));
	iq = xmpp_iq_new(session_strophe(s), type, id);
	if (to != NULL)
		xmpp_stanza_set_to(iq, to);
	return iq;
}

/* Nothing knows of it any more when the answer is told. */
static void
finish(struct request *r, xmpp_stanza_t *answer)
{
	struct session *s = r->session;
	request_answered *answered = r->answered;
	void *ctx = r->ctx;

	ev_timer_stop(EV_DEFAULT_ &r->timer);
	map_remove(&s->requests, r->id);
	r->session = NULL;
	if (!r->under_way)
		free(r);
	answered(s, answer, ctx);
}

/* What was not acknowledged when the session was lost is not answered any
 * more. */
static void
on_ended(struct outgoing *out, enum ledger_end end)
{
	struct request *r = CONTAINER(out, struct request, out);

	r->under_way = false;
	r->arrived = end == LEDGER_DONE;
	if (r->session == NULL)
		free(r);
	else if (end != LEDGER_DONE)
		finish(r, NULL);
}

/* Whoever asked is told that nothing came of it, so nothing must, later: what
 * waits for the end of a break is taken back, which finishes it. */
static void
on_timeout(EV_P_ ev_timer *w, int revents)
{
	struct request *r = CONTAINER(w, struct request, timer);

	(void)loop, (void)revents;
	if (r->under_way && session_take_back(r->session, &r->out))
		return;
	finish(r, NULL);
}

void
request_send(struct session *s, xmpp_stanza_t *iq, request_answered *answered,
    void *ctx)
{
	struct request *r = xcalloc(1, sizeof(*r));

	r->session = s;
	r->out.ended = on_ended;
	r->answered = answered;
	r->ctx = ctx;
	strcpy(r->id, xmpp_stanza_get_id(iq));
	map_put(&s->requests, r->id, r);
	r->under_way = session_send_as(s, iq, &r->out) == 0;
	xmpp_stanza_release(iq);
	ev_timer_init(&r->timer, on_timeout, r->under_way ? REQUEST_TIMEOUT :
	    0., 0.);
	ev_timer_start(EV_DEFAULT_ &r->timer);
}

bool
request_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	const char *type = xmpp_stanza_get_type(stanza);
	const char *id = xmpp_stanza_get_id(stanza);
	struct request *r;

	if (strcmp(xmpp_stanza_get_name(stanza), "iq") != 0 || type == NULL ||
	    id == NULL ||
	    (strcmp(type, "result") != 0 && strcmp(type, "error") != 0))
		return false;
	r = map_get(&s->requests, id);
	if (r != NULL)
		finish(r, stanza);
	return true;
}

/* The server had those, and has forgotten who wanted to know.  Those that wait
 * to be sent are sent now. */
void
request_online(struct session *s)
{
	struct request *r;
	size_t at = 0;

	while ((r = map_next(&s->requests, &at)) != NULL) {
		if (!r->arrived)
			continue;
		finish(r, NULL);
		at = 0;		/* anything may have been asked meanwhile */
	}
}

void
request_end(struct session *s)
{
	struct request *r;
	size_t at = 0;

	while ((r = map_next(&s->requests, &at)) != NULL)
		finish(r, NULL);
	map_finish(&s->requests);
}

/* ------------------------------------------------------------------ answers */

bool
request_worked(xmpp_stanza_t *answer)
{
	return answer != NULL &&
	    strcmp(xmpp_stanza_get_type(answer), "result") == 0;
}

const char *
request_code(xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(stanza, "error");
	xmpp_stanza_t *child;
	const char *name;

	child = error != NULL ? xmpp_stanza_get_children(error) : NULL;
	for (; child != NULL; child = xmpp_stanza_get_next(child)) {
		name = xmpp_stanza_get_name(child);
		for (size_t i = 0; name != NULL && i < LENGTH(codes); i++) {
			if (strcmp(codes[i].condition, name) == 0)
				return codes[i].code;
		}
	}
	return ERR_NETWORK;
}

char *
request_text(xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(stanza, "error");
	xmpp_stanza_t *child;
	char *text, *copy;

	child = error != NULL ?
	    xmpp_stanza_get_child_by_name(error, "text") : NULL;
	text = child != NULL ? xmpp_stanza_get_text(child) : NULL;
	if (text == NULL)
		return NULL;
	copy = xstrndup(text, utf8_cut(text, strlen(text), TEXT_MAX));
	xmpp_free(xmpp_stanza_get_context(stanza), text);
	return copy;
}

void
request_settle(const struct kit_call *call, xmpp_stanza_t *answer)
{
	char *text;

	if (answer == NULL) {
		kit_error(call, ERR_TIMEOUT, NULL);
	} else if (request_worked(answer)) {
		kit_reply(call, NULL);
	} else {
		text = request_text(answer);
		kit_error(call, request_code(answer), text);
		free(text);
	}
}

static void
settle(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	(void)s;
	request_settle(ctx, answer);
	free(ctx);
}

void
request_send_for(struct session *s, xmpp_stanza_t *iq,
    const struct kit_call *call)
{
	struct kit_call *copy = xmalloc(sizeof(*copy));

	*copy = *call;
	request_send(s, iq, settle, copy);
}
