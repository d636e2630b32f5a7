/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile.h - who somebody is: profile. */
#ifndef BACKENDS_PURPLE_PROFILE_H
#define BACKENDS_PURPLE_PROFILE_H

#include <purple.h>
#include <stdbool.h>

#include "backends/kit/kit.h"
#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module profile_module;

/* A plug-in shows what it knows of somebody, which remains its own.  True when
 * somebody had asked for it, and has been answered. */
bool	profile_userinfo(PurpleConnection *, const char *who,
	    PurpleNotifyUserInfo *);

void	down_profile(const struct kit_call *, const struct msg_profile *);

#endif
