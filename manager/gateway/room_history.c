/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of messages.  An entry is one piece of memory with its texts behind
 * it; a room in which nothing was said has no ring at all. */
#include "manager/gateway/room_history.h"

#include <stdlib.h>
#include <string.h>

#include "util/macros.h"
#include "util/xalloc.h"

struct room_history {
	unsigned	 size;		/* of v */
	unsigned	 first;		/* index of the oldest */
	unsigned	 count;
	unsigned long	 total;		/* ever added */
	struct past	*v[];
};

void
room_history_add(struct room_history **history, const struct past *p,
    unsigned max)
{
	struct room_history *h = *history;
	unsigned at;

	if (max == 0)
		return;
	if (h == NULL) {
		h = xcalloc(1, sizeof(*h) + max * sizeof(h->v[0]));
		h->size = max;
		*history = h;
	}
	at = (h->first + h->count) % h->size;
	if (h->count == h->size) {
		free(h->v[at]);
		h->first = (h->first + 1) % h->size;
	} else {
		h->count++;
	}
	h->v[at] = past_copy(p);
	h->total++;
}

unsigned long
room_history_total(const struct room_history *h)
{
	return h ? h->total : 0;
}

size_t
room_history_count(const struct room_history *h)
{
	return h ? h->count : 0;
}

const struct past *
room_history_at(const struct room_history *h, size_t i)
{
	if (h == NULL || i >= h->count)
		return NULL;
	return h->v[(h->first + i) % h->size];
}

size_t
room_history_first(const struct room_history *h, long maxstanzas,
    long maxchars, int64_t since)
{
	size_t first = room_history_count(h), chars = 0;
	const struct past *p;

	for (long n = 0; first > 0; n++, first--) {
		p = room_history_at(h, first - 1);
		chars += past_size(p);
		if ((maxstanzas >= 0 && n >= maxstanzas) ||
		    (maxchars >= 0 && chars > (size_t)maxchars) ||
		    (since > 0 && p->time < since))
			break;
	}
	return first;
}

bool
room_history_has(const struct room_history *h, const char *id)
{
	const struct past *p;

	for (size_t i = room_history_count(h); i > 0; i--) {
		p = room_history_at(h, i - 1);
		if ((p->id != NULL && strcmp(p->id, id) == 0) ||
		    (p->stanza_id != NULL && strcmp(p->stanza_id, id) == 0))
			return true;
	}
	return false;
}

const struct past *
room_history_retract(struct room_history *h, const struct past *retraction)
{
	struct past **p, *new, left;

	for (size_t i = room_history_count(h); i > 0; i--) {
		p = &h->v[(h->first + i - 1) % h->size];
		if ((*p)->stanza_id == NULL ||
		    strcmp((*p)->stanza_id, retraction->retracts) != 0)
			continue;
		left = past_taken_back(*p, retraction);
		new = past_copy(&left);
		free(*p);
		return *p = new;
	}
	return NULL;
}

void
room_history_destroy(struct room_history *h)
{
	if (h == NULL)
		return;
	for (unsigned i = 0; i < h->size; i++)
		free(h->v[i]);
	free(h);
}
