/* SPDX-License-Identifier: GPL-2.0-or-later */
/* presence.h - the user's own presence, as a status of the protocol. */
#ifndef BACKENDS_PURPLE_PRESENCE_H
#define BACKENDS_PURPLE_PRESENCE_H

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module presence_module;

/* show: of the backend protocol, NULL is online; status may be NULL. */
void	presence_set(struct session *, const char *show, const char *status);

#endif
