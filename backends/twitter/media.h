/* SPDX-License-Identifier: GPL-2.0-or-later */
/* media.h - files of a message: fetched from where the user's client has put
 * them, and given to X.  All of one message or none. */
#ifndef BACKENDS_TWITTER_MEDIA_H
#define BACKENDS_TWITTER_MEDIA_H

#include <stddef.h>

#include "backends/twitter/session.h"

/* What they are for: the words of X, and how many it takes at once. */
enum media_use { MEDIA_FOR_POST, MEDIA_FOR_MESSAGE };

/* What came of it. */
struct media_answer {
	const char	*code;		/* of the backend protocol: nothing was
					 * sent; NULL: all is well */
	const char	*text;		/* for the user, in the first case */
	const char *const *ids;		/* by which a post or a message has
					 * them, in the order of the files */
	size_t		 n;
};

/* Once, later, and not after the session; the answer dies when it returns. */
typedef void media_done(struct session *, const struct media_answer *,
    void *ctx);

/* files: at least one; copied.  One message of a user at a time, and few of all
 * users; others wait.  It takes three quarters of service.request_timeout at
 * most, so that whoever has asked still waits for the answer. */
void	media_up(struct session *, const struct msg_attachment *files,
	    size_t n, enum media_use, media_done *, void *ctx);

#endif
