/* SPDX-License-Identifier: GPL-2.0-or-later */
/* friends.h - whom the user follows, as #friends shows it: read once, as that
 * costs money by the head. */
#ifndef BACKENDS_TWITTER_FRIENDS_H
#define BACKENDS_TWITTER_FRIENDS_H

#include "backends/twitter/session.h"

/* The user follows somebody now, or not any more; name without @. */
void	friends_changed(struct session *, const char *name, bool on);
void	friends_end(struct session *);

#endif
