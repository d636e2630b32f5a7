/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify.h - what plug-ins tell without being asked. */
#ifndef BACKENDS_PURPLE_NOTIFY_H
#define BACKENDS_PURPLE_NOTIFY_H

#include "backends/purple/session.h"

/* Set libpurple's UI operations. */
void	notify_init(void);

/* Tell the user: as the result of the command that is at work, else as a
 * message of the gateway.  Each of the texts may be NULL. */
void	notify_user(struct session *, const char *title, const char *primary,
	    const char *secondary);

#endif
