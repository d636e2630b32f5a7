/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact_presence.h - how a contact is, in XMPP's words. */
#ifndef BACKENDS_PURPLE_CONTACT_PRESENCE_H
#define BACKENDS_PURPLE_CONTACT_PRESENCE_H

#include "backends/purple/contact.h"
#include "protocol/schema.h"

/* Fills in show and since; the text, malloced or NULL, is returned. */
char	*contact_presence_of(const struct contact *,
	    struct msg_contact_presence *);

/* Plug-ins take a buddy off the list and put another one there when it goes
 * from group to group, and the new one is offline until its next change: a
 * buddy leaves the contact, another one has come. */
void	 contact_presence_keep(struct contact *, PurpleBuddy *leaving);
void	 contact_presence_give(struct contact *, PurpleBuddy *arrived);
void	 contact_presence_forget(struct contact *);

#endif
