/* SPDX-License-Identifier: GPL-2.0-or-later */
/* post.h - a text as a post: one that is not too long, or a thread of them; and
 * its files. */
#ifndef BACKENDS_TWITTER_POST_H
#define BACKENDS_TWITTER_POST_H

#include <stdbool.h>

#include "backends/twitter/act.h"
#include "backends/twitter/session.h"

#define POST_PIECES_MAX	25

struct post_answer {
	const char	*code;		/* of the backend protocol; NULL: it is
					 * done */
	const char	*text;		/* for the user; NULL when done */
	const char *const *ids;		/* of what was posted, also before it
					 * went wrong */
	size_t		 n;
};

/* Once, and not after the session; it dies when this returns. */
typedef void post_done(struct session *, const struct post_answer *,
    void *ctx);

/* One post, after those that this user makes already.  Too long: nothing is
 * posted, and that is said with the count; as is a text that says nothing,
 * without media.  done may be called before this returns. */
void	post(struct session *, const struct act_post *, post_done *,
	    void *ctx);
/* The same in pieces, each an answer to the one before; media go with the
 * first. */
void	post_thread(struct session *, const struct act_post *, post_done *,
	    void *ctx);
/* Either, with files: X gets them first, unless the text is too long.  What
 * comes after it waits for them, too.  Without files it is as above. */
void	post_files(struct session *, const struct act_post *, bool thread,
	    const struct msg_attachment *, size_t n, post_done *, void *ctx);

#endif
