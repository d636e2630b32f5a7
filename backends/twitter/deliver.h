/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deliver.h - posts, where the user's mode has them. */
#ifndef BACKENDS_TWITTER_DELIVER_H
#define BACKENDS_TWITTER_DELIVER_H

#include <stdbool.h>

#include "backends/twitter/page.h"
#include "backends/twitter/session.h"
#include "util/buf.h"

/* A post as a text that can be answered to by its short id. */
void	deliver_text(struct session *, struct buf *, const struct post *,
	    bool author);
/* One of the timeline, as a message whose id is that of the post, unless the
 * user does not want to see it.  followed: by somebody whom the user
 * follows. */
void	deliver_post(struct session *, const struct post *, bool followed);

/* The user has made this one from here, and knows it: it is not told again. */
void	deliver_made(struct session *, const char *post_id);

#endif
