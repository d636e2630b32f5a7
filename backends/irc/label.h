/* SPDX-License-Identifier: GPL-2.0-or-later */
/* label.h - which request does a line of the server answer?  (IRCv3
 * labeled-response)  A request that is sent with a label has it in its struct
 * await: numbers from label on, one for each of its lines. */
#ifndef BACKENDS_IRC_LABEL_H
#define BACKENDS_IRC_LABEL_H

#include "backends/irc/network.h"

#define LABEL_MAX	24		/* bytes of a label and its NUL */

/* Numbers for so many lines of the request; a->label is the first. */
void		 label_give(struct network *, struct await *, unsigned lines);
const char	*label_text(char out[LABEL_MAX], unsigned long label);
/* The label of the line or of the batch that it is in; 0: none of ours. */
unsigned long	 label_of(const struct network *, const struct line *);
/* What it answers; NULL: nothing that waits. */
struct await	*label_await(const struct network *, unsigned long label);
/* The same for what the user has said or done to what was said: nothing else
 * comes back as a message. */
struct await	*label_said(const struct network *, unsigned long label);
/* ACK: done, and there is nothing to say about it. */
void		 label_ack(struct network *, struct line *);
/* The response to that label is complete. */
void		 label_done(struct network *, unsigned long label);

#endif
