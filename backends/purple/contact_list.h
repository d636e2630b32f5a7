/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact_list.h - libpurple's buddy list: what happens to it, and how it is
 * changed for one account. */
#ifndef BACKENDS_PURPLE_CONTACT_LIST_H
#define BACKENDS_PURPLE_CONTACT_LIST_H

#include <purple.h>
#include <stdbool.h>

#include "backends/purple/contact.h"
#include "protocol/schema.h"

void		 contact_list_init(void);

/* A new buddy in a group, here; the network is not told.  alias may be NULL. */
PurpleBuddy	*contact_list_add(struct session *, const char *name,
		    const char *alias, const char *group);
/* All of a contact, here and on the network; the contact is empty then, and
 * goes. */
void		 contact_list_remove(struct contact *);
/* Here and on the network, be in just these groups (none: as it is). */
void		 contact_list_regroup(struct contact *, const struct strs *);
/* Here and on the network; NULL or empty: no name. */
void		 contact_list_rename(struct contact *, const char *alias);

#endif
