/* SPDX-License-Identifier: GPL-2.0-or-later */
/* directory.h - where libpurple and its plug-ins may write: private to this
 * process, in memory where there is such a place, and gone with it. */
#ifndef BACKENDS_PURPLE_DIRECTORY_H
#define BACKENDS_PURPLE_DIRECTORY_H

/* -1 and *why (malloced) when there is no place. */
int		 directory_create(char **why);
const char	*directory_path(void);
/* With all that is in it; harmless when there is none. */
void		 directory_remove(void);

#endif
