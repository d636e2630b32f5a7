/* SPDX-License-Identifier: GPL-2.0-or-later */
/* say_room.h - what clients see of a room (XEP-0045). */
#ifndef MANAGER_GATEWAY_SAY_ROOM_H
#define MANAGER_GATEWAY_SAY_ROOM_H

#include "manager/gateway/room_data.h"
#include "manager/gateway/room_history.h"
#include "manager/gateway/say.h"

enum muc_status {
	MUC_NON_ANONYMOUS = 100,
	MUC_SELF = 110,
	MUC_CREATED = 201,
	MUC_NICK_GIVEN = 210,
	MUC_BANNED = 301,
	MUC_RENAMED = 303,
	MUC_KICKED = 307,
	MUC_REMOVED = 321,
	MUC_SERVICE_LOST = 332,
	MUC_TECHNICAL = 333,
};

/* How somebody has gone, or why the user is out. */
struct room_gone {
	enum muc_status	 code;		/* 0: of their own will */
	const char	*actor;		/* nick; or NULL */
	const char	*reason;	/* or NULL */
	bool		 banned;	/* affiliation outcast */
};

/* All of these go to one client, which need not be in yet, or (to NULL) to
 * every client that is in.  110 is added for the user's own occupant. */
void	say_room_occupant(const struct room *, const struct occupant *,
	    const struct room_client *to);
/* Own presence that ends a join, with the codes of this client's wish. */
void	say_room_welcome(const struct room *, const struct room_client *to);
void	say_room_gone(const struct room *, const struct occupant *,
	    const struct room_client *to, const struct room_gone *);
/* Unavailable with 303; the presence under the new nick is for the caller. */
void	say_room_renamed(const struct room *, const struct occupant *,
	    const char *new_resource);
void	say_room_subject(const struct room *, const struct room_client *to);
void	say_room_message(const struct room *, const struct past *,
	    const struct room_client *to);

/* What service discovery says of it is not the same any more (XEP-0045 10.2.1,
 * 104). */
void	say_room_changed(const struct room *);

/* The same as a message of the room with this bare JID, whether the user is in
 * it or not.  It borrows from room and past. */
struct said_past {
	struct say_message message;	/* to: nobody */
	struct msg_reply reply;
	struct msg_attachment file;
	struct say_gesture gesture;
	char		 from[ROOM_JID_MAX], occupant[17];
	char		 reply_jid[ROOM_JID_MAX], by[ROOM_JID_MAX];
};
void	say_room_past(struct said_past *, const char *room,
	    const struct past *);

/* The client has left by itself: its own unavailable presence, from the
 * address it used. */
void	say_room_left(struct gateway *, const char *from, const char *to,
	    const char *id, const char *status);
/* Presence of type error, from the address asked for. */
void	say_room_refused(const struct room *, const struct room_client *to,
	    enum stanza_error, const char *text);
/* In words of a MUC: what the error code of a join means. */
enum stanza_error say_room_error_of(const char *code);

/* from invites to the room; to: bare JID of whoever is invited. */
void	say_room_invitation(struct gateway *, const char *room,
	    const char *from, const char *to, const char *reason,
	    const char *password);

#endif
