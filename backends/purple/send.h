/* SPDX-License-Identifier: GPL-2.0-or-later */
/* send.h - what the user says. */
#ifndef BACKENDS_PURPLE_SEND_H
#define BACKENDS_PURPLE_SEND_H

#include "backends/purple/session.h"

void	down_message(const struct kit_call *, const struct msg_send *);

/* A text to a contact, xhtml may be NULL.  Answers the request, now or soon,
 * exactly once. */
void	send_text(struct session *, const struct kit_call *,
	    const char *contact, const char *body, const char *xhtml);
/* The same with nobody to answer to: an error is written to the user. */
void	send_unasked(struct session *, const char *contact, const char *body);
/* "/me waves" is a command where the protocol has one, as IRC; else the words
 * themselves are what others show as such.  True: done. */
bool	send_action(PurpleConversation *, const char *body);

#endif
