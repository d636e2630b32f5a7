/* SPDX-License-Identifier: GPL-2.0-or-later */
/* passing.h - which XML may pass between two clients as it is (feature "raw";
 * STANZAS in spectrum2-backend(7)).  One list for both sides of a pipe: a
 * backend need not write what the main process would leave out. */
#ifndef PROTOCOL_PASSING_H
#define PROTOCOL_PASSING_H

#include <stdbool.h>

#define PASSING_MAX		(256 * 1024)	/* bytes in an iq, */
#define PASSING_MESSAGE_MAX	(64 * 1024)	/* ... a message, */
#define PASSING_PRESENCE_MAX	(2 * 1024)	/* ... a presence */
#define PASSING_DEPTH_MAX	32		/* elements inside each other */
#define PASSING_ELEMENTS_MAX	32		/* beside each other */

/* What it is inside of. */
enum passing_kind {
	PASSING_IQ,		/* one element at most */
	PASSING_MESSAGE,	/* those that no field or method is for */
	PASSING_PRESENCE,	/* likewise */
	PASSING_ACCOUNT,	/* an iq about nodes of the user's account */
	PASSING_EVENT,		/* a message from them */
	PASSING_ERROR,		/* the error of an iq */
};

/* May an element of this namespace pass?  "" never does. */
bool	passing_may(enum passing_kind, const char *ns);

#endif
