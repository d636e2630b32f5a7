/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The best client of a contact is the one where messages arrive (RFC 6121
 * 8.5.2.1.1): that of the highest priority, then the one that is most there,
 * then the one that was heard of last. */
#include "backends/xmpp/resource.h"

#include <stdlib.h>
#include <string.h>

#include "util/macros.h"
#include "util/xalloc.h"

/* From the best on. */
static const char *const shows[] = { "chat", "online", "dnd", "away", "xa" };

const char *
resource_show(const char *text)
{
	for (size_t i = 0; text != NULL && i < LENGTH(shows); i++) {
		if (strcmp(shows[i], text) == 0)
			return shows[i];
	}
	return "online";
}

int
resource_priority(const char *text)
{
	char *end;
	long n;

	if (text == NULL)
		return 0;
	n = strtol(text, &end, 10);
	return end != text && n >= -128 && n <= 127 ? (int)n : 0;
}

static size_t
rank(const char *show)
{
	size_t i = 0;

	while (i < LENGTH(shows) && strcmp(shows[i], show) != 0)
		i++;
	return i;
}

static bool
better(const struct resource *a, const struct resource *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return rank(a->show) <= rank(b->show);
}

static void
drop(struct resources *all, struct resource *r)
{
	TAILQ_REMOVE(all, r, entry);
	free(r->name);
	free(r->status);
	free(r);
}

struct resource *
resources_find(const struct resources *all, const char *name)
{
	struct resource *r;

	TAILQ_FOREACH(r, all, entry) {
		if (strcmp(r->name, name) == 0)
			return r;
	}
	return NULL;
}

void
resources_remove(struct resources *all, const char *name)
{
	struct resource *r = resources_find(all, name);

	if (r != NULL)
		drop(all, r);
}

void
resources_clear(struct resources *all)
{
	while (!TAILQ_EMPTY(all))
		drop(all, TAILQ_FIRST(all));
}

char *
resources_put(struct resources *all, const struct resource *given)
{
	struct resource *r = xmalloc(sizeof(*r)), *at;
	char *worst = NULL;
	size_t n = 0;

	*r = *given;
	r->name = xstrdup(given->name);
	r->status = xstrdup_null(given->status);
	resources_remove(all, given->name);
	TAILQ_FOREACH(at, all, entry) {
		if (better(r, at))
			break;
	}
	if (at != NULL)
		TAILQ_INSERT_BEFORE(at, r, entry);
	else
		TAILQ_INSERT_TAIL(all, r, entry);
	TAILQ_FOREACH(at, all, entry)
		n++;
	if (n > RESOURCES_MAX) {
		worst = xstrdup(TAILQ_LAST(all, resources)->name);
		drop(all, TAILQ_LAST(all, resources));
	}
	return worst;
}
