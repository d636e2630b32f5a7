/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configure.h - settings of a user as a form, and the form taken back. */
#ifndef BACKENDS_IRC_CONFIGURE_H
#define BACKENDS_IRC_CONFIGURE_H

#include "backends/irc/session.h"
#include "util/arena.h"

#define CONFIGURE_FORGET	"forget"	/* field: secrets to be forgotten */

/* Fields of a form; all in the arena. */
struct fields {
	struct msg_field *v;
	size_t		 n, size;
};

struct msg_field *fields_add(struct fields *, struct arena *);

/* What is configured. */
struct configured {
	struct session	*session;
	unsigned	 scope;		/* SETTING_USER | ...: which rows */
	const char	*id;		/* of a server or room; NULL: neither */
};

/* A field for each row, each saying what holds when it is left empty; filled:
 * what was typed, to be shown in place of what holds, or NULL.  Secrets are not
 * shown. */
void	configure_put(const struct configured *, struct arena *,
	    struct fields *, const struct pairs *filled);
/* Is it a field of such a form? */
bool	configure_has(const struct configured *, const char *field);
/* Take what was filled in: all of it or, when anything is wrong, nothing.
 * Fields that are absent and secrets that are empty stay as they are; others
 * that are empty are back to what holds without.  Returns -1 and *why (in the
 * arena), a line for each field that is wrong.  Otherwise *late (in the arena)
 * names what holds from the next connection on; NULL: nothing such. */
int	configure_take(const struct configured *, struct arena *,
	    const struct pairs *, const char **late, const char **why)
	    MUST_CHECK;

/* The value of a pair; NULL: there is none. */
const char *pairs_get(const struct pairs *, const char *key);

#endif
