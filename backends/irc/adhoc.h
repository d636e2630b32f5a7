/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adhoc.h - commands offered to users as forms (the message command): settings,
 * what is known of a connection, ending and renewing it. */
#ifndef BACKENDS_IRC_ADHOC_H
#define BACKENDS_IRC_ADHOC_H

#include "backends/irc/network.h"

#define ADHOC_RECONNECT	"Connect to the IRC server, or connect again"

/* What is offered, for the answer to initialize; static. */
void	adhoc_offer(struct msg_initialize_result *);
/* PONG: it may be the answer to a question of ours, which is then answered. */
bool	adhoc_pong(struct network *, struct line *);

#endif
