/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tagmsg.h - what is done to messages and around them, both ways: reactions,
 * taking back, typing (IRCv3 client tags, draft/message-redaction). */
#ifndef BACKENDS_IRC_TAGMSG_H
#define BACKENDS_IRC_TAGMSG_H

#include "backends/irc/network.h"

/* TAGMSG and REDACT from the server. */
void	tagmsg_received(struct network *, struct line *);
void	tagmsg_redact(struct network *, struct line *);

/* The user reacts to a message in that channel (c) or of or to that nick, or
 * takes one back.  Answers the request by and by. */
void	tagmsg_react(struct network *, request_t, const struct channel *c,
	    const char *target, const struct msg_react *);
void	tagmsg_retract(struct network *, request_t, const char *target,
	    const struct msg_retract *);

/* What of these works on this server, and so in its rooms: names as in
 * protocol/features.h; returns how many. */
#define TAGMSG_FEATURES 4
size_t	tagmsg_features(const struct network *,
	    const char *names[TAGMSG_FEATURES]);

/* Where something about a message is to be shown: for the fields of these
 * names in messages to the main process.  who: the other in private talk,
 * the author or actor in a channel.  Strings are borrowed for a moment. */
struct talk_place {
	const char	*peer, *room;
	bool		 private;
};
struct talk_place talk_place(const struct network *, const struct channel *,
	    const char *who);

#endif
