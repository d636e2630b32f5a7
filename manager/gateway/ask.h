/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask.h - questions of a backend to a user (codes, PINs, certificates), put and
 * answered by chat with the gateway: one field after the other. */
#ifndef MANAGER_GATEWAY_ASK_H
#define MANAGER_GATEWAY_ASK_H

#include "manager/gateway/up.h"

/* Put it.  A person answers one thing at a time: while another question is open
 * it is refused, unless that one is too old to be answered. */
void	ask_put(struct up *);
/* The user has said something to the gateway: was it an answer? */
bool	ask_answer(struct user *, const char *text);
/* The session has ended: the question is void. */
void	ask_drop(struct user *);

#endif
