/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outcome.h - why a connection ended, in words of the backend protocol. */
#ifndef BACKENDS_PURPLE_OUTCOME_H
#define BACKENDS_PURPLE_OUTCOME_H

#include <purple.h>
#include <stdbool.h>

struct outcome {
	const char	*reason;	/* of disconnected: a literal */
	const char	*text;		/* borrowed; or NULL */
	bool		 retry;
};

void	outcome_of(PurpleConnectionError, const char *text, struct outcome *);

#endif
