/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notice.h - what the user is told from X itself: its contact, twitter.com. */
#ifndef BACKENDS_TWITTER_NOTICE_H
#define BACKENDS_TWITTER_NOTICE_H

#include "backends/twitter/api.h"
#include "backends/twitter/session.h"

#define CONTACT		"twitter.com"	/* X, as a contact */

/* A message from it. */
void	notice(struct session *, const char *text);
/* Trouble with something that goes on by itself, told once: when it begins, and
 * when it is another one.  what: "The timeline", NUL of it the key.  An answer
 * that is OK ends it, and that is told where it had been. */
void	notice_state(struct session *, const char *what,
	    const struct api_answer *);
void	notice_end(struct session *);

#endif
