/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show.h - a post as a text in a chat:
 *
 *	[4f] Anna (@anna): What a day!
 *	> Bob (@bob): What they have quoted.
 *	Picture (a cat on a wall): https://...
 */
#ifndef BACKENDS_TWITTER_SHOW_H
#define BACKENDS_TWITTER_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/twitter/page.h"
#include "util/buf.h"

struct show {
	const char	*short_id;	/* NULL: none */
	bool		 author;	/* say who wrote it; of a repost that
					 * always is */
	bool		 unmarked;	/* do not say that it is sensitive */
	bool		 files;		/* what is attached has its URL alone on
					 * a line */
};

/* Added to what the buffer has. */
void	show_post(struct buf *, const struct post *, const struct show *);
/* What is attached to it, or to the post that it repeats. */
const struct media *const *show_media(const struct post *, size_t *n);

#endif
