/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replies.h - FAIL, WARN and NOTE (IRCv3 standard-replies). */
#ifndef BACKENDS_IRC_REPLIES_H
#define BACKENDS_IRC_REPLIES_H

#include "backends/irc/network.h"

/* FAIL becomes the error of the request that it answers; what answers none is
 * shown to the user, as are the other two. */
void	replies_fail(struct network *, struct line *);
void	replies_note(struct network *, struct line *);

#endif
