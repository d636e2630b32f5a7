/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about sessions. */
#include "backends/purple/down.h"

#include "backends/purple/certificate.h"
#include "backends/purple/keep.h"
#include "backends/purple/presence.h"
#include "backends/purple/session.h"

void
down_login(const struct kit_call *call, const struct msg_login *m)
{
	/* First, as what follows may come to its end at once. */
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
down_presence(const struct kit_call *call, const struct msg_presence *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	if (s != NULL)
		presence_set(s, m->show, m->status);
}

/* Most options are read by a plug-in when it connects: what is changed holds
 * from the next login on. */
void
down_setting(const struct kit_call *call, const struct msg_setting *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	if (s != NULL && !certificates_setting(s, m->name, m->value))
		keep_changed_by_user(s, m->name, m->value);
}
