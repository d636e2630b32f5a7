/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setting.h - what users may set, one row each, and what is right for it.
 * Forms are made from these rows; nothing is kept that has not passed
 * setting_take(). */
#ifndef BACKENDS_IRC_SETTING_H
#define BACKENDS_IRC_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "util/macros.h"

#define SETTING_VALUE_MAX	(16 * 1024)	/* bytes of the longest */

enum setting_type {
	SETTING_TEXT, SETTING_SECRET, SETTING_LINES, SETTING_BOOL,
	SETTING_NUMBER, SETTING_CHOICE,
};

/* Where a setting may be made.  One without SETTING_USER never goes to a
 * server for which it was not meant: a password for all of them would be told
 * to whoever gets the user to join a room of his. */
enum {
	SETTING_USER = 1, SETTING_SERVER = 2, SETTING_ROOM = 4,
};

struct setting {
	const char	*name;
	const char	*label;		/* for humans */
	enum setting_type type;
	unsigned	 scope;		/* SETTING_USER | ... */
	bool		 secret;	/* never shown, never logged */
	bool		 at_connect;	/* a connection that is up keeps the
					 * old value */
	size_t		 max;		/* bytes; <= SETTING_VALUE_MAX */
	const char	*choices;	/* of a choice, separated by spaces */
	double		 least, most;	/* of a number */
	/* Beyond type, size and control characters.  May change the value in
	 * place, never making it longer.  NULL, or what would be right. */
	const char	*(*check)(char *value);
};

/* All rows, in the order of forms. */
const struct setting *setting_rows(size_t *n);
const struct setting *setting_find(const char *name);	/* or NULL */

/* The value as it is to be kept (owned): without space around it, "1" or "0"
 * for a bool, numbers and lists in one spelling.  NULL and *why (static; names
 * what would be right) when it is no value for this row; "" never is one. */
char		*setting_take(const struct setting *, const char *value,
		    const char **why) MUST_CHECK;

#endif
