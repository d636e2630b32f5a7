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
/* It was sent by a predecessor under this id, and is still to be answered. */
void	talk_await_hello(struct backend *, uint32_t id, uint64_t at);
/* The same of a ping. */
void	talk_await_pong(struct backend *, uint32_t id, uint64_t at);
/* An ask that a predecessor was given. */
void	talk_add_ask(struct backend *, uint32_t token, uint32_t id);
/* Tokens of asks that come from now on are larger. */
void	talk_use_tokens_after(uint32_t);
uint32_t talk_last_token(void);
/* Sets .pinging until it is answered. */
void	talk_ping(struct backend *);

#endif
