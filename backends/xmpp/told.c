/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/told.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct told_name {
	TAILQ_ENTRY(told_name) entry;
	unsigned	 how;		/* enum told_how */
	char		 name[];	/* key */
};

void
told_init(struct told *t)
{
	*t = (struct told){ 0 };
	TAILQ_INIT(&t->order);
}

void
told_finish(struct told *t)
{
	told_trim(t, 0);
	map_finish(&t->names);
}

void
told_add(struct told *t, const char *name, enum told_how how)
{
	struct told_name *n = map_get(&t->names, name);
	size_t size = strlen(name) + 1;

	if (n != NULL) {
		n->how |= how;
		return;
	}
	n = xmalloc(sizeof(*n) + size);
	n->how = how;
	memcpy(n->name, name, size);
	map_put(&t->names, n->name, n);
	TAILQ_INSERT_TAIL(&t->order, n, entry);
}

bool
told_has(const struct told *t, const char *name, enum told_how how)
{
	const struct told_name *n = map_get(&t->names, name);

	return n != NULL && (n->how & how) != 0;
}

void
told_unmark(struct told *t, const char *name, enum told_how how)
{
	struct told_name *n = map_get(&t->names, name);

	if (n != NULL)
		n->how &= ~(unsigned)how;
}

void
told_trim(struct told *t, size_t max)
{
	struct told_name *n;

	while (map_count(&t->names) > max) {
		n = TAILQ_FIRST(&t->order);
		TAILQ_REMOVE(&t->order, n, entry);
		map_remove(&t->names, n->name);
		free(n);
	}
}
