/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.h - settings of users that act on a connection that is up.  Those that
 * are needed to make one are looked up when it is made. */
#ifndef BACKENDS_IRC_APPLY_H
#define BACKENDS_IRC_APPLY_H

#include "backends/irc/network.h"

/* Settings are new or have changed: how fast may it send? */
void	apply_settings(struct network *);
/* The real name has changed.  true: the server has been told (setname). */
bool	apply_realname(struct network *);
/* The setting nick has changed: take it, now if possible. */
void	apply_nick(struct network *);
/* The server has said welcome: what the user wants done first. */
void	apply_after_connect(struct network *);

#endif
