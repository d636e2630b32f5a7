/* SPDX-License-Identifier: GPL-2.0-or-later */
/* down.h - handlers of what the main process says, named in main.c's table. */
#ifndef BACKENDS_XMPP_DOWN_H
#define BACKENDS_XMPP_DOWN_H

#include "backends/kit/kit.h"

void	down_login(const struct kit_call *, const struct msg_login *);
void	down_logout(const struct kit_call *, const struct msg_logout *);
void	down_setting(const struct kit_call *, const struct msg_setting *);
void	down_presence(const struct kit_call *, const struct msg_presence *);
void	down_send(const struct kit_call *, const struct msg_send *);
void	down_marker(const struct kit_call *, const struct msg_marker *);
void	down_chat_state(const struct kit_call *,
	    const struct msg_chat_state *);
void	down_react(const struct kit_call *, const struct msg_react *);
void	down_retract(const struct kit_call *, const struct msg_retract *);
void	down_attention(const struct kit_call *, const struct msg_attention *);

/* ---- roster_down.c */
void	down_contact_add(const struct kit_call *,
	    const struct msg_contact_add *);
void	down_contact_update(const struct kit_call *,
	    const struct msg_contact_update *);
void	down_contact_remove(const struct kit_call *,
	    const struct msg_contact_remove *);
void	down_contact_allow(const struct kit_call *,
	    const struct msg_contact_allow *);
void	down_contact_deny(const struct kit_call *,
	    const struct msg_contact_deny *);

/* ---- pass.c */
void	down_stanza(const struct kit_call *, const struct msg_stanza *);

/* ---- entity.c */
void	down_query(const struct kit_call *, const struct msg_query *);

/* ---- profile.c, profile_set.c */
void	down_profile(const struct kit_call *, const struct msg_profile *);
void	down_profile_set(const struct kit_call *,
	    const struct msg_profile_set *);

/* ---- search.c */
void	down_search(const struct kit_call *, const struct msg_search *);

/* ---- command_run.c */
void	down_command(const struct kit_call *, const struct msg_command *);

/* ---- block.c */
void	down_contact_block(const struct kit_call *,
	    const struct msg_contact_block *);

#endif
