/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - what users of IRC are used to type: /nick, /topic, /kick, ... */
#ifndef BACKENDS_IRC_COMMAND_H
#define BACKENDS_IRC_COMMAND_H

#include "backends/irc/network.h"

/* Is the body a command that we know?  Then it is run and the request, which
 * came at that ev_now(), will be answered; c is the room it was typed in, or
 * NULL with peer the nick it was typed to.  "/me" is not one, and what is not
 * known is text. */
bool	command_run(struct network *, request_t, struct channel *c,
	    const char *peer, const char *body, double came);

#endif
