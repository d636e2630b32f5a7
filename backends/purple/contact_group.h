/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact_group.h - groups of contacts, each of which libpurple has once for all
 * accounts of the process: one of that name. */
#ifndef BACKENDS_PURPLE_CONTACT_GROUP_H
#define BACKENDS_PURPLE_CONTACT_GROUP_H

#include <purple.h>

/* The group of those who are in none: the user is not told of it. */
#define CONTACT_GROUP_NONE	"Buddies"

/* The one of this name, made if need be; NULL or empty: of those in none. */
PurpleGroup	*contact_group_named(const char *);
/* Groups that nobody is in any more are in the way: forget them, soon. */
void		 contact_groups_prune(void);

#endif
