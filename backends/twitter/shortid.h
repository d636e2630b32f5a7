/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shortid.h - two hexadecimal digits for each of the last posts that somebody
 * has seen, as nobody types nineteen.  The 257th has those of the first. */
#ifndef BACKENDS_TWITTER_SHORTID_H
#define BACKENDS_TWITTER_SHORTID_H

#include "backends/twitter/page.h"

#define SHORTID_MAX	256

/* Zero-initialised is one without posts.  Owns memory once it has some. */
struct shortids {
	struct shortid	*ring;		/* SHORTID_MAX, or NULL */
	unsigned	 next;		/* the one that is given then */
};

struct shortid {
	char	 post[PAGE_ID_MAX + 1];		/* "": not given yet */
	char	 author[PAGE_ID_MAX + 1];	/* "": unknown */
};

/* "00" to "ff" into text.  A post that has one keeps it.  author_id: NULL where
 * it is not known (yet); ids are such as page_is_id() has them. */
void	shortid_give(struct shortids *, const char *post_id,
	    const char *author_id, char text[3]);
/* The id of the post, or NULL; good until the next is given. */
const char *shortid_find(const struct shortids *, const char *text);
/* The youngest post of this author, or NULL; likewise. */
const char *shortid_last_of(const struct shortids *, const char *author_id);
/* Who wrote this one; NULL: that is not known here; likewise. */
const char *shortid_author(const struct shortids *, const char *post_id);
void	shortid_finish(struct shortids *);

#endif
