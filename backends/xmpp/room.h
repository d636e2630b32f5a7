/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room.h - rooms of other servers (XEP-0045).
 *
 * To the main process a room is called as it was when it was joined; here it
 * goes by its JID, prepared. */
#ifndef BACKENDS_XMPP_ROOM_H
#define BACKENDS_XMPP_ROOM_H

#include "backends/xmpp/session.h"

/* Rows of session.c's table. */
bool	room_stanza(struct session *, xmpp_stanza_t *);
bool	room_invite_stanza(struct session *, xmpp_stanza_t *);
void	invitations_end(struct session *);
void	rooms_online(struct session *);
void	rooms_resumed(struct session *);
void	rooms_show(struct session *);
void	rooms_end(struct session *);

/* Rows of main.c's table. */
void	down_room_join(const struct kit_call *, const struct msg_room_join *);
void	down_room_leave(const struct kit_call *, const struct msg_room_leave *);
void	down_room_nick(const struct kit_call *, const struct msg_room_nick *);
void	down_room_subject(const struct kit_call *,
	    const struct msg_room_subject_set *);
void	down_room_moderate(const struct kit_call *,
	    const struct msg_room_moderate *);
void	down_room_affiliations(const struct kit_call *,
	    const struct msg_room_affiliations *);
void	down_room_invite(const struct kit_call *,
	    const struct msg_room_invite *);
void	down_room_decline(const struct kit_call *,
	    const struct msg_room_decline *);
void	down_room_list(const struct kit_call *, const struct msg_room_list *);
void	down_room_config(const struct kit_call *,
	    const struct msg_room_config *);
void	down_room_config_set(const struct kit_call *,
	    const struct msg_room_config_set *);
void	down_room_destroy(const struct kit_call *,
	    const struct msg_room_destroy *);
void	down_room_history(const struct kit_call *,
	    const struct msg_room_history *);

/* For messages that have to do with a room: groupchat and private.  They answer
 * the request. */
void	room_send(struct session *, const struct kit_call *,
	    const struct msg_send *);
void	room_react(struct session *, const struct kit_call *,
	    const struct msg_react *);
void	room_retract(struct session *, const struct kit_call *,
	    const struct msg_retract *);
void	room_chat_state(struct session *, const struct msg_chat_state *);

/* A message out of the archive of the account.  false: it is none between two
 * occupants.  own: of the user; time: when, in ms. */
bool	room_hear_past(struct session *, xmpp_stanza_t *, bool own,
	    int64_t time);

/* The address of an occupant, malloced.  NULL: the request has been answered,
 * as the user is not in that room. */
char	*room_address(struct session *, const struct kit_call *,
	    const char *room, const char *nick);

#endif
