/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room.h - rooms of the network, which libpurple calls chats.
 *
 * A room is known to the main process by the id with which it was joined (or
 * invited, or listed), whatever the plug-in calls it.  It hears of occupants
 * once we are in: all others, ourselves last, then the answer to room_join,
 * then the subject; from then on every change. */
#ifndef BACKENDS_PURPLE_ROOM_H
#define BACKENDS_PURPLE_ROOM_H

#include <purple.h>
#include <stdbool.h>
#include <time.h>

#include "backends/kit/kit.h"
#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module rooms_module;

/* ---- what the main process says; rows of main.c's table */
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
void	down_room_list(const struct kit_call *, const struct msg_room_list *);

/* ---- for send.c: kind is groupchat or private.  html is what the plug-in is
 * to be given.  Answers the request, now or later. */
void	room_say(struct session *, const struct kit_call *,
	    const struct msg_send *, const char *html);

/* ---- for talk.c: operations of a conversation that is a chat */
void	room_created(PurpleConversation *);
void	room_destroyed(PurpleConversation *);
/* Of write_chat and of write_conv.  who may be NULL; html is as the plug-in
 * wrote it. */
void	room_wrote(PurpleConversation *, const char *who, const char *html,
	    PurpleMessageFlags, time_t);
void	room_users_added(PurpleConversation *, GList *buddies, gboolean arrived);
void	room_user_renamed(PurpleConversation *, const char *from,
	    const char *to, const char *alias);
void	room_users_removed(PurpleConversation *, GList *names);
void	room_user_updated(PurpleConversation *, const char *name);

/* An IM, a typing notice, ... with this name: does it belong to an occupant of
 * a room that the user is in?  Then *room and *nick are what the main process
 * calls them; they live until the turn is over. */
bool	room_private(struct session *, const char *who, const char **room,
	    const char **nick);
/* The user writes to this name as to a contact: so are the answers then. */
void	room_speaks_directly(struct session *, const char *who);
/* The other way round: whom to write to, malloced; NULL: nobody there. */
char	*room_contact(struct session *, const char *room, const char *nick);

/* ---- for notify.c: an error that the plug-in would put in a dialog.  true:
 * it answers a request about a room, and nobody else needs to see it.  Each
 * text may be NULL. */
bool	room_notified(const struct session *, const char *title,
	    const char *primary, const char *secondary);
/* ---- for request.c: a question that is part of what the user has asked for
 * already.  The answer as if typed, or the number of a button from 1 on;
 * malloced; NULL: not about rooms.  value is the default, or NULL. */
char	*room_answer(const struct session *, const char *title,
	    const char *value);

#endif
