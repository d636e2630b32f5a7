/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile_fill.h - what a plug-in shows of somebody, as the answer to
 * profile. */
#ifndef BACKENDS_PURPLE_PROFILE_FILL_H
#define BACKENDS_PURPLE_PROFILE_FILL_H

#include <purple.h>

#include "backends/purple/session.h"
#include "protocol/schema.h"
#include "util/arena.h"

/* info may be NULL: what the list knows.  Texts live in the arena, the picture
 * until libpurple is called again. */
void	profile_fill(struct arena *, struct session *, const char *id,
	    PurpleNotifyUserInfo *info, struct msg_profile_result *);

#endif
