/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conversation.h - libpurple's conversations: what plug-ins write into them
 * goes on to the words of contacts (talk.h) and of rooms (room.h).
 *
 * None of them grows, and one with a contact goes when nothing has been said in
 * it for long: to plug-ins that is a window being closed. */
#ifndef BACKENDS_PURPLE_CONVERSATION_H
#define BACKENDS_PURPLE_CONVERSATION_H

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module conversation_module;

/* The one with this contact, whose name is the plug-in's; begun if need be.
 * NULL: not while the account is not connected. */
PurpleConversation	*conversation_with(struct session *, const char *name);
/* The user has read what was written in it: some plug-ins tell the contact. */
void			 conversation_seen(struct session *, const char *name);

#endif
