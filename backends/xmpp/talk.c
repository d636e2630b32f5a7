/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/talk.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/answer.h"
#include "backends/xmpp/pass.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/log.h"
#include "util/xalloc.h"

#define SENT_MAX	64	/* the last ones that may come back */
#define QUOTED_MAX	200	/* bytes of one that has */

struct sent {
	char		*name;		/* by name_of(), or NULL */
	bool		 ours;		/* as in talk_note() */
};

struct talk {
	struct sent	 sent[SENT_MAX];
	size_t		 next;
};

/* Whom it is with, and its id: malloced. */
static char *
name_of(const char *peer, const char *id)
{
	return xasprintf("%.*s\n%s", (int)strcspn(peer, "/"), peer, id);
}

void
talk_note(struct session *s, const char *to, const char *id, bool ours)
{
	struct sent *one;

	if (s->talk == NULL)
		s->talk = xcalloc(1, sizeof(*s->talk));
	one = &s->talk->sent[s->talk->next];
	free(one->name);
	*one = (struct sent){ name_of(to, id), ours };
	s->talk->next = (s->talk->next + 1) % SENT_MAX;
}

void
talk_end(struct session *s)
{
	for (size_t i = 0; s->talk != NULL && i < SENT_MAX; i++)
		free(s->talk->sent[i].name);
	free(s->talk);
	s->talk = NULL;
}

/* Is it one of those? It is so once only. */
static bool
forget(struct session *s, const char *from, const char *id, bool *ours)
{
	char *name = name_of(from, id);
	bool found = false;

	for (size_t i = 0; s->talk != NULL && i < SENT_MAX; i++) {
		struct sent *one = &s->talk->sent[i];

		if (one->name != NULL && strcmp(one->name, name) == 0) {
			xreplace(&one->name, NULL);
			*ours = one->ours;
			found = true;
		}
	}
	free(name);
	return found;
}

/* Its request was answered long ago. */
static void
tell_refused(struct session *s, xmpp_stanza_t *st, const char *code,
    const char *text)
{
	char *peer = account_bare(xmpp_stanza_get_from(st));
	const struct msg_undelivered m = { .user = s->user, .peer = peer,
	    .id = xmpp_stanza_get_id(st), .code = code, .text = text };

	kit_notify(METHOD_undelivered, &m);
	free(peer);
}

/* The same where no client knows which one it was: the peer says it. */
static void
say_refused(struct session *s, xmpp_stanza_t *st, const char *why)
{
	char *peer = account_bare(xmpp_stanza_get_from(st));
	char *body = stanza_text(stanza_child(st, "body", NS_CLIENT),
	    QUOTED_MAX);
	char *text = xasprintf("A message was not delivered: %s%s%s", why,
	    body != NULL ? "\n> " : "", body != NULL ? body : "");
	const struct msg_message m = { .user = s->user, .from = peer,
	    .kind = "chat", .body = text, .headline = true };

	kit_notify(METHOD_message, &m);
	free(text);
	free(body);
	free(peer);
}

static const char *
code_of(xmpp_stanza_t *st)
{
	/* Of a message: there is nobody who would take it (RFC 6121 8.5). */
	return stanza_child(stanza_child(st, "error", NULL),
	    "service-unavailable", XMPP_NS_STANZAS_IETF) != NULL ?
	    ERR_NOT_FOUND : request_code(st);
}

static void
refused(struct session *s, xmpp_stanza_t *st)
{
	const char *id = xmpp_stanza_get_id(st);
	const char *from = xmpp_stanza_get_from(st);
	const char *code = code_of(st);
	char *text = request_text(st);
	bool ours;

	if (id == NULL || from == NULL)
		log_debug("%s: an error of nothing", s->user);
	else if (answer_refuse(s, id, from, code, text))
		forget(s, from, id, &ours);
	else if (pass_refused(s, st))
		;
	else if (!forget(s, from, id, &ours))
		;
	else if (ours)
		say_refused(s, st, text != NULL ? text : code);
	else
		tell_refused(s, st, code, text);
	free(text);
}

bool
talk_stanza(struct session *s, xmpp_stanza_t *st)
{
	const char *type = xmpp_stanza_get_type(st);
	static const struct heard now = { 0 };

	if (!stanza_is(st, "message", NULL))
		return false;
	if (type != NULL && strcmp(type, "error") == 0)
		refused(s, st);
	else if (type == NULL || strcmp(type, "groupchat") != 0)
		talk_hear(s, st, &now);
	return true;
}
