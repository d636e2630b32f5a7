/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privacy.h - whom the user does not want to hear of. */
#ifndef BACKENDS_PURPLE_PRIVACY_H
#define BACKENDS_PURPLE_PRIVACY_H

#include "backends/kit/kit.h"
#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module privacy_module;

/* Absent where only libpurple knows, and would have forgotten. */
enum tri	privacy_blocked(const struct session *, const char *id);

void		down_contact_block(const struct kit_call *,
		    const struct msg_contact_block *);

#endif
