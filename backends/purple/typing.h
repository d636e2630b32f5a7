/* SPDX-License-Identifier: GPL-2.0-or-later */
/* typing.h - who is typing, both ways. */
#ifndef BACKENDS_PURPLE_TYPING_H
#define BACKENDS_PURPLE_TYPING_H

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module typing_module;

/* A message of this contact has come, which says as much. */
void	typing_over(struct session *, const char *contact);
/* A message is sent to who has this name in the plug-in, which does, too. */
void	typing_sent(struct session *, const char *name);

void	down_chat_state(const struct kit_call *, const struct msg_chat_state *);

#endif
