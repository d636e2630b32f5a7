/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keep.h - what a plug-in remembers of an account, such as tokens: settings that
 * it changes while it runs.  In a desktop client they are in a file; here the
 * main process keeps them, sealed, and they come again with the next login. */
#ifndef BACKENDS_PURPLE_KEEP_H
#define BACKENDS_PURPLE_KEEP_H

#include <purple.h>
#include <stdbool.h>

#include "backends/purple/module.h"
#include "protocol/schema.h"

extern const struct module keep_module;

/* Is this the password with which the last login succeeded?  True, too, when
 * nothing is known of one. */
bool	keep_knows(const char *password, const struct pairs *settings);
/* Give a new account, which has no session yet, what was kept, unless its
 * password is another one. */
void	keep_restore(PurpleAccount *, const struct pairs *settings);
/* Remember what the login has brought of the user's own; after the session
 * exists. */
void	keep_know(struct session *, const char *password,
	    const struct pairs *settings);
/* The user has changed, or taken back, one of his own. */
void	keep_changed_by_user(struct session *, const char *name,
	    const char *value);

/* Tell the main process what has changed until now, and not in a while. */
void	keep_tell(struct session *);

/* The network does not accept the password.  Was it one that had been kept?
 * Then it is forgotten, and the user's own may do. */
bool	keep_was_refused(struct session *);

/* What libpurple calls when a setting of an account is set. */
void	keep_string(PurpleAccount *, const char *name, const char *value);
void	keep_int(PurpleAccount *, const char *name, int value);
void	keep_bool(PurpleAccount *, const char *name, gboolean value);

#endif
