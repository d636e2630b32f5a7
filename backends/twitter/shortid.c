/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring, searched from end to end: it is short, and people type slowly. */
#include "backends/twitter/shortid.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static void
set_author(struct shortid *s, const char *author_id)
{
	snprintf(s->author, sizeof(s->author), "%s", author_id);
}

static unsigned
slot_of(struct shortids *ids, const char *post_id, const char *author_id)
{
	struct shortid *s;
	unsigned slot = ids->next;

	for (unsigned i = 0; i < SHORTID_MAX; i++)
		if (strcmp(ids->ring[i].post, post_id) == 0) {
			if (author_id != NULL)
				set_author(&ids->ring[i], author_id);
			return i;
		}
	ids->next = (slot + 1) % SHORTID_MAX;
	s = &ids->ring[slot];
	snprintf(s->post, sizeof(s->post), "%s", post_id);
	set_author(s, author_id != NULL ? author_id : "");
	return slot;
}

void
shortid_give(struct shortids *ids, const char *post_id, const char *author_id,
    char text[3])
{
	if (ids->ring == NULL)
		ids->ring = xcalloc(SHORTID_MAX, sizeof(*ids->ring));
	snprintf(text, 3, "%02x", slot_of(ids, post_id, author_id) & 0xff);
}

const char *
shortid_find(const struct shortids *ids, const char *text)
{
	const struct shortid *s;

	if (ids->ring == NULL || strlen(text) != 2 ||
	    !isxdigit((unsigned char)text[0]) ||
	    !isxdigit((unsigned char)text[1]))
		return NULL;
	s = &ids->ring[strtoul(text, NULL, 16)];
	return *s->post != '\0' ? s->post : NULL;
}

const char *
shortid_last_of(const struct shortids *ids, const char *author_id)
{
	const struct shortid *s;
	const char *best = NULL;

	for (unsigned i = 0; ids->ring != NULL && i < SHORTID_MAX; i++) {
		s = &ids->ring[i];
		if (*s->post != '\0' && strcmp(s->author, author_id) == 0 &&
		    (best == NULL || page_id_compare(s->post, best) > 0))
			best = s->post;
	}
	return best;
}

const char *
shortid_author(const struct shortids *ids, const char *post_id)
{
	const struct shortid *s;

	for (unsigned i = 0; ids->ring != NULL && i < SHORTID_MAX; i++) {
		s = &ids->ring[i];
		if (strcmp(s->post, post_id) == 0)
			return *s->author != '\0' ? s->author : NULL;
	}
	return NULL;
}

void
shortid_finish(struct shortids *ids)
{
	free(ids->ring);
	*ids = (struct shortids){ 0 };
}
