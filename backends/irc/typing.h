/* SPDX-License-Identifier: GPL-2.0-or-later */
/* typing.h - who is typing (IRCv3 +typing, XEP-0085), both ways. */
#ifndef BACKENDS_IRC_TYPING_H
#define BACKENDS_IRC_TYPING_H

#include "backends/irc/network.h"

/* Somebody else is "active", "paused" or "done" in that channel, NULL: talking
 * to us. */
void	typing_heard(struct network *, struct channel *, const char *nick,
	    const char *state);
/* They have said it: nothing is to be taken back. */
void	typing_said(struct network *, const struct channel *,
	    const char *nick);
/* The user, in words of XEP-0085.  Told only where it costs nobody time. */
void	typing_tell(struct network *, const char *target, const char *state);
/* The user has said it to that target. */
void	typing_sent(struct network *, const char *target);
void	typing_forget(struct network *);

#endif
