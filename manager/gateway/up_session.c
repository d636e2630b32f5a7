/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's own events. */
#include "manager/gateway/ask.h"
#include "manager/gateway/menu.h"
#include "manager/gateway/session.h"
#include "manager/gateway/trial.h"
#include "manager/gateway/up.h"
#include "util/log.h"

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
up_setting(struct up *up)
{
	const struct msg_setting_up *msg = &up->params->setting_up;

	if (*msg->name == '\0' || !trial_keep(up->user, msg->name,
	    msg->secret ? STORE_SECRET : STORE_STRING, msg->value))
		log_warn("%s: %s: backend %u: a setting is not kept: too many "
		    "of them, too much, or no name", up->gw->config->jid,
		    up->user->jid, up->backend);
}

void
up_ask(struct up *up)
{
	ask_put(up);
}

void
up_ask_gone(struct up *up)
{
	ask_withdraw(up);
}

void
up_commands(struct up *up)
{
	if (menu_set(up->user, &up->params->commands) < 0)
		log_warn("%s: %s: backend %u: its commands are too many",
		    up->gw->config->jid, up->user->jid, up->backend);
}
