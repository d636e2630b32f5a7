/* SPDX-License-Identifier: GPL-2.0-or-later */
/* admin.h - commands of the admin, the same by control socket and by message.
 * The table in admin.c has a row for each: name, kind, arguments, help. */
#ifndef MANAGER_GATEWAY_ADMIN_H
#define MANAGER_GATEWAY_ADMIN_H

#include "manager/gateway/gateway.h"

/* text: without a final newline; gone when the callback returns. */
typedef void admin_answer(void *ctx, const char *text);

/* Is this bare JID one of [service] admin_jid? */
bool	admin_is(const struct gateway *, const char *bare);

/* Answers exactly once, now or later (registering waits for the store). */
void	admin_command(struct gateway *, const char *line, admin_answer *,
	    void *ctx);
/* What "reload" does, given by main: returns NULL when done, or what is wrong
 * (admin.c frees it). */
void	admin_on_reload(char *(*reload)(void *ctx), void *ctx);

#endif
