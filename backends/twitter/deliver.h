/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deliver.h - posts, where the user's mode has them. */
#ifndef BACKENDS_TWITTER_DELIVER_H
#define BACKENDS_TWITTER_DELIVER_H

#include "backends/twitter/page.h"
#include "backends/twitter/session.h"
#include "util/buf.h"

#define ROOM		"#twitter"	/* the timeline as a room */

/* A post as a text that can be answered to by its short id. */
void	deliver_text(struct session *, struct buf *, const struct post *,
	    bool author);
/* One of the timeline, as a message whose id is that of the post. */
void	deliver_post(struct session *, const struct post *);

#endif
