/* SPDX-License-Identifier: GPL-2.0-or-later */
/* talk.h - what contacts say to a user. */
#ifndef BACKENDS_PURPLE_TALK_H
#define BACKENDS_PURPLE_TALK_H

#include <time.h>

#include "backends/purple/module.h"
#include "backends/purple/peer.h"
#include "backends/purple/session.h"

extern const struct module talk_module;

/* A plug-in, or libpurple itself, writes into a conversation with a contact.
 * name and html are as the plug-in has them. */
void	talk_heard(PurpleAccount *, const char *name, const char *html,
	    PurpleMessageFlags, time_t when);
/* The same from elsewhere: all that is missing in the message is filled in. */
void	talk_send_up(struct session *, const struct peer *,
	    struct msg_message *);
/* Plain text from a contact; or about one, beside the conversation. */
void	talk_say(struct session *, const char *name, const char *text);
void	talk_notice(struct session *, const char *name, const char *text);

/* For notify.c: an error in a dialog, each of the texts may be NULL, as may the
 * session.  True: the one whom it concerns has been told. */
bool	talk_notified(struct session *, const char *title,
	    const char *primary, const char *secondary);

void	down_marker(const struct kit_call *, const struct msg_marker *);
void	down_attention(const struct kit_call *, const struct msg_attention *);

#endif
