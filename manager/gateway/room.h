/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room.h - a room of the network that one user is in, and which of the user's
 * clients are in it: what others may ask and tell.  The rooms' own files see
 * more in room_data.h. */
#ifndef MANAGER_GATEWAY_ROOM_H
#define MANAGER_GATEWAY_ROOM_H

#include <stdbool.h>

#include "manager/gateway/user.h"

struct room;

/* NULL: none. */
struct room	*room_find(const struct user *, const char *bare);
/* By its id on the network; one that is being left does not count. */
struct room	*room_find_id(const struct user *, const char *id);
/* Is this full JID in it? */
bool		 room_has_client(const struct room *, const char *full);
/* Full JID of one that is; NULL: none. */
const char	*room_first_client(const struct room *);
/* Each of them; called may not change who is in. */
void		 room_each_client(const struct room *,
		    void (*called)(void *ctx, const char *full), void *ctx);
/* Rooms that the user is in or wants to be in. */
size_t		 rooms_count(const struct user *);
/* Is any client in, or on the way into one? */
bool		 rooms_have_clients(const struct user *);
/* Full JIDs of clients in any room, each once: owned strings in an owned array
 * (NULL for none). */
size_t		 rooms_clients(const struct user *, char ***full);

const char	*room_id(const struct room *);		/* on the network */
const char	*room_jid(const struct room *);		/* bare */
/* The user's own nick, as a resource; never NULL. */
const char	*room_own_resource(const struct room *);
/* Nick on the network of the occupant shown under this resource; NULL when
 * nobody is. */
const char	*room_occupant_nick(const struct room *, const char *resource);
/* And back: as which resource the occupant of this nick is shown. */
const char	*room_occupant_resource(const struct room *, const char *nick);
/* Who that is as a contact, where it is known; else NULL. */
const char	*room_occupant_real(const struct room *, const char *resource);
const char	*room_occupant_avatar(const struct room *,
		    const char *resource);

/* ---- what session.c and user.c call */
/* A setting has changed that may concern rooms: those that are not to be kept
 * any more are left when no client is in them. */
void		 rooms_settings_changed(struct user *);
/* The session is up, for the first time or again: join what is wanted.  After
 * a recovery the occupants are compared with those the clients know, and only
 * differences are shown. */
void		 rooms_session_up(struct user *);
/* Only those that wait: the session has been up all the time. */
void	rooms_resume_waiting(struct user *);
/* The backend is lost; it will come back: keep everything, show nothing. */
void		 rooms_session_lost(struct user *);
/* The session is over: every client is told (332, with text), joins that wait
 * are answered by an error; the rooms are forgotten. */
void		 rooms_session_over(struct user *, const char *text);
/* A client has gone: out of every room, which is left with its last one. */
void		 rooms_client_gone(struct user *, const char *full);
/* Leave those that no client is in any more. */
void		 rooms_leave_empty(struct user *);
void		 rooms_destroy(struct user *);
/* The user is about to be unregistered: rooms that wait for a session go, and
 * nothing of any is kept from now on. */
void		 rooms_forget(struct user *);

#endif
