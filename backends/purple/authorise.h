/* SPDX-License-Identifier: GPL-2.0-or-later */
/* authorise.h - people who ask to be a contact of the user, or might like to:
 * contact_request, and what the user makes of it. */
#ifndef BACKENDS_PURPLE_AUTHORISE_H
#define BACKENDS_PURPLE_AUTHORISE_H

#include <purple.h>

#include "backends/kit/kit.h"
#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module authorise_module;

/* Somebody could be added to the list: a contact_request of which the network
 * does not wait for the answer.  name and text may be NULL.  Nothing when they
 * are on the list. */
void	authorise_offer(PurpleAccount *, const char *who, const char *name,
	    const char *text);
/* Does somebody of this id wait for an answer? */
bool	authorise_waiting(const struct session *, const char *id);

void	down_contact_allow(const struct kit_call *,
	    const struct msg_contact_allow *);
void	down_contact_deny(const struct kit_call *,
	    const struct msg_contact_deny *);

#endif
