/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mood.h - the mood of a user's account, where the network has such a thing. */
#ifndef BACKENDS_PURPLE_MOOD_H
#define BACKENDS_PURPLE_MOOD_H

#include "backends/purple/session.h"

bool	mood_is_there(const struct session *);
/* Ask the user for it, and tell the network. */
void	mood_ask(struct session *);

#endif
