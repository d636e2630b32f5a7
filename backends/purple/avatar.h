/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avatar.h - pictures of contacts, and the user's own. */
#ifndef BACKENDS_PURPLE_AVATAR_H
#define BACKENDS_PURPLE_AVATAR_H

#include <purple.h>
#include <stdbool.h>

#include "backends/purple/contact.h"
#include "backends/purple/module.h"
#include "protocol/schema.h"

#define AVATAR_HASH_SIZE 41	/* SHA-1 in hex, and its end */

extern const struct module avatar_module;

/* What picture has the contact now?  True when it is another one than before,
 * or none any more. */
bool		 avatar_look(struct contact *);
/* The hash of it, written to out: "" when there was one and is none any more;
 * NULL: nothing is known of one. */
const char	*avatar_hash(const struct contact *, char out[AVATAR_HASH_SIZE]);
/* Send the picture itself, if there is one. */
void		 avatar_tell(const struct contact *);

/* The picture of anybody of whom libpurple has one; the type is NULL when
 * there is none that can be passed on.  Lives until the next turn. */
struct bin	 avatar_of(PurpleAccount *, const char *who, const char **type);

/* Take this as the user's own; empty: none.  NULL, or why not (malloced). */
char		*avatar_set_own(struct session *, const struct bin *);

#endif
