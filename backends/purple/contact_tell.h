/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact_tell.h - what the main process hears of a contact. */
#ifndef BACKENDS_PURPLE_CONTACT_TELL_H
#define BACKENDS_PURPLE_CONTACT_TELL_H

#include "backends/purple/contact.h"

/* What everybody is until something else has been told. */
#define CONTACT_SHOWN_OFFLINE	1

/* Tell what differs from what was told last; it has a buddy. */
void	contact_tell(struct contact *);
/* It has left the list. */
void	contact_tell_gone(struct contact *);

#endif
