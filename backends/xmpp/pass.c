/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between whom something passes, and what of it the main process has sent. */
#include "backends/xmpp/pass.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/pass_state.h"
#include "backends/xmpp/pass_xml.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define RESOURCE_MAX	1023	/* bytes; RFC 7622 3.4 */
#define TOKEN_SIZE	17

struct pass *
pass_of(struct session *s)
{
	if (s->pass == NULL) {
		s->pass = xcalloc(1, sizeof(*s->pass));
		LIST_INIT(&s->pass->asking);
	}
	return s->pass;
}

void
pass_forget(struct sent *sent)
{
	free(sent->to);
	free(sent->id);
	free(sent->client);
	*sent = (struct sent){ 0 };
}

void
pass_end(struct session *s)
{
	struct pass *p = s->pass;

	if (p == NULL)
		return;
	pass_ask_end(s);
	for (size_t i = 0; i < PASS_WRITERS; i++) {
		free(p->writers[i].to);
		free(p->writers[i].client);
	}
	for (size_t i = 0; i < PASS_SENT; i++)
		pass_forget(&p->sent[i]);
	free(p);
	s->pass = NULL;
}

/* --------------------------------------------------------- whose name it is */

void
pass_peer_init(struct pass_peer *p, struct session *s, const char *from)
{
	const char *slash = from != NULL ? strchr(from, '/') : NULL;
	const struct room *room;

	*p = (struct pass_peer){ .peer = "" };
	if (from == NULL)
		return;
	p->memory = account_bare(from);
	room = room_find(s, p->memory);
	if (room != NULL && slash != NULL) {
		p->room = room->id;
		p->peer = slash + 1;
		return;
	}
	if (slash != NULL)
		p->resource = slash + 1;
	if (room != NULL)
		p->peer = room->id;
	else if (!session_is_own(s, p->memory))
		p->peer = p->memory;
}

void
pass_peer_finish(struct pass_peer *p)
{
	free(p->memory);
}

/* ---------------------------------------------------- who has written where */

static void
note_writer(struct session *s, const char *to, const char *client)
{
	struct pass *p = pass_of(s);
	struct writer *w = &p->writers[p->nwriters % PASS_WRITERS];

	if (client == NULL || to == NULL)
		return;
	for (size_t i = 0; i < PASS_WRITERS; i++) {
		/* The newest one is what is looked for first. */
		if (p->writers[i].to != NULL &&
		    strcmp(p->writers[i].to, to) == 0)
			xreplace(&p->writers[i].to, NULL);
	}
	xreplace(&w->to, to);
	xreplace(&w->client, client);
	p->nwriters++;
}

static bool
same_bare(const char *a, const char *b)
{
	size_t len = strcspn(a, "/");

	return len == strcspn(b, "/") && strncmp(a, b, len) == 0;
}

const char *
pass_writer(const struct session *s, const char *jid)
{
	const struct pass *p = s->pass;
	const char *otherwise = NULL;

	for (size_t i = 0; p != NULL && jid != NULL && i < PASS_WRITERS;
	    i++) {
		/* From the last one on. */
		const struct writer *w = &p->writers[(p->nwriters +
		    PASS_WRITERS - 1 - i) % PASS_WRITERS];

		if (w->to == NULL)
			continue;
		if (strcmp(w->to, jid) == 0)
			return w->client;
		if (otherwise == NULL && same_bare(w->to, jid))
			otherwise = w->client;
	}
	return otherwise;
}

/* ---------------------------------------------------- of the main process's */

/* The address of a contact's client, malloced; NULL: there can be none. */
static char *
client_address(struct session *s, const char *peer, const char *resource)
{
	char *bare = account_contact(peer), *full;
	const struct contact *c;

	if (bare != NULL && resource != NULL && *resource == '\0') {
		c = contact_find(s, bare);
		resource = c != NULL && !TAILQ_EMPTY(&c->resources) ?
		    TAILQ_FIRST(&c->resources)->name : NULL;
	}
	if (bare == NULL || resource == NULL || *resource == '\0' ||
	    strlen(resource) > RESOURCE_MAX)
		return bare;
	full = xasprintf("%s/%s", bare, resource);
	free(bare);
	return full;
}

/* false: the request has been answered.  *to NULL: the account itself. */
static bool
address(struct session *s, const struct kit_call *call,
    const struct msg_stanza *m, char **to)
{
	*to = NULL;
	if (m->room != NULL) {
		*to = room_address(s, call, m->room, m->peer);
		return *to != NULL;
	}
	if (*m->peer == '\0')
		return true;
	*to = client_address(s, m->peer, m->resource);
	if (*to == NULL)
		kit_error(call, ERR_NOT_FOUND, NULL);
	return *to != NULL;
}

struct asked {
	struct kit_call	 call;
	enum passing_kind kind;
};

static void
on_answer(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct asked *asked = ctx;
	const struct kit_call *call = &asked->call;
	bool worked = request_worked(answer);
	struct msg_stanza_result r = { .type = worked ? "result" : "error" };
	const char *why = NULL;
	char *xml = answer != NULL ? pass_take(worked ? asked->kind :
	    PASSING_ERROR, answer, &why) : NULL;

	(void)s;
	r.xml = xml;
	if (answer == NULL)
		kit_error(call, ERR_TIMEOUT, NULL);
	else if (why != NULL)
		kit_error(call, ERR_NOT_ACCEPTABLE, why);
	else
		kit_reply(call, &r);
	free(xml);
	free(asked);
}

static void
ask(struct session *s, const struct kit_call *call, const struct msg_stanza *m,
    const char *to)
{
	enum passing_kind kind = *m->peer == '\0' ? PASSING_ACCOUNT :
	    PASSING_IQ;
	xmpp_stanza_t *iq = request_new(s, m->type, to);
	struct asked *asked;
	const char *why;

	if (pass_put(kind, iq, m->xml, &why) != 1) {
		kit_error(call, ERR_BAD_REQUEST, why);
		xmpp_stanza_release(iq);
		return;
	}
	asked = xmalloc(sizeof(*asked));
	*asked = (struct asked){ *call, kind };
	request_send(s, iq, on_answer, asked);
}

static void
note_sent(struct session *s, xmpp_stanza_t *st, const char *client)
{
	struct pass *p = pass_of(s);
	struct sent *sent = &p->sent[p->nsent++ % PASS_SENT];

	pass_forget(sent);
	sent->to = account_bare(xmpp_stanza_get_to(st));
	sent->id = xstrdup(xmpp_stanza_get_id(st));
	sent->client = xstrdup_null(client);
}

static void
tell(struct session *s, const struct kit_call *call,
    const struct msg_stanza *m, const char *to)
{
	bool named = m->id != NULL && *m->id != '\0' &&
	    strlen(m->id) <= PAYLOAD_ID;
	char token[TOKEN_SIZE];
	xmpp_stanza_t *st;
	const char *why;

	rand_token(token, sizeof(token));
	st = xmpp_message_new(session_strophe(s), m->type, to,
	    named ? m->id : token);
	if (pass_put(PASSING_MESSAGE, st, m->xml, &why) <= 0) {
		kit_error(call, ERR_BAD_REQUEST, why);
		xmpp_stanza_release(st);
		return;
	}
	note_sent(s, st, m->client);
	session_send(s, st, call);
}

static bool
is_iq(const struct msg_stanza *m)
{
	return strcmp(m->kind, "iq") == 0 && (strcmp(m->type, "get") == 0 ||
	    strcmp(m->type, "set") == 0);
}

static bool
is_message(const struct msg_stanza *m)
{
	return strcmp(m->kind, "message") == 0 && *m->peer != '\0' &&
	    (strcmp(m->type, "chat") == 0 || strcmp(m->type, "normal") == 0 ||
	    strcmp(m->type, "headline") == 0 ||
	    strcmp(m->type, "groupchat") == 0);
}

void
down_stanza(const struct kit_call *call, const struct msg_stanza *m)
{
	struct session *s = session_for(call, m->user);
	char *to;

	if (s == NULL)
		return;
	if (!is_iq(m) && !is_message(m)) {
		kit_error(call, ERR_BAD_REQUEST, NULL);
		return;
	}
	/* What is said to all in a room is for who is in it. */
	if (strcmp(m->type, "groupchat") == 0 &&
	    (m->room != NULL || room_in(s, call, m->peer) == NULL)) {
		if (m->room != NULL)
			kit_error(call, ERR_BAD_REQUEST, NULL);
		return;
	}
	if (!address(s, call, m, &to))
		return;
	note_writer(s, to, m->client);
	if (is_iq(m))
		ask(s, call, m, to);
	else
		tell(s, call, m, to);
	free(to);
}
