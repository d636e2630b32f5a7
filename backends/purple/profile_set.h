/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile_set.h - who the user is: profile_set. */
#ifndef BACKENDS_PURPLE_PROFILE_SET_H
#define BACKENDS_PURPLE_PROFILE_SET_H

#include "backends/kit/kit.h"
#include "backends/purple/module.h"

extern const struct module profile_set_module;

void	down_profile_set(const struct kit_call *,
	    const struct msg_profile_set *);

#endif
