/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was passed to the user's client, and what comes of it: the answer goes
 * to exactly who sent it. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/pass_state.h"
#include "backends/xmpp/pass_xml.h"
#include "util/log.h"
#include "util/macros.h"
#include "util/xalloc.h"

/* RFC 6120 8.3.3, for errors of the protocol; for others it is
 * service-unavailable, as where no such client is (RFC 6121 8.5). */
static const struct {
	const char	*code, *condition, *type;
} conditions[] = {
	{ ERR_TIMEOUT, "remote-server-timeout", "wait" },
	{ ERR_LOST, "remote-server-timeout", "wait" },
	{ ERR_RATE_LIMITED, "resource-constraint", "wait" },
};

static xmpp_stanza_t *
begin(const struct asking *a, const char *type)
{
	xmpp_ctx_t *ctx = session_strophe(a->session);
	xmpp_stanza_t *answer = a->iq ? xmpp_iq_new(ctx, type, a->id) :
	    xmpp_message_new(ctx, type, NULL, a->id);

	if (a->from != NULL)
		xmpp_stanza_set_to(answer, a->from);
	return answer;
}

static void
refuse(const struct asking *a, const char *code)
{
	xmpp_stanza_t *answer = begin(a, "error"), *error;
	const char *condition = "service-unavailable", *type = "cancel";

	for (size_t i = 0; i < LENGTH(conditions); i++) {
		if (strcmp(conditions[i].code, code) != 0)
			continue;
		condition = conditions[i].condition;
		type = conditions[i].type;
	}
	error = build_child(answer, "error", NULL);
	xmpp_stanza_set_type(error, type);
	build_child(error, condition, XMPP_NS_STANZAS_IETF);
	session_send(a->session, answer, NULL);
}

static void
give(const struct asking *a, const struct msg_stanza_up_result *r)
{
	bool error = r->type != NULL && strcmp(r->type, "error") == 0;
	xmpp_stanza_t *answer = begin(a, error ? "error" : "result");
	const char *why = NULL;
	int n = r->xml != NULL ? pass_put(error ? PASSING_ERROR : PASSING_IQ,
	    answer, r->xml, &why) : 0;

	/* An error says at least what it is. */
	if (n < 0 || (error && n == 0)) {
		log_debug("%s: an answer to %s cannot be passed: %s",
		    a->session->user, a->from != NULL ? a->from :
		    "the server", why != NULL ? why : "it says nothing");
		xmpp_stanza_release(answer);
		refuse(a, ERR_NOT_SUPPORTED);
		return;
	}
	session_send(a->session, answer, NULL);
}

static void
settle(const struct asking *a, const struct msg_error *error,
    const union result *result)
{
	static const struct msg_stanza_up_result nothing;

	if (error == NULL && a->iq)
		give(a, result != NULL ? &result->stanza_up : &nothing);
	else if (error != NULL && a->iq)
		refuse(a, error->code);
	/* Nobody was there; otherwise it may have arrived. */
	else if (error != NULL && (strcmp(error->code, ERR_NOT_FOUND) == 0 ||
	    strcmp(error->code, ERR_BAD_REQUEST) == 0))
		refuse(a, error->code);
}

static void
on_answer(void *ctx, const struct msg_error *error, const union result *result)
{
	struct asking *a = ctx;

	if (a->session != NULL) {
		LIST_REMOVE(a, entry);
		a->session->pass->nasking--;
		settle(a, error, result);
	}
	free(a->id);
	free(a->from);
	free(a);
}

static struct asking *
asking_create(struct session *s, xmpp_stanza_t *st, bool iq)
{
	struct asking *a = xcalloc(1, sizeof(*a));

	a->session = s;
	a->iq = iq;
	a->id = xstrdup_null(xmpp_stanza_get_id(st));
	a->from = xstrdup_null(xmpp_stanza_get_from(st));
	LIST_INSERT_HEAD(&s->pass->asking, a, entry);
	s->pass->nasking++;
	return a;
}

bool
pass_ask(struct session *s, xmpp_stanza_t *st, const struct msg_stanza_up *m)
{
	bool iq = strcmp(m->kind, "iq") == 0;

	if (pass_of(s)->nasking >= PASS_OPEN_MAX)
		return false;
	kit_request(METHOD_stanza_up, m, PASS_TIMEOUT, on_answer,
	    asking_create(s, st, iq));
	return true;
}

void
pass_ask_end(struct session *s)
{
	struct asking *a;

	while ((a = LIST_FIRST(&s->pass->asking)) != NULL) {
		LIST_REMOVE(a, entry);
		/* The connection is still there, if it was; who has asked need
		 * not wait. */
		if (a->iq)
			refuse(a, ERR_NOT_CONNECTED);
		a->session = NULL;
	}
	s->pass->nasking = 0;
}
