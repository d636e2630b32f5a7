/* SPDX-License-Identifier: GPL-2.0-or-later */
/* speech.h - one message of the user as the lines that it becomes. */
#ifndef BACKENDS_IRC_SPEECH_H
#define BACKENDS_IRC_SPEECH_H

#include "backends/irc/network.h"

struct speech {
	const struct network *n;
	const char	*target;
	const char	*text;		/* codes and all; static memory */
	struct buf	 tags;		/* of each line, or of the batch */
	size_t		 room;		/* bytes of text in one line */
	unsigned	 lines;		/* that it becomes; 0: nothing to say */
	bool		 styled;	/* there are codes in it */
	bool		 batch;		/* as one message: draft/multiline */
};

#define SPEECH_LINES_MAX	60	/* of one message; more are not counted */

/* The text lives until the next one begins. */
void	speech_begin(struct speech *, const struct network *,
	    const struct msg_send *, const char *target);
/* All lines on their way, the first under that label, 0: none; -1: the message
 * is only half sent, at best. */
int	speech_send(struct speech *, struct link *, unsigned long label);
/* How many answers there will be, each under a label of its own. */
unsigned speech_answers(const struct speech *);
void	speech_end(struct speech *);

#endif
