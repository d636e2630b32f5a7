/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.h - what people say to the user. */
#ifndef BACKENDS_IRC_MESSAGE_H
#define BACKENDS_IRC_MESSAGE_H

#include "backends/irc/network.h"

/* PRIVMSG or NOTICE from the server. */
void	message_received(struct network *, struct line *);

/* Tell the user something that the network itself says, or that went wrong
 * with a contact: a message from that id. */
void	message_from(struct network *, const char *id, const char *text);

#endif
