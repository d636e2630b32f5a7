/* SPDX-License-Identifier: GPL-2.0-or-later */
/* talk.h - messages of a backend and to it; those for others are declared in
 * backend.h. */
#ifndef MANAGER_POOL_TALK_H
#define MANAGER_POOL_TALK_H

#include "manager/pool/backend.h"

/* ctx is the struct backend. */
extern const struct channel_events talk_events;

/* The first message; leads to BACKEND_HELLO, or BACKEND_GARBAGE. */
void	talk_initialize(struct backend *, const struct sections *config);
/* Sets .pinging until it is answered. */
void	talk_ping(struct backend *);

#endif
