/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's own events. */
#include "manager/gateway/ask.h"
#include "manager/gateway/session.h"
#include "manager/gateway/up.h"

void
up_connected(struct up *up)
{
	session_connected(up->user);
}

void
up_disconnected(struct up *up)
{
	const struct msg_disconnected *msg = &up->params->disconnected;

	session_disconnected(up->user, msg->reason, msg->text, msg->retry);
}

void
up_ask(struct up *up)
{
	ask_put(up);
}
