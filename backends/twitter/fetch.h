/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fetch.h - pages of posts, people, and direct messages, with all the fields
 * that page.h knows. */
#ifndef BACKENDS_TWITTER_FETCH_H
#define BACKENDS_TWITTER_FETCH_H

#include "backends/twitter/api.h"
#include "backends/twitter/page.h"
#include "backends/twitter/session.h"

struct fetch {
	enum endpoint	 endpoint;	/* one that reads any of these */
	const char	*path[2];
	long		 wanted;	/* results a page, within what the endpoint
					 * takes; 0: it knows no such thing */
	const char	*since_id;	/* or NULL: posts younger than that */
	const char	*since_time;	/* the same, since then (RFC 3339) */
	const char	*next;		/* or NULL: token of the page before */
	const char	*name, *value;	/* one more, as "query"; or NULL */
	bool		 background;	/* polling: as in api.h */
};

/* The page is empty unless the outcome is API_OK, and dies when this returns.
 * What it says of people is known to people.h by then. */
typedef void fetch_done(struct session *, const struct api_answer *,
    const struct page *, void *ctx);

/* While done() runs: have its page for longer, until page_free(). */
void	fetch_take(const struct page *, struct page *mine);

/* As api_call(): done is called once, later, and not after the session. */
void	fetch(struct session *, const struct fetch *, fetch_done *, void *ctx);

#endif
