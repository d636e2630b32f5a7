/* SPDX-License-Identifier: GPL-2.0-or-later */
/* directory.h - where libpurple and its plug-ins may write: private to this
 * process, in memory where there is such a place, and gone with it; or one that
 * the admin wants to be kept. */
#ifndef BACKENDS_PURPLE_DIRECTORY_H
#define BACKENDS_PURPLE_DIRECTORY_H

#include <stdbool.h>

#include "util/macros.h"

/* kept: the one to use, or NULL.  What processes that were killed have left is
 * removed first.  -1 and *why (malloced) when there is no place. */
int		 directory_create(const char *kept, char **why) MUST_CHECK;
const char	*directory_path(void);
/* Is it there to stay? */
bool		 directory_is_kept(void);
/* With all that is in it, unless it is kept; harmless when there is none. */
void		 directory_remove(void);
/* Others of this user's below place, whose names begin with prefix, when they
 * have not changed for a day. */
void		 directory_sweep_old(const char *place, const char *prefix);

#endif
