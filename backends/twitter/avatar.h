/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avatar.h - pictures of people, fetched once for all users of this process.
 * X gives them to everybody, and for nothing. */
#ifndef BACKENDS_TWITTER_AVATAR_H
#define BACKENDS_TWITTER_AVATAR_H

#include <stddef.h>

#include "backends/twitter/people.h"
#include "backends/twitter/session.h"

struct picture {
	const void	*data;		/* NULL: it is not to be had */
	size_t		 length;	/* <= 256 KiB, as the protocol has it */
	const char	*type;		/* image/... */
	const char	*hash;		/* SHA-1, hex */
};

typedef void avatar_done(struct session *, const struct picture *, void *ctx);
/* The picture at this address of a struct person, or NULL, in a size for people
 * to look at.  done is called once, perhaps before this returns, and not after
 * the session; what the picture points to dies with the call. */
void	avatar_get(struct session *, const char *address, avatar_done *,
	    void *ctx);
/* Have the main process told this contact's picture once it is here.  false:
 * too many are waited for; try another time. */
bool	avatar_tell(struct session *, const struct known *);

void	avatar_end(struct session *);
/* After all sessions have ended. */
void	avatar_finish(void);

#endif
