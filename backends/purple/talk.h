/* SPDX-License-Identifier: GPL-2.0-or-later */
/* talk.h - what contacts say to a user. */
#ifndef BACKENDS_PURPLE_TALK_H
#define BACKENDS_PURPLE_TALK_H

#include <time.h>

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module talk_module;

/* A plug-in, or libpurple itself, writes into a conversation with a contact.
 * name and html are as the plug-in has them. */
void	talk_heard(PurpleAccount *, const char *name, const char *html,
	    PurpleMessageFlags, time_t when);
/* A line about the contact rather than from them: a notice beside the
 * conversation. */
void	talk_notice(struct session *, const char *name, const char *text);

void	down_marker(const struct kit_call *, const struct msg_marker *);
void	down_attention(const struct kit_call *, const struct msg_attention *);

#endif
