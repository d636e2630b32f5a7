/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that nobody here can answer: asked across the gateway, in both
 * directions, and answered to exactly who has asked. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/caps.h"
#include "manager/gateway/command.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/raw_address.h"
#include "manager/gateway/session.h"
#include "manager/gateway/up.h"
#include "protocol/errors.h"
#include "protocol/features.h"
#include "util/log.h"
#include "util/xalloc.h"

#define CLIENT_TIMEOUT	30.0	/* seconds for the user's client to answer */
#define ASKING_MAX	64	/* open questions of the network to one user */

/* ----------------------------------------------------------- asked by users */

/* A request that is out. */
struct passing {
	struct asked	*asked;
	char		*user;		/* bare */
	down_handler	*otherwise;	/* when it fails; or NULL */
	char		*ns, *node;	/* ... for that */
	enum passing_kind kind;
};

static void
passing_free(struct passing *p)
{
	free(p->user);
	free(p->ns);
	free(p->node);
	free(p);
}

static void
answer_ourselves(const struct passing *p)
{
	struct arena a = { 0 };
	struct stanza *iq = stanza_new(&a, "iq", "jabber:client");
	struct stanza *query = stanza_add(&a, iq, "query", p->ns);
	struct jid from, to;
	struct down d = {
		.gw = p->asked->gw, .arena = &a, .stanza = iq,
		.payload = query, .from = &from, .to = &to,
		.id = p->asked->id, .type = "get",
		.user = user_find(p->asked->gw, p->user),
	};

	if (p->node != NULL)
		stanza_set(&a, query, "node", p->node);
	/* They were prepared once, so this cannot fail. */
	if (jid_parse(&a, p->asked->from, &from) == 0 &&
	    jid_parse(&a, p->asked->to, &to) == 0) {
		d.name = name_from_node(&a, to.node);
		d.room = d.user ? room_find(d.user, to.bare) : NULL;
		p->otherwise(&d);
	}
	asked_drop(p->asked);
	arena_free(&a);
}

static void
put_answer(struct asked *a, enum passing_kind kind,
    const struct msg_stanza_result *r)
{
	bool error = r->type != NULL && strcmp(r->type, "error") == 0;
	struct buf out = { 0 };
	const char *why;
	struct xml *x;

	if (r->xml != NULL && *r->xml != '\0' && raw_clean_answer(a->gw,
	    &out, error ? PASSING_ERROR : kind, r->xml, a->from, &why) < 0) {
		log_debug("%s: the backend's answer to %s cannot be passed: %s",
		    a->gw->config->jid, a->from, why);
		asked_refuse(a, E_UNDEFINED_CONDITION,
		    "The answer of the network makes no sense.");
	} else if (error && buf_len(&out) == 0) {
		asked_refuse(a, E_UNDEFINED_CONDITION, NULL);
	} else {
		x = asked_begin_as(a, error ? "error" : "result");
		xml_raw(x, buf_data(&out), buf_len(&out));
		asked_end(a, x);
	}
	buf_free(&out);
}

static void
answered(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_stanza_result nothing;
	struct passing *p = ctx;
	struct user *user = user_find(p->asked->gw, p->user);

	if (error == NULL)
		put_answer(p->asked, p->kind, result ? &result->stanza :
		    &nothing);
	else if (p->otherwise != NULL)
		answer_ourselves(p);
	else
		asked_refuse_by(p->asked, error);
	if (user != NULL)
		session_answered(user);
	passing_free(p);
}

/* m: from whom and to whom. */
static bool
pass_to(struct down *d, struct msg_stanza *m, enum passing_kind kind,
    down_handler *otherwise)
{
	const struct stanza *payload = stanza_first(d->stanza);
	struct buf xml = { 0 };
	struct passing *p;
	const char *why;

	if (raw_take(&xml, kind, d->stanza, &why) < 0) {
		log_debug("%s: an iq of %s to %s cannot be passed: %s",
		    d->gw->config->jid, d->from->full, d->to->full, why);
		buf_free(&xml);
		return false;
	}
	if (asked_may(d, session_ready(d->user))) {
		buf_addc(&xml, '\0');
		m->kind = "iq";
		m->type = d->type;
		m->id = d->id;
		m->xml = buf_data(&xml);
		p = xmalloc(sizeof(*p));
		*p = (struct passing){ asked_by(d), xstrdup(d->user->jid),
		    otherwise, xstrdup(payload->ns),
		    xstrdup_null(stanza_attr(payload, "node")), kind };
		d->user->inflight++;
		session_request(d->user, METHOD_stanza, m, answered, p);
	}
	buf_free(&xml);
	return true;
}

static bool
pass(struct down *d, down_handler *otherwise)
{
	struct msg_stanza m = { 0 };

	return stanza_first(d->stanza) != NULL && raw_address(d, &m) &&
	    pass_to(d, &m, PASSING_IQ, otherwise);
}

bool
raw_pass(struct down *d)
{
	return pass(d, NULL);
}

/* ----------------------------------- what the gateway could answer, but ... */

static bool
is_disco(const char *ns)
{
	return strcmp(ns, NS_DISCO_INFO) == 0 ||
	    strcmp(ns, NS_DISCO_ITEMS) == 0;
}

/* Is the question about something that only the gateway has? */
static bool
is_ours(const struct down *d, const char *ns, const char *node)
{
	if (is_disco(ns) && node != NULL && strcmp(node, NS_COMMANDS) == 0)
		return d->room != NULL ||
		    gateway_can(d->gw, FEATURE_CONTACT_COMMANDS);
	if (is_disco(ns) || strcmp(ns, NS_COMMANDS) == 0)
		return node != NULL && (command_label(d, node) != NULL ||
		    caps_is_node(node, caps_of_contacts(d->gw)));
	return false;
}

/* XEP-0060: nodes that are pictures and cards have methods of their own. */
static bool
is_our_node(const struct stanza *pubsub)
{
	for (const struct stanza *s = stanza_first(pubsub); s != NULL;
	    s = stanza_next(s)) {
		const char *node = stanza_attr(s, "node");

		if (node != NULL && (strcmp(node, NS_AVATAR_DATA) == 0 ||
		    strcmp(node, NS_AVATAR_META) == 0 ||
		    strcmp(node, NS_VCARD4_NODE) == 0))
			return true;
	}
	return false;
}

/* Where the network has a method for it, that is used. */
static const struct {
	const char *ns, *unless;
} better[] = {
	{ NS_DISCO_INFO, NULL }, { NS_DISCO_ITEMS, NULL },
	{ NS_COMMANDS, NULL }, { NS_PUBSUB, NULL }, { NS_LAST, NULL },
	{ NS_VERSION, FEATURE_QUERY }, { NS_TIME, FEATURE_QUERY },
	{ NS_PING, FEATURE_QUERY },
	{ NS_VCARD, FEATURE_VCARD }, { NS_VCARD4, FEATURE_VCARD },
};

static bool
is_better(const struct down *d, const char *ns)
{
	for (size_t i = 0; i < LENGTH(better); i++) {
		if (strcmp(better[i].ns, ns) == 0)
			return better[i].unless == NULL ||
			    !gateway_can(d->gw, better[i].unless);
	}
	return false;
}

bool
raw_pass_first(struct down *d, down_handler *otherwise)
{
	const struct stanza *payload = stanza_first(d->stanza);
	bool room = d->room != NULL && d->to->resource == NULL;

	if (payload == NULL || payload != d->payload ||
	    !gateway_can(d->gw, FEATURE_RAW) || !is_better(d, payload->ns) ||
	    is_ours(d, payload->ns, stanza_attr(payload, "node")) ||
	    name_is_server(d->gw, d->name ? d->name : ""))
		return false;
	/* A room that the user is in is what the gateway makes of it. */
	if (room || (strcmp(payload->ns, NS_PING) == 0 &&
	    (d->room != NULL || name_is_room(d->gw, d->name))))
		return false;
	if (strcmp(payload->ns, NS_PUBSUB) == 0 && is_our_node(payload))
		return false;
	return pass(d, is_disco(payload->ns) ? otherwise : NULL);
}

/* ------------------------------------------------ of the user's own account */

bool
raw_pass_account(struct down *d)
{
	const struct stanza *payload = stanza_first(d->stanza);
	struct msg_stanza m = { .peer = "", .client = d->from->resource };

	if (payload == NULL || !passing_may(PASSING_ACCOUNT, payload->ns) ||
	    is_our_node(payload) || !gateway_can(d->gw, FEATURE_RAW) ||
	    d->user == NULL || d->user->guest || !session_expected(d->user))
		return false;
	m.user = d->user->jid;
	return pass_to(d, &m, PASSING_ACCOUNT, NULL);
}

/* ----------------------------------------------------- asked by the network */

struct asking {
	unsigned	 backend;
	uint32_t	 id;
	char		 user[];	/* bare */
};

static void
refuse(struct up *up, const char *code, const char *text)
{
	pool_refuse(up->gw->pool, up->backend, up->id, code, text);
}

static void
client_answered(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct asking *asking = ctx;
	struct user *user = user_find(gw, asking->user);
	struct msg_stanza_up_result r = { .type = "result" };
	const char *type = stanza_attr(answer, "type"), *why = NULL;
	struct buf xml = { 0 };

	(void)a;
	if (user != NULL && user->asking > 0)
		user->asking--;
	if (type != NULL && strcmp(type, "error") == 0)
		r.type = "error";
	if (answer == NULL) {
		pool_refuse(gw->pool, asking->backend, asking->id,
		    ERR_TIMEOUT, "the client did not answer");
	} else if (raw_take(&xml, *r.type == 'e' ? PASSING_ERROR : PASSING_IQ,
	    answer, &why) < 0) {
		pool_refuse(gw->pool, asking->backend, asking->id,
		    ERR_BAD_REQUEST, why);
	} else {
		buf_addc(&xml, '\0');
		r.xml = buf_len(&xml) > 1 ? buf_data(&xml) : NULL;
		pool_answer(gw->pool, asking->backend, asking->id,
		    METHOD_stanza_up, &r);
	}
	buf_free(&xml);
	free(asking);
}

static void
ask_client(struct up *up, const char *from, const char *to,
    const struct buf *payload)
{
	size_t size = strlen(up->user->jid) + 1;
	struct asking *asking = xmalloc(sizeof(*asking) + size);
	struct xml *x;

	asking->backend = up->backend;
	asking->id = up->id;
	memcpy(asking->user, up->user->jid, size);
	up->user->asking++;
	x = iq_begin(up->gw, up->params->stanza_up.type, from, to);
	xml_raw(x, buf_data(payload), buf_len(payload));
	iq_send(up->gw, x, to, CLIENT_TIMEOUT, client_answered, asking);
}

static void
ask(struct up *up, struct arena *a)
{
	const struct msg_stanza_up *m = &up->params->stanza_up;
	const char *from = raw_source(up, a, m);
	const char *to = raw_client(up->user, a, m);
	const char *why;
	struct buf payload = { 0 };

	if (strcmp(m->type, "get") != 0 && strcmp(m->type, "set") != 0) {
		refuse(up, ERR_BAD_REQUEST, "type is get or set");
	} else if (from == NULL || to == NULL) {
		refuse(up, ERR_NOT_FOUND, from ? "no such client" :
		    "that is no address");
	} else if (up->user->asking >= ASKING_MAX) {
		refuse(up, ERR_RATE_LIMITED, NULL);
	} else if (raw_clean(&payload, PASSING_IQ, m->xml, up->user->jid,
	    &why) != 1) {
		log_debug("%s: %s: an iq of \"%s\" cannot be passed: %s",
		    up->gw->config->jid, up->user->jid, m->peer, why);
		refuse(up, ERR_BAD_REQUEST, why);
	} else {
		ask_client(up, from, to, &payload);
	}
	buf_free(&payload);
}

void
up_stanza(struct up *up)
{
	const char *kind = up->params->stanza_up.kind;
	struct arena a = { 0 };

	if (gateway_can(up->gw, FEATURE_RAW) && strcmp(kind, "iq") == 0)
		ask(up, &a);
	else if (gateway_can(up->gw, FEATURE_RAW) &&
	    strcmp(kind, "message") == 0)
		up_stanza_message(up);
	else
		refuse(up, ERR_NOT_SUPPORTED, NULL);
	arena_free(&a);
}
