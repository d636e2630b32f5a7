/* SPDX-License-Identifier: GPL-2.0-or-later */
/* offer.h - which options of their accounts users may set themselves.
 *
 * Options can name servers to connect to, files to write and programs to run,
 * here where the gateway runs.  So a user may set those only that are known to
 * do no harm, secrets such as tokens, and what the admin names. */
#ifndef BACKENDS_PURPLE_OFFER_H
#define BACKENDS_PURPLE_OFFER_H

#include <purple.h>
#include <stdbool.h>

#include "protocol/schema.h"
#include "util/macros.h"

/* After section_read().  -1 and *why (malloced) when user_options names
 * something that is no option. */
int	offer_read(char **why) MUST_CHECK;
/* Add the settings that the one protocol of this instance offers. */
void	offer_add(struct msg_initialize_result *);
/* The option behind a setting of this name; NULL: none, or not for users. */
const PurpleAccountOption *offer_find(PurplePlugin *, const char *name);
/* Give an account what its user has set, with secrets or without; the rest is
 * passed over. */
void	offer_apply(PurpleAccount *, PurplePlugin *, const struct pairs *,
	    bool secrets);
/* The user has changed one; NULL or "": as without.  False: no such. */
bool	offer_change(PurpleAccount *, PurplePlugin *, const char *name,
	    const char *value);

#endif
