/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outcome.h - why a connection ended, in words of the backend protocol. */
#ifndef BACKENDS_PURPLE_OUTCOME_H
#define BACKENDS_PURPLE_OUTCOME_H

#include <purple.h>
#include <stdbool.h>

#define OUTCOME_TEXT_MAX 500	/* bytes of what a plug-in says */

struct outcome {
	const char	*reason;	/* of disconnected: a literal */
	const char	*text;		/* borrowed */
	bool		 retry;
};

/* What libpurple says of an end, and whether the session had been up.  text
 * stays as it is, or is a literal where there is none. */
void	outcome_of(PurpleConnectionError, const char *text, bool connected,
	    struct outcome *);
/* A text of a plug-in's as one line that may be shown, not too long (malloced);
 * NULL when nothing is left. */
char	*outcome_clean(const char *text);

#endif
