/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource.h - the clients of a contact, and which of them stands for it. */
#ifndef BACKENDS_XMPP_RESOURCE_H
#define BACKENDS_XMPP_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "util/macros.h"

#define RESOURCES_MAX	20	/* of one contact */

struct resource {
	char		*name;
	char		*status;	/* or NULL */
	const char	*show;		/* online, chat, away, xa or dnd */
	int		 priority;	/* -128 to 127 */
	int64_t		 since;		/* idle, ms since 1970; 0: it is not */
	uint32_t	 extra;		/* of what else is in its presence: a
					 * hash */
	bool		 stale;		/* of a session before */
	TAILQ_ENTRY(resource) entry;
};

TAILQ_HEAD(resources, resource);	/* by TAILQ_INIT(); the best one is
					 * first */

/* It is there, or has changed; strings are copied, but for show, which is
 * resource_show()'s.  Of those that are too many the worst is forgotten: its
 * name is returned, malloced; else NULL. */
char	*resources_put(struct resources *, const struct resource *) MUST_CHECK;
/* It has gone. */
void	 resources_remove(struct resources *, const char *name);
void	 resources_clear(struct resources *);
struct resource *resources_find(const struct resources *, const char *name);

/* The word for what a show element says; NULL: there is none. */
const char *resource_show(const char *);
/* The number in a priority element; 0 for what is none (RFC 6121 4.7.2.3). */
int	 resource_priority(const char *);

#endif
