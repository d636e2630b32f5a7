/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core.h - libpurple without a screen: started once, before anybody logs in,
 * and never ended: there is nothing that it would have to save. */
#ifndef BACKENDS_PURPLE_CORE_H
#define BACKENDS_PURPLE_CORE_H

#include <stdbool.h>

#define CORE_UI	"spectrum2"

/* dir: the private directory of this process.  -1 and *why (malloced). */
int	core_start(const char *dir, char **why);
/* What signals are connected with, for all of this process's life. */
void	*core_handle(void);

#endif
