/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lists.h - the lists of the user, and those that the user follows: read when
 * they are first needed, and when they are asked for. */
#ifndef BACKENDS_TWITTER_LISTS_H
#define BACKENDS_TWITTER_LISTS_H

#include <stdbool.h>

#include "backends/twitter/api.h"
#include "backends/twitter/page.h"
#include "backends/twitter/session.h"

#define LISTS_MAX	200

struct list {
	char		 id[PAGE_ID_MAX + 1];
	char		*name;		/* in one line, never empty */
	long		 members;	/* -1: unknown */
	bool		 own, is_private;
};

/* In the order in which they have their numbers, from 1 on.  Only as long as
 * the turn of the loop lasts. */
struct lists {
	struct list	 v[LISTS_MAX];
	size_t		 n;
	bool		 more;		/* than these; X has told no more */
};

/* lists is NULL unless the outcome is API_OK. */
typedef void lists_done(struct session *, const struct api_answer *,
    const struct lists *, void *ctx);
/* As api_call(), but X is asked only when they are wanted anew or not known;
 * otherwise done is called before this returns. */
void	lists_get(struct session *, bool anew, lists_done *, void *ctx);

/* By number, id, name, or the beginning of one name only; NULL: none. */
const struct list *lists_find(const struct lists *, const char *text);

void	lists_end(struct session *);

#endif
