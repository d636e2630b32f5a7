/* SPDX-License-Identifier: GPL-2.0-or-later */
/* menu.h - the commands that the backend offers to one user, beside those that
 * it offers to everybody (initialize).  They last as long as the session. */
#ifndef MANAGER_GATEWAY_MENU_H
#define MANAGER_GATEWAY_MENU_H

#include "manager/gateway/user.h"
#include "util/pack.h"

#define MENU_MAX	100		/* commands of one user */
#define MENU_BYTES_MAX	(64 * 1024)	/* as a message */

/* In place of what was there.  -1: too much, and nothing was done. */
int	menu_set(struct user *, const struct msg_commands *) MUST_CHECK;
void	menu_drop(struct user *);
/* Borrowed until it changes; the first of a name counts: one of the user's own
 * comes before one for everybody.  NULL: there are not so many.  user may be
 * NULL. */
const struct msg_command_info *menu_at(const struct gateway *,
	    const struct user *, size_t i);

/* Over an upgrade. */
void	menu_pack(const struct user *, struct packer *);
void	menu_unpack(struct user *, const struct packed *);

#endif
