/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_old.h - a configuration that was written for another program: the C++
 * program's swiften backend, or prpl-jabber.  What it says of servers holds
 * here, too; what cannot is told in the log, and what would be dangerous to
 * leave out is an error. */
#ifndef BACKENDS_XMPP_CONFIG_OLD_H
#define BACKENDS_XMPP_CONFIG_OLD_H

#include "protocol/schema.h"
#include "util/macros.h"

/* Calls set() for what each is in [xmpp].  -1 and *why (malloced). */
int	config_old_read(const struct sections *,
	    int (*set)(const struct pair *, char **why), char **why)
	    MUST_CHECK;

/* Without the protocol that names have in front where users of libpurple choose
 * theirs: prpl-jabber.user@example.org.  Points into the text. */
const char	*config_old_account(const char *);

#endif
