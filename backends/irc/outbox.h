/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outbox.h - what the user says while it cannot be sent: the connection is
 * being made, or made again, or the room is being joined.  It waits in order
 * for a bounded time, and is sent or refused. */
#ifndef BACKENDS_IRC_OUTBOX_H
#define BACKENDS_IRC_OUTBOX_H

#include "backends/irc/network.h"

void	outbox_init(struct network *);

/* Send it now or when it can be, or run it as the command that it is.  name: a
 * valid nick, for kind chat, or "": the server; or the name of the room on the
 * network.  Answers
 * the request by and by. */
void	outbox_say(struct network *, request_t, const struct msg_send *,
	    const char *name);
/* We are welcome, or a room is joined or not going to be: send what can be
 * sent now, refuse what cannot be any more. */
void	outbox_move(struct network *);
/* Nothing of it will be sent; why is told to the user. */
void	outbox_refuse(struct network *, const char *why);

#endif
