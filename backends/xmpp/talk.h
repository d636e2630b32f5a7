/* SPDX-License-Identifier: GPL-2.0-or-later */
/* talk.h - messages between two.
 *   talk.c		what of a message goes where; what comes back
 *   talk_send.c	to the server
 *   talk_receive.c	from it */
#ifndef BACKENDS_XMPP_TALK_H
#define BACKENDS_XMPP_TALK_H

#include "backends/xmpp/session.h"

/* Requests and notifications of the main process; none is about a room. */
void	talk_send(struct session *, const struct kit_call *,
	    const struct msg_send *);
void	talk_mark(struct session *, const struct msg_marker *);
void	talk_state(struct session *, const struct msg_chat_state *);
void	talk_react(struct session *, const struct kit_call *,
	    const struct msg_react *);
void	talk_retract(struct session *, const struct kit_call *,
	    const struct msg_retract *);
void	talk_attention(struct session *, const struct msg_attention *);

/* How a message came here. */
struct heard {
	int64_t		 time;		/* of old ones, in ms; or 0 */
	bool		 own;		/* the user's, by another client */
	bool		 copy;		/* another client has it, too */
};

/* Rows of session.c's table. */
bool	talk_stanza(struct session *, xmpp_stanza_t *);
void	talk_end(struct session *);

/* Tell what a message of somebody says; it is none of a room, and no error. */
void	talk_hear(struct session *, xmpp_stanza_t *, const struct heard *);

/* A message that the user wrote was given to the server; if it comes back when
 * its request is answered, somebody must hear of it.  ours: its id is one that
 * the user's client does not know. */
void	talk_note(struct session *, const char *to, const char *id, bool ours);

#endif
