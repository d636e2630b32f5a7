/* SPDX-License-Identifier: GPL-2.0-or-later */
/* told.h - names of the messages that the main process was told, the newest of
 * them. */
#ifndef BACKENDS_XMPP_TOLD_H
#define BACKENDS_XMPP_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "util/map.h"

struct told {
	struct map	 names;
	TAILQ_HEAD(told_names, told_name) order;	/* oldest first */
};

/* How it came. */
enum told_how {
	TOLD_LIVE = 1,		/* by itself */
	TOLD_ARCHIVED = 2,	/* out of the archive */
	TOLD_ANYHOW = 3,
};

void	told_init(struct told *);
void	told_finish(struct told *);
/* In this way, too, if it is known already. */
void	told_add(struct told *, const char *name, enum told_how);
bool	told_has(const struct told *, const char *name, enum told_how);
/* Not in this way any more. */
void	told_unmark(struct told *, const char *name, enum told_how);
/* Forget the oldest of more than max. */
void	told_trim(struct told *, size_t max);

#endif
