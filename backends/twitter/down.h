/* SPDX-License-Identifier: GPL-2.0-or-later */
/* down.h - handlers of what the main process says, named in main.c's table. */
#ifndef BACKENDS_TWITTER_DOWN_H
#define BACKENDS_TWITTER_DOWN_H

#include "backends/kit/kit.h"

/* down.c */
void	down_login(const struct kit_call *, const struct msg_login *);
void	down_logout(const struct kit_call *, const struct msg_logout *);
void	down_setting(const struct kit_call *, const struct msg_setting *);
void	down_presence(const struct kit_call *, const struct msg_presence *);

/* command.c */
void	down_command(const struct kit_call *, const struct msg_command *);

/* room.c */
void	down_room_join(const struct kit_call *, const struct msg_room_join *);
void	down_room_leave(const struct kit_call *, const struct msg_room_leave *);
void	down_room_nick(const struct kit_call *, const struct msg_room_nick *);
void	down_room_subject_set(const struct kit_call *,
	    const struct msg_room_subject_set *);
void	down_room_invite(const struct kit_call *,
	    const struct msg_room_invite *);
void	down_room_list(const struct kit_call *, const struct msg_room_list *);

/* contacts.c, contacts_down.c */
void	down_contact_watch(const struct kit_call *,
	    const struct msg_contact_watch *);
void	down_contact_add(const struct kit_call *,
	    const struct msg_contact_add *);
void	down_contact_update(const struct kit_call *,
	    const struct msg_contact_update *);
void	down_contact_remove(const struct kit_call *,
	    const struct msg_contact_remove *);
void	down_contact_block(const struct kit_call *,
	    const struct msg_contact_block *);

/* profile.c, search.c */
void	down_profile(const struct kit_call *, const struct msg_profile *);
void	down_search(const struct kit_call *, const struct msg_search *);

/* send.c */
void	down_send(const struct kit_call *, const struct msg_send *);

/* gesture.c */
void	down_react(const struct kit_call *, const struct msg_react *);
void	down_retract(const struct kit_call *, const struct msg_retract *);

#endif
