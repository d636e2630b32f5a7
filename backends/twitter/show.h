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

#include "backends/twitter/page.h"
#include "util/buf.h"

/* Added to what the buffer has.  short_id: NULL for none.  author: is it to be
 * said who wrote it?  Of a repost that always is. */
void	show_post(struct buf *, const struct post *, const char *short_id,
	    bool author);

#endif
