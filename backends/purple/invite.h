/* SPDX-License-Identifier: GPL-2.0-or-later */
/* invite.h - invitations into rooms, both ways. */
#ifndef BACKENDS_PURPLE_INVITE_H
#define BACKENDS_PURPLE_INVITE_H

#include <glib.h>

#include "backends/purple/session.h"

void		 invites_init(void);
void		 invites_finish(struct session *);
/* What an invitation into this room said how to enter it: taken out, for
 * g_hash_table_destroy(); NULL: there was none. */
GHashTable	*invite_take(struct session *, const char *room);

#endif
