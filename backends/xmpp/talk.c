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

struct talk {
	char		*sent[SENT_MAX];	/* by name_of(), or NULL */
	size_t		 next;
};

/* Whom it is with, and its id: malloced. */
static char *
name_of(const char *peer, const char *id)
{
	return xasprintf("%.*s\n%s", (int)strcspn(peer, "/"), peer, id);
}

void
talk_note(struct session *s, const char *to, const char *id)
{
	char **one;

	if (s->talk == NULL)
		s->talk = xcalloc(1, sizeof(*s->talk));
	one = &s->talk->sent[s->talk->next];
	free(*one);
	*one = name_of(to, id);
	s->talk->next = (s->talk->next + 1) % SENT_MAX;
}

void
talk_end(struct session *s)
{
	for (size_t i = 0; s->talk != NULL && i < SENT_MAX; i++)
		free(s->talk->sent[i]);
	free(s->talk);
	s->talk = NULL;
}

/* Is it one of those? It is so once only. */
static bool
forget(struct session *s, const char *from, const char *id)
{
	char *name = name_of(from, id);
	bool found = false;

	for (size_t i = 0; s->talk != NULL && i < SENT_MAX; i++) {
		char **one = &s->talk->sent[i];

		if (*one != NULL && strcmp(*one, name) == 0) {
			xreplace(one, NULL);
			found = true;
		}
	}
	free(name);
	return found;
}

/* Its request was answered long ago: the user hears it from the peer. */
static void
tell_refused(struct session *s, xmpp_stanza_t *st, const char *why)
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

	if (id == NULL || from == NULL)
		log_debug("%s: an error of nothing", s->user);
	else if (answer_refuse(s, id, from, code, text))
		forget(s, from, id);
	else if (pass_refused(s, st))
		;
	else if (forget(s, from, id))
		tell_refused(s, st, text != NULL ? text : code);
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
