/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/answer.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct answer {
	struct outgoing	 out;
	LIST_ENTRY(answer) entry;	/* of the session, until it is given */
	struct kit_call	 call;
	char		*id, *to;	/* both may be NULL */
	bool		 given;
};

static void
give(struct answer *a, const char *code, const char *text)
{
	if (a->given)
		return;
	a->given = true;
	LIST_REMOVE(a, entry);
	if (code != NULL)
		kit_error(&a->call, code, text);
	else
		kit_reply(&a->call, a->call.method == METHOD_send ?
		    &(struct msg_send_result){ 0 } : NULL);
}

static bool
same_account(const char *one, const char *other)
{
	size_t len = strcspn(one, "/");

	return len == strcspn(other, "/") && memcmp(one, other, len) == 0;
}

bool
answer_refuse(struct session *s, const char *id, const char *from,
    const char *code, const char *text)
{
	struct answer *a;

	LIST_FOREACH(a, &s->answers, entry) {
		if (a->id != NULL && strcmp(a->id, id) == 0 &&
		    a->to != NULL && same_account(a->to, from)) {
			give(a, code, text);
			return true;
		}
	}
	return false;
}

static void
destroy(struct answer *a)
{
	free(a->id);
	free(a->to);
	free(a);
}

static void
on_ended(struct outgoing *out, enum ledger_end end)
{
	static const char *const codes[] = {
		[LEDGER_UNSENT] = ERR_NOT_CONNECTED,
		[LEDGER_UNCERTAIN] = ERR_UNCERTAIN,
	};
	struct answer *a = CONTAINER(out, struct answer, out);

	give(a, end == LEDGER_DONE ? NULL : codes[end], NULL);
	destroy(a);
}

void
answer_send(struct session *s, const struct kit_call *call,
    xmpp_stanza_t *stanza)
{
	struct answer *a = xcalloc(1, sizeof(*a));

	a->out.ended = on_ended;
	a->call = *call;
	a->id = xstrdup_null(xmpp_stanza_get_id(stanza));
	a->to = xstrdup_null(xmpp_stanza_get_to(stanza));
	LIST_INSERT_HEAD(&s->answers, a, entry);
	if (session_send_as(s, stanza, &a->out) == 0)
		return;
	give(a, ERR_RATE_LIMITED, "Too much is waiting for the server "
	    "already.");
	destroy(a);
}
