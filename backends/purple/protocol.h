/* SPDX-License-Identifier: GPL-2.0-or-later */
/* protocol.h - which of libpurple's protocols does this instance serve? */
#ifndef BACKENDS_PURPLE_PROTOCOL_H
#define BACKENDS_PURPLE_PROTOCOL_H

#include <purple.h>
#include <stdbool.h>
#include <stdint.h>

/* The setting protocol; "any": the account's name says it.  -1 and *why
 * (malloced), with the names of those that there are. */
int		 protocol_choose(const char *id, char **why);
/* The protocol of an account, and in *name what remains of the account's name
 * ("prpl-x.name" where protocol=any).  NULL and *why (malloced). */
PurplePlugin	*protocol_of(const char *account, const char **name,
		    char **why);
/* The one of this instance; NULL: any. */
PurplePlugin	*protocol_only(void);
/* How many users one process can have; 0: as many as it is given. */
int64_t		 protocol_users_max(PurplePlugin *);
/* Is what it hands out as HTML the text of whoever wrote it, as it came?  It
 * must be escaped, then. */
bool		 protocol_gives_text(const PurpleAccount *);

#endif
