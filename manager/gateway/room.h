/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room.h - a room of the network that one user is in, and which of the user's
 * clients are in it.  Facts only. */
#ifndef MANAGER_GATEWAY_ROOM_H
#define MANAGER_GATEWAY_ROOM_H

#include <stdbool.h>

#include "manager/gateway/user.h"

struct room;

struct room	*room_find(const struct user *, const char *bare);	/* or NULL */
struct room	*room_find_id(const struct user *, const char *id);	/* or NULL */
/* Is this full JID in it? */
bool		 room_has_client(const struct room *, const char *full);
size_t		 rooms_count(const struct user *);
/* Full JIDs of clients in any room, each once: owned strings in an owned array
 * (NULL for none). */
size_t		 rooms_clients(const struct user *, char ***full);

/* ---- what session.c and user.c call */
/* The session is up, for the first time or again: join what is wanted.  After
 * a recovery the occupants are compared with those the clients know, and only
 * differences are shown. */
void		 rooms_session_up(struct user *);
/* The backend is lost; it will come back: keep everything, show nothing. */
void		 rooms_session_lost(struct user *);
/* The session is over: every client is told (332, with text), joins that wait
 * are answered by an error; the rooms are forgotten. */
void		 rooms_session_over(struct user *, const char *text);
/* A client has gone: out of every room, which is left with its last one. */
void		 rooms_client_gone(struct user *, const char *full);
void		 rooms_destroy(struct user *);

#endif
