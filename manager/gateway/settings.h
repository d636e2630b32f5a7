/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h - the command by which users change their settings: those that the
 * gateway acts on and those that the backend has announced; and, asked of a
 * server, what holds for the rooms of that server. */
#ifndef MANAGER_GATEWAY_SETTINGS_H
#define MANAGER_GATEWAY_SETTINGS_H

#include "manager/gateway/down.h"

#define SETTINGS_NODE	"settings"
#define SETTINGS_LABEL	"Transport settings"
#define SETTINGS_SERVER_LABEL	"Settings of rooms of this server"

/* Show the form, or take what was filled in (form not NULL).  Works without a
 * session: who has switched the gateway off must be able to switch it on. */
void	settings_run(struct down *, const struct stanza *form);

#endif
