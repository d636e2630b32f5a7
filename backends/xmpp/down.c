/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/down.h"

#include <stdlib.h>

#include "backends/xmpp/session.h"
#include "backends/xmpp/talk.h"
#include "util/xalloc.h"

void
down_login(const struct kit_call *call, const struct msg_login *m)
{
	session_login(call, m);
}

static void
logged_out(void *ctx)
{
	kit_reply(ctx, NULL);
	free(ctx);
}

void
down_logout(const struct kit_call *call, const struct msg_logout *m)
{
	struct session *s = session_find(m->user);
	struct kit_call *copy;

	if (s == NULL) {
		kit_reply(call, NULL);
		return;
	}
	copy = xmalloc(sizeof(*copy));
	*copy = *call;
	session_logout(s, logged_out, copy);
}

void
down_setting(const struct kit_call *call, const struct msg_setting *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	if (s != NULL)
		session_told(s, m->name, m->value);
}

void
down_presence(const struct kit_call *call, const struct msg_presence *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	/* Below zero nothing would arrive here: that is for the main process
	 * to decide, by client. */
	if (s != NULL)
		session_show(s, m->show, m->status, m->priority < 0 ? 0 :
		    m->priority > 127 ? 127 : (int)m->priority);
}

void
down_send(const struct kit_call *call, const struct msg_send *m)
{
	struct session *s = session_for(call, m->user);

	if (s != NULL)
		talk_send(s, call, m);
}
