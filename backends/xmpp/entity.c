/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others are told the program that the user has, where they may see the user at
 * all; otherwise that it is a gateway. */
#include "backends/xmpp/entity.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/iq.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

#define TEXT_MAX	256	/* bytes */
#define PATIENCE	20.0	/* seconds for the user's client */
#define QUESTIONS_MAX	20	/* to the clients of one user, at a time */

/* ------------------------------------------------------------- asked of us */

/* Stanzas do not outlive their session; these do. */
struct question {
	char		*user, *account;	/* who was asked */
	char		*from, *id;		/* by whom, in which stanza */
	LIST_ENTRY(question) entry;
};

static LIST_HEAD(, question) questions = LIST_HEAD_INITIALIZER(questions);

static size_t
count(const char *user)
{
	const struct question *q;
	size_t n = 0;

	LIST_FOREACH(q, &questions, entry)
		n += strcmp(q->user, user) == 0;
	return n;
}

static void
say_version(struct session *s, xmpp_stanza_t *answer,
    const struct msg_query_up_result *r)
{
	xmpp_stanza_t *query = build_child(answer, "query", NS_VERSION);

	build_text(query, "name", r->name != NULL ? r->name : "Spectrum 2");
	build_text(query, "version", r->name != NULL ? r->version :
	    SPECTRUM_VERSION);
	build_text(query, "os", r->os);
	session_send(s, answer, NULL);
}

static void
on_version(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_query_up_result unknown;
	struct question *q = ctx;
	struct session *s = session_find(q->user);
	xmpp_stanza_t *answer;

	if (s != NULL && strcmp(s->jid, q->account) == 0 && s->connected) {
		answer = xmpp_iq_new(session_strophe(s), "result", q->id);
		xmpp_stanza_set_to(answer, q->from);
		say_version(s, answer, error != NULL ? &unknown :
		    &result->query_up);
	}
	LIST_REMOVE(q, entry);
	free(q->user);
	free(q->account);
	free(q->from);
	free(q->id);
	free(q);
}

static void
ask(struct session *s, const char *contact, xmpp_stanza_t *request)
{
	struct msg_query_up m = { .user = s->user, .contact = contact,
	    .what = "version" };
	struct question *q = xmalloc(sizeof(*q));

	*q = (struct question){ .user = xstrdup(s->user),
	    .account = xstrdup(s->jid),
	    .from = xstrdup(xmpp_stanza_get_from(request)),
	    .id = xstrdup(xmpp_stanza_get_id(request)) };
	LIST_INSERT_HEAD(&questions, q, entry);
	kit_request(METHOD_query_up, &m, PATIENCE, on_version, q);
}

void
entity_version(struct session *s, xmpp_stanza_t *request)
{
	static const struct msg_query_up_result unknown;
	const char *from = xmpp_stanza_get_from(request);
	char *jid = account_bare(from != NULL ? from : "");
	struct contact *c = *jid != '\0' ? contact_find(s, jid) : NULL;

	if (c != NULL && contact_sees(c) && count(s->user) < QUESTIONS_MAX)
		ask(s, c->jid, request);
	else
		say_version(s, iq_answer(s, request), &unknown);
	free(jid);
}

/* Of this machine, in UTC: where the user is, is nobody's business. */
void
entity_time(struct session *s, xmpp_stanza_t *request)
{
	xmpp_stanza_t *answer = iq_answer(s, request);
	xmpp_stanza_t *child = build_child(answer, "time", NS_TIME);
	char text[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	build_text(child, "tzo", "+00:00");
	build_text(child, "utc", text);
	session_send(s, answer, NULL);
}

/* ------------------------------------------------------------ asked by us */

static void
on_answer(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct kit_call *call = ctx;
	struct msg_query_result r = { 0 };
	xmpp_stanza_t *query = stanza_child(answer, "query", NS_VERSION);
	char *name, *version, *os, *utc;

	(void)s;
	if (!request_worked(answer)) {
		request_settle(call, answer);
		free(call);
		return;
	}
	r.name = name = stanza_text(stanza_child(query, "name", NULL),
	    TEXT_MAX);
	r.version = version = stanza_text(stanza_child(query, "version", NULL),
	    TEXT_MAX);
	r.os = os = stanza_text(stanza_child(query, "os", NULL), TEXT_MAX);
	utc = stanza_text(stanza_child(stanza_child(answer, "time", NS_TIME),
	    "utc", NULL), TEXT_MAX);
	r.time = stanza_time(utc);
	kit_reply(call, &r);
	free(name);
	free(version);
	free(os);
	free(utc);
	free(call);
}

/* Its best client; without any, whoever answers for it. */
static char *
address(struct session *s, const struct msg_query *m)
{
	const struct contact *c = m->room == NULL ?
	    contact_find(s, m->contact) : NULL;

	if (m->room != NULL)
		return xasprintf("%s/%s", m->room, m->contact);
	if (c == NULL || TAILQ_EMPTY(&c->resources) ||
	    *TAILQ_FIRST(&c->resources)->name == '\0')
		return account_contact(m->contact);
	return xasprintf("%s/%s", c->jid, TAILQ_FIRST(&c->resources)->name);
}

void
down_query(const struct kit_call *call, const struct msg_query *m)
{
	static const struct {
		const char *what, *name, *ns;
	} kinds[] = {
		{ "version", "query", NS_VERSION },
		{ "ping", "ping", "urn:xmpp:ping" },
		{ "time", "time", NS_TIME },
	};
	struct session *s = session_for(call, m->user);
	struct kit_call *copy;
	xmpp_stanza_t *iq;
	char *to;
	size_t i = 0;

	if (s == NULL)
		return;
	while (i < LENGTH(kinds) && strcmp(kinds[i].what, m->what) != 0)
		i++;
	if (i == LENGTH(kinds) || (to = address(s, m)) == NULL) {
		kit_error(call, i == LENGTH(kinds) ? ERR_NOT_SUPPORTED :
		    ERR_NOT_FOUND, NULL);
		return;
	}
	iq = request_new(s, "get", to);
	build_child(iq, kinds[i].name, kinds[i].ns);
	copy = xmalloc(sizeof(*copy));
	*copy = *call;
	request_send(s, iq, on_answer, copy);
	free(to);
}
