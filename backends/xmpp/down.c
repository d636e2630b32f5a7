/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/down.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/room.h"
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
	if (s != NULL)
		session_show(s, m);
}

void
down_send(const struct kit_call *call, const struct msg_send *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (strcmp(m->kind, "chat") == 0)
		talk_send(s, call, m);
	else
		room_send(s, call, m);
}

void
down_marker(const struct kit_call *call, const struct msg_marker *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	if (s != NULL && s->connected)
		talk_mark(s, m);
}

void
down_chat_state(const struct kit_call *call, const struct msg_chat_state *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	if (s != NULL && s->connected && m->room == NULL)
		talk_state(s, m);
	else if (s != NULL && s->connected)
		room_chat_state(s, m);
}

void
down_react(const struct kit_call *call, const struct msg_react *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (m->room == NULL)
		talk_react(s, call, m);
	else
		room_react(s, call, m);
}

void
down_retract(const struct kit_call *call, const struct msg_retract *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (m->room == NULL)
		talk_retract(s, call, m);
	else
		room_retract(s, call, m);
}

void
down_attention(const struct kit_call *call, const struct msg_attention *m)
{
	struct session *s = session_find(m->user);

	(void)call;
	if (s != NULL && s->connected)
		talk_attention(s, m);
}
