/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about sessions. */
#include "backends/twitter/down.h"

#include <stdlib.h>

#include "backends/twitter/renew.h"
#include "backends/twitter/session.h"
#include "util/xalloc.h"

void
down_login(const struct kit_call *call, const struct msg_login *m)
{
	kit_reply(call, NULL);
	session_login(m);
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

	if (s != NULL)
		session_logout(s);
	copy = xmalloc(sizeof(*copy));
	*copy = *call;
	renew_wait(m->user, logged_out, copy);
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
	if (s != NULL)
		session_show(s, m->show);
}
