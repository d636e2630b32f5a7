/* SPDX-License-Identifier: GPL-2.0-or-later */
/* say_chat.h - what is said about messages: seen, liked, taken back; and the
 * user's own messages from elsewhere. */
#ifndef MANAGER_GATEWAY_SAY_CHAT_H
#define MANAGER_GATEWAY_SAY_CHAT_H

#include "manager/gateway/say.h"

/* XEP-0333, state "received" or "displayed". */
void	say_marker(struct gateway *, const char *from, const char *to,
	    const char *id, const char *state);
/* Into an open message; that it was taken back is said in its body, too, for
 * clients that do not know it (SAY_TAKEN_BACK). */
#define SAY_TAKEN_BACK	"/me took a message back."
void	say_gesture_inside(struct xml *, const struct say_gesture *);
/* Server mode: a client of the user has sent this; its others are shown it. */
void	say_sent(struct user *, const char *client,
	    const struct say_message *);
/* A message that the user wrote with another program of the network: shown as
 * sent (XEP-0280), by the user's server where we may (XEP-0356). */
void	say_own_message(struct user *, const char *contact_full,
	    const struct say_message *);

#endif
