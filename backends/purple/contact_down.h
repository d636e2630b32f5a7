/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact_down.h - handlers of what the user does to the list. */
#ifndef BACKENDS_PURPLE_CONTACT_DOWN_H
#define BACKENDS_PURPLE_CONTACT_DOWN_H

#include "backends/kit/kit.h"

void	down_contact_add(const struct kit_call *,
	    const struct msg_contact_add *);
void	down_contact_update(const struct kit_call *,
	    const struct msg_contact_update *);
void	down_contact_remove(const struct kit_call *,
	    const struct msg_contact_remove *);
void	down_contact_watch(const struct kit_call *,
	    const struct msg_contact_watch *);

#endif
