/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach.h - messages of users with files, which are at an address. */
#ifndef BACKENDS_PURPLE_ATTACH_H
#define BACKENDS_PURPLE_ATTACH_H

#include <stdbool.h>

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module attach_module;

/* Send it: each file as a file where the network and the contact can take one,
 * the rest, and what could not be fetched, as text.  Answers the request when
 * the files are on their way.  False: nothing was done, it is just a text. */
bool	attach_send(struct session *, const struct kit_call *,
	    const struct msg_send *);

#endif
