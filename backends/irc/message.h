/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.h - what people say, both ways. */
#ifndef BACKENDS_IRC_MESSAGE_H
#define BACKENDS_IRC_MESSAGE_H

#include "backends/irc/network.h"

/* PRIVMSG or NOTICE from the server. */
void	message_received(struct network *, struct line *);

/* Send to a nick or to a channel we are in; via: the room that a private
 * message goes through, or NULL.  Answers the request by and by. */
void	message_send(struct network *, request_t, const struct msg_send *,
	    const char *target, struct channel *via);

/* PONG: what was sent before that PING has not been refused. */
void	message_fenced(struct network *, struct line *);

/* Tell the user something that the network itself says, or that went wrong
 * with a contact: a message from that id. */
void	message_from(struct network *, const char *id, const char *text);

/* A line for a nick that is nobody's message: NickServ's IDENTIFY.  Its echo
 * is swallowed. */
void	message_quietly(struct network *, const char *target, const char *text);

#endif
