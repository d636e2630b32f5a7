/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch.h - lines that belong together (IRCv3 batch).
 *
 * Lines of a batch are handled as they come, and ask batch_of() if it matters
 * to them; only the lines of draft/multiline are kept until they are a message.
 * So a batch that never ends holds next to nothing. */
#ifndef BACKENDS_IRC_BATCH_H
#define BACKENDS_IRC_BATCH_H

#include "backends/irc/network.h"

enum batch_kind {
	BATCH_OTHER,			/* lines that mean what they say */
	BATCH_LABELED,			/* labeled-response */
	BATCH_MULTILINE,		/* draft/multiline */
	BATCH_HISTORY,			/* chathistory */
	BATCH_NETSPLIT, BATCH_NETJOIN,
};

struct batch {
	LIST_ENTRY(batch) entry;
	enum batch_kind	 kind;
	struct batch	*outer;		/* that it is in, or NULL */
	unsigned long	 label;		/* its own or that of an outer one */
	double		 until;		/* ev_now() when it is given up */
	char		*target;	/* its first parameter, "" for none, */
	char		*other;		/* and the second */
	/* BATCH_MULTILINE: the line that began it, and what was said */
	char		*tags, *nick, *user, *host;
	struct buf	 text;
	bool		 notice, begun;
	char		 ref[];
};

/* BATCH from the server. */
void		 batch_line(struct network *, struct line *);
/* The innermost open one that the line belongs to, or NULL. */
struct batch	*batch_of(const struct network *, const struct line *);
/* Is it in a batch of this kind, however deep?  Then that one, or NULL. */
struct batch	*batch_within(const struct network *, const struct line *,
		    enum batch_kind);
/* The line is kept: it is a part of a message. */
bool		 batch_keeps(struct network *, struct line *);
/* What has not ended in time ends now. */
void		 batch_expire(struct network *, double now);
/* The connection is no more: all of them end. */
void		 batch_end_all(struct network *);

#endif
