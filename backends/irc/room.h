/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room.h - channels as rooms: joining and leaving them, and telling the main
 * process who is there. */
#ifndef BACKENDS_IRC_ROOM_H
#define BACKENDS_IRC_ROOM_H

#include "backends/irc/network.h"

#define ROOM_WHOX "41"		/* marks the answers to our own WHO */

/* The main process wants to be in the channel: JOIN now or once connected; if
 * we are in already, everything is told again.  Answers the request by and by.
 * key may be NULL. */
void	room_join(struct network *, request_t, const char *id,
	    const char *name, const char *key);
/* Is that the id under which the main process knows it, if it does? */
bool	room_is_called(const struct channel *, const char *id);
/* The server has put us into a channel that nobody asked for: the user is told,
 * and hears nothing of it until the main process joins it. */
void	room_forced(struct network *, const char *name);
/* PART and forget; no more is told of it. */
void	room_leave(struct network *, struct channel *, const char *reason);
/* ev_now(): until then a JOIN that is sent now is waited for. */
double	room_join_deadline(struct network *);
/* The server refused a JOIN. */
void	room_refuse(struct network *, struct channel *, const char *code,
	    const char *text);
/* Fail every join that waits and say nothing of the others. */
void	room_refuse_all(struct network *, const char *code, const char *text);
/* Everybody is out of every room; retry: they will be joined again. */
void	room_close_all(struct network *, const char *why, bool retry);
/* Just welcomed: JOIN all that is in the table. */
void	room_rejoin(struct network *);

bool	room_joins_pending(const struct network *);
void	room_expire_joins(struct network *, double now);

/* ---- what has happened in a channel; these tell the main process when it
 * should know */
/* We are in: our own JOIN has come back. */
void	room_entered(struct network *, struct channel *);
/* NAMES is complete. */
void	room_named(struct network *, struct channel *);
/* A member is new, or its ranks or presence have changed; status NULL: none. */
void	room_show_member(struct network *, struct channel *,
	    struct member *, const char *status);
/* What the main process is to be told of the account: one that the nick does
 * not say, "" when it knows of one that is no more, else NULL. */
const char *room_account(const struct network *, const struct person *,
	    const struct member *);
/* The member goes: told, and removed.  If it is ourselves, so is the channel.
 * how as in the message room_occupant_gone; actor and reason may be NULL. */
void	room_member_gone(struct network *, struct channel *, struct member *,
	    const char *how, const char *actor, const char *reason);
void	room_renamed(struct network *, struct channel *, const char *nick,
	    struct member *renamed);
void	room_topic(struct network *, struct channel *);
/* A line from the room itself, not from an occupant. */
void	room_notice(struct network *, struct channel *, const char *text);
/* Is the main process to be told what goes on in it? */
bool	room_is_live(const struct channel *);

/* Highest rank to XMPP's words. */
const char *room_role(const struct isupport *, uint8_t ranks);
const char *room_affiliation(const struct isupport *, uint8_t ranks);

#endif
