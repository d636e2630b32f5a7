/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about sessions. */
#include "backends/twitter/down.h"

#include "backends/twitter/session.h"

void
down_login(const struct kit_call *call, const struct msg_login *m)
{
	kit_reply(call, NULL);
	session_login(m);
}

void
down_logout(const struct kit_call *call, const struct msg_logout *m)
{
	struct session *s = session_find(m->user);

	if (s != NULL)
		session_logout(s);
	kit_reply(call, NULL);
}

void
down_setting(const struct kit_call *call, const struct msg_setting *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	if (s != NULL)
		session_set(s, m->name, m->value);
}
