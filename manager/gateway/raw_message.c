/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of clients of which the gateway understands a part, or nothing.
 * What stands beside a body goes with it, as one belongs to the other; what
 * stands alone is a stanza of its own. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/raw_address.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define LANG_MAX 35	/* bytes; RFC 5646 4.4.1 */

bool
raw_extra(struct down *d)
{
	struct buf xml = { 0 };
	const char *why;
	int n;

	if (!gateway_can(d->gw, FEATURE_RAW) ||
	    (d->type != NULL && strcmp(d->type, "error") == 0))
		return true;
	n = raw_take(&xml, PASSING_MESSAGE, d->stanza, &why);
	if (n < 0)
		say_error(d, E_POLICY_VIOLATION, why);
	else if (n > 0)
		d->extra = arena_strndup(d->arena, buf_data(&xml),
		    buf_len(&xml));
	buf_free(&xml);
	return n >= 0;
}

const char *
raw_lang(const struct down *d)
{
	const char *lang = stanza_attr(stanza_child(d->stanza, "body", NULL),
	    "xml:lang");

	if (lang == NULL)
		lang = stanza_attr(d->stanza, "xml:lang");
	return lang != NULL && strlen(lang) <= LANG_MAX &&
	    gateway_can(d->gw, FEATURE_RAW) ? lang : NULL;
}

/* Hints and notes of encryption say nothing without what they are about. */
static bool
says_something(const struct stanza *message)
{
	for (const struct stanza *s = stanza_first(message); s != NULL;
	    s = stanza_next(s)) {
		if (passing_may(PASSING_MESSAGE, s->ns) &&
		    strcmp(s->ns, NS_HINTS) != 0 &&
		    strcmp(s->ns, NS_EME) != 0 && strcmp(s->ns, NS_NICK) != 0)
			return true;
	}
	return false;
}

static void
passed(void *ctx, const struct msg_error *error, const union result *result)
{
	struct asked *a = ctx;
	char *user = xstrndup(a->from, strcspn(a->from, "/"));
	struct gateway *gw = a->gw;
	struct user *u;

	asked_answered(a, error, result);
	if ((u = user_find(gw, user)) != NULL)
		session_answered(u);
	free(user);
}

void
raw_message(struct down *d)
{
	struct msg_stanza m = {
		.kind = "message", .type = d->type ? d->type : "normal",
		.id = d->id, .xml = d->extra,
	};

	if (d->extra == NULL || !says_something(d->stanza))
		return;
	if (!raw_address(d, &m)) {
		say_error(d, E_RECIPIENT_UNAVAILABLE, NULL);
	} else if (asked_may(d, true)) {
		d->user->inflight++;
		session_request(d->user, METHOD_stanza, &m, passed,
		    asked_by(d));
	}
}
