/* SPDX-License-Identifier: GPL-2.0-or-later */
/* feed.h - posts of one kind, page by page: all since the last one that was
 * told.  Pages are read newest first, as X has them, and told oldest first; the
 * id of the last one that was told is kept, after it.  So whatever dies
 * meanwhile, nothing is lost. */
#ifndef BACKENDS_TWITTER_FEED_H
#define BACKENDS_TWITTER_FEED_H

#include <stdbool.h>

#include "backends/twitter/api.h"
#include "backends/twitter/page.h"
#include "backends/twitter/session.h"

struct feed_kind {
	enum endpoint	 endpoint;	/* which knows since_id */
	const char	*since;		/* setting: id of the last one told;
					 * before there was any, @ and the time
					 * (seconds since 1970) of the first
					 * look */
	bool		 excludes;	/* X can leave replies and
					 * reposts out */
};

enum feed_state {
	FEED_IDLE,
	FEED_ASKING,	/* X, for a page */
	FEED_STUCK,	/* which it has not given; some are read already */
	FEED_READ,	/* all: to be told */
};

struct feed;

/* X has answered: it is in any state but FEED_ASKING now. */
typedef void feed_answered(struct feed *, const struct api_answer *, void *ctx);
/* Tell the user of this one. */
typedef void feed_tell(const struct post *, void *ctx);

struct feed	*feed_create(struct session *, const struct feed_kind *,
		    feed_answered *, feed_tell *, void *ctx);
void		 feed_destroy(struct feed *);	/* NULL is fine */

enum feed_state	 feed_state(const struct feed *);
/* Idle or stuck: ask X.  feed_answered() comes once, later. */
void		 feed_ask(struct feed *);
/* Read: tell as much as the main process can take.  true: that was all, it is
 * idle. */
bool		 feed_say(struct feed *);

/* Does the main process keep up?  If not, it is left in peace. */
bool		 feed_may(void);

#endif
