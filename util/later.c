/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of deferred work: one per process, as there is one loop. */
#include "util/later.h"

#include <stdlib.h>

#include "util/xalloc.h"

struct item {
	void	(*done)(void *);
	void	*object;
};

static struct item *items;
static size_t count, cap;

void
later(void (*done)(void *), void *object)
{
	if (count == cap) {
		cap = cap ? cap * 2 : 16;
		items = xreallocarray(items, cap, sizeof(*items));
	}
	items[count++] = (struct item){ done, object };
}

void
later_free(void *mem)
{
	if (mem != NULL)
		later(free, mem);
}

void
later_run(void)
{
	/* By index: what runs may add more and move the array. */
	for (size_t i = 0; i < count; i++)
		items[i].done(items[i].object);
	count = 0;
	if (cap > 1024) {
		free(items);
		items = NULL;
		cap = 0;
	}
}
