/* SPDX-License-Identifier: GPL-2.0-or-later */
/* account.h - an account of libpurple, made from what the main process knows of
 * a user. */
#ifndef BACKENDS_PURPLE_ACCOUNT_H
#define BACKENDS_PURPLE_ACCOUNT_H

#include <purple.h>

#include "protocol/schema.h"
#include "util/macros.h"

/* The configuration stays where it is.  -1 and *why (malloced), for the admin,
 * when it says something about accounts that cannot be. */
int		 accounts_configure(const struct sections *, char **why)
		    MUST_CHECK;

/* A new one, even if another has the same name; not connected.  NULL and *why
 * (malloced) for the user when the name or a setting cannot be used. */
PurpleAccount	*account_create(const struct msg_login *, char **why);
/* Its presence must have been set; errors come by the signals of libpurple,
 * perhaps before this returns. */
void		 account_connect(PurpleAccount *);
/* Not from within a callback of the account's own plug-in. */
void		 account_disconnect(PurpleAccount *);
/* Disconnects, removes its contacts and conversations, frees it.  The same
 * restriction. */
void		 account_destroy(PurpleAccount *);

#endif
