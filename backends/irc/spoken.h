/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spoken.h - who said what, by the ids that servers give to messages (msgid):
 * what an answer quotes, whose message was taken back, and all the reactions
 * that somebody has given to it, where IRC tells one at a time.
 *
 * Shared by all users of the process who are in the same channel.  Found only
 * under the server and the channel, or the two people, where it was said: an
 * id must not be a key to what was said elsewhere. */
#ifndef BACKENDS_IRC_SPOKEN_H
#define BACKENDS_IRC_SPOKEN_H

#include "backends/irc/network.h"

#define SPOKEN_EMOJIS_MAX	32	/* of one person on one message */

struct spoken_entry {
	TAILQ_ENTRY(spoken_entry) entry;
	char		*id;		/* what the main process knows it by */
	char		*nick, *text;	/* NULL: not known; text may be cut */
	struct buf	 reactions;	/* nick, emoji, nick, emoji, each with
					 * its NUL */
	size_t		 size;
	char		 key[];
};

/* target: a channel, or the nick that the user talks with.  id: the msgid
 * under which the main process has been told of it, where that is another, as
 * for the pieces of one message.  nick, text: NULL when not known. */
void	spoken_add(const struct network *, const char *target,
	    const char *msgid, const char *id, const char *nick,
	    const char *text);
/* NULL when it is not remembered. */
const struct spoken_entry *spoken_find(const struct network *,
	    const char *target, const char *msgid);
/* That nick has reacted, or does not any more.  What is given to any piece of
 * a message is given to the message. */
void	spoken_react(const struct network *, const char *target,
	    const char *msgid, const char *nick, const char *emoji, bool on);
/* What that nick reacts with, borrowed until the next change. */
void	spoken_reactions(const struct network *, const char *target,
	    const char *msgid, const char *nick,
	    const char *emojis[SPOKEN_EMOJIS_MAX], size_t *n);
void	spoken_finish(struct irc *);

#endif
