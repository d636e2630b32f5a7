/* SPDX-License-Identifier: GPL-2.0-or-later */
/* down.h - messages from the main process, named as in messages.def.  Every
 * request is answered exactly once, now or later. */
#ifndef BACKENDS_IRC_DOWN_H
#define BACKENDS_IRC_DOWN_H

#include "backends/irc/network.h"

#define DOWN(name) \
	void	down_##name(struct irc *, request_t, const struct msg_##name *);
DOWN(login)
DOWN(logout)
DOWN(presence)
DOWN(setting)
DOWN(send)
DOWN(chat_state)
DOWN(react)
DOWN(retract)
DOWN(room_history)
DOWN(profile)
DOWN(query)
DOWN(contact_add)
DOWN(contact_update)
DOWN(contact_remove)
DOWN(contact_watch)
DOWN(room_join)
DOWN(room_leave)
DOWN(room_nick)
DOWN(room_subject_set)
DOWN(room_moderate)
DOWN(room_affiliations)
DOWN(room_invite)
DOWN(room_list)
DOWN(room_config)
DOWN(room_config_set)
DOWN(command)
#undef DOWN

/* Log everyone out. */
void	down_stop(struct irc *);
/* Stop or start reading from all networks. */
void	down_pause(struct irc *, bool pause);

#endif
