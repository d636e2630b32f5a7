/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade_parts.h - what the files of upgrade share; for nobody else. */
#ifndef MANAGER_UPGRADE_PARTS_H
#define MANAGER_UPGRADE_PARTS_H

#include <signal.h>

#include "manager/upgrade.h"

#define STATE_VERSION	1
#define STATE_VARIABLE	"SPECTRUM2_STATE"	/* descriptor of the tree */
#define REFUSED_VARIABLE "SPECTRUM2_REFUSED"	/* why the new one could not */
#define REHEARSED_WORD	"rehearsed "		/* and the version */

/* How we were started. */
struct upgrade_self {
	char	*path;		/* of the program */
	char	*directory;	/* working directory of the start, or NULL */
	char	**argv;
	int	 image;		/* O_PATH: the program that runs, whatever
				 * becomes of its file */
};
extern struct upgrade_self upgrade_self;

/* Bytes in a file without a name, to be inherited; -1 with errno. */
int	 upgrade_file(const void *bytes, size_t len) MUST_CHECK;
/* Block what ends or disturbs a process, or let it come. */
void	 upgrade_hold_signals(bool hold);
char	*upgrade_failure(const char *why);	/* as an answer */

#endif
