/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - what words.def has, done: typed in the chat with X or in its
 * room, or chosen from a client's menu (ad-hoc commands, XEP-0050). */
#ifndef BACKENDS_TWITTER_COMMAND_H
#define BACKENDS_TWITTER_COMMAND_H

#include "backends/kit/kit.h"
#include "backends/twitter/session.h"
#include "backends/twitter/words.h"

/* A line that was typed, as words_read() has it, whatever it is: what is no
 * command is answered with a hint.  m: where it was typed, which is the contact
 * twitter.com or the room #twitter.  The message is accepted, and what came of
 * it is a text from there.  All is borrowed for the call. */
void	command_typed(struct session *, const struct kit_call *,
	    const struct msg_send *, const struct words *);

/* Into the answer to initialize. */
void	command_offer(struct msg_initialize_result *);

#endif
