/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - the actions of plug-ins, and the menus of contacts and rooms, as
 * commands of the user.  What a plug-in asks in the course of one are its next
 * forms, what it tells is its result. */
#ifndef BACKENDS_PURPLE_COMMAND_H
#define BACKENDS_PURPLE_COMMAND_H

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module command_module;

void	down_command(const struct kit_call *, const struct msg_command *);

/* The menus of contacts and rooms: for initialize. */
void	command_offer(struct msg_initialize_result *);

/* Is a command of this user at work?  Then it shows this question as its next
 * form. */
bool	command_takes(struct session *, const struct msg_ask *,
	    unsigned question);
/* The question has gone unanswered. */
void	command_dropped(unsigned question);
/* The same for a notice: it is the result.  The array of columns and rows is
 * for results of searches, or empty. */
bool	command_result(struct session *, const struct msg_command_result *);

#endif
