/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_state.h - what is known of a room, for the files of room.
 *   room.c		which rooms there are; what comes from them, sorted
 *   room_join.c	into a room, back into it, under another nick, and out
 *   room_occupant.c	who is there
 *   room_wait.c	requests that the room answers by an echo
 *   room_past.c	the last messages, by all their names
 *   room_hear.c	messages from the room
 *   room_say.c		and to it
 *   room_admin.c	roles, affiliations
 *   room_config.c	the form of its settings
 *   room_history.c	what it has kept
 *   room_invite.c	invitations, both ways
 *   room_list.c	which rooms a server has */
#ifndef BACKENDS_XMPP_ROOM_STATE_H
#define BACKENDS_XMPP_ROOM_STATE_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include "backends/xmpp/session.h"
#include "util/map.h"

#define NS_MUC		"http://jabber.org/protocol/muc"
#define NS_MUC_USER	NS_MUC "#user"
#define NS_MUC_ADMIN	NS_MUC "#admin"
#define NS_MUC_OWNER	NS_MUC "#owner"
#define NS_DISCO_INFO	"http://jabber.org/protocol/disco#info"
#define NS_OCCUPANT_ID	"urn:xmpp:occupant-id:0"
#define NS_FASTEN	"urn:xmpp:fasten:0"
#define NS_RETRACT_0	"urn:xmpp:message-retract:0"
#define NS_MODERATE_0	"urn:xmpp:message-moderate:0"
#define NS_MODERATE	"urn:xmpp:message-moderate:1"

#define ROOMS_MAX	500		/* of a session */
#define ROOM_OCCUPANTS	20000
#define ROOM_WAITS	200
#define ROOM_PAST	200		/* messages whose names are known */
#define ROOM_TEXT	8192		/* bytes of a subject, a status, ... */
#define ROOM_NICK	1023		/* RFC 7622 3.1 */
#define ROOM_TIMEOUT	60.0		/* seconds for an entry */

struct occupant {
	char		*nick;		/* key */
	char		*real;		/* bare JID; NULL: the room hides it */
	bool		 stale;		/* of before a break; not seen again */
};

enum room_state {
	ROOM_ENTERING,			/* asked for, not inside */
	ROOM_IN,
	ROOM_OUTSIDE,			/* put out; timer tries again */
};

enum room_wait_kind {
	WAIT_SAY, WAIT_SUBJECT, WAIT_GESTURE,
	WAIT_PRIVATE,			/* to be sent, and then no echo comes */
};

struct room_wait {
	TAILQ_ENTRY(room_wait) entry;
	struct room	*room;
	enum room_wait_kind kind;
	struct kit_call	 call;
	bool		 answered;	/* an echo may still come */
	char		*id;		/* of our stanza */
	char		*origin;	/* the main process's, or NULL */
	xmpp_stanza_t	*held;		/* to be sent once we are in; or NULL */
	ev_timer	 timer;
};

struct past {
	char		*net;		/* as the main process knows it */
	char		*id;		/* of the stanza; NULL: the same */
	char		*nick;
};

struct room {
	struct session	*session;
	char		*id;		/* the main process's word for it */
	char		*jid;		/* key of session->rooms */
	unsigned long	 serial;	/* of all rooms ever */
	enum room_state	 state;		/* by room_set_state() */
	char		*nick;		/* ours, or the one asked for */
	char		*password;
	int64_t		 history;	/* messages wanted; -1: as usual */
	bool		 again;		/* the main process believes us in */
	unsigned	 failures;	/* to get in again, and stay */
	ev_timer	 timer;		/* ENTERING: it takes too long; IN: is
					 * it still true? OUTSIDE: try again */
	bool		 doubted;	/* IN: it may not know us any more */
	double		 heard;		/* when anything last came from it while
					 * we were in; 0: never */

	struct kit_call	 join;		/* while asked */
	bool		 asked;
	unsigned	 describing;	/* it has been asked so often what it
					 * is */
	bool		 changed;	/* meanwhile, so it is asked again */
	bool		 hidden;	/* it does not say so to who is not in */
	bool		 created;
	bool		 unshown;	/* the user's presence has changed, and
					 * it has not been told */
	char		*name;		/* for humans, or NULL */
	bool		 names_messages; /* XEP-0359: its ids can be trusted */
	bool		 names_people;	/* XEP-0421: the same */
	bool		 moderates, moderates_0;	/* XEP-0425 */

	struct kit_call	 rename;	/* while renaming */
	char		*renaming;	/* the nick asked for, or NULL */
	char		 rename_id[24];	/* of the presence that asked */
	struct map	 occupants;
	TAILQ_HEAD(, room_wait) waits;
	unsigned	 nwaits;
	unsigned	 nheld;		/* of them */
	struct past	 past[ROOM_PAST];	/* a ring */
	unsigned	 npast;
};

/* ---- room.c */
struct room	*room_find(const struct session *, const char *jid);
struct room	*room_new(struct session *, const char *id, char *jid);
/* Gone at once: what waits is answered by this error. */
void		 room_remove(struct room *, const char *code,
		    const char *text);
/* The room of a request, if the user is in it; NULL: it has been answered. */
struct room	*room_for(const struct kit_call *, const char *user,
		    const char *id);
struct room	*room_in(struct session *, const struct kit_call *,
		    const char *id);
void		 room_set_state(struct room *, enum room_state);
void		 room_set_timer(struct room *, double seconds);
/* Tell it how the user is; if need be, when that can be. */
void		 room_show(struct room *);
/* A pointer to a room does not outlive a wait: take this along. */
struct room_ref	*room_ref(const struct room *);
/* Frees it.  NULL: there is no such room any more. */
struct room	*room_deref(struct session *, struct room_ref *);
/* The resource of a JID, or NULL. */
const char	*room_nick_of(const char *jid);

/* ---- room_join.c */
void	room_enter(struct room *);	/* say so to the room */
void	room_enter_again(struct room *);
/* We are among the occupants. */
void	room_entered(struct room *);
void	room_refused(struct room *, xmpp_stanza_t *presence);
/* The room does not know us any more; retry: it may take us back. */
void	room_put_out(struct room *, const char *reason, bool retry);
void	room_on_timer(struct room *);
/* It has refused something: is it still true that we are in? */
void	room_doubt(struct room *);
void	room_renamed(struct room *, const char *nick);
/* Nothing comes of it, if anything was asked for. */
void	room_rename_failed(struct room *, const char *code, const char *text);
/* Ask the room what it is. */
void	room_describe(struct room *);
/* The same, but not while it is asked. */
void	room_changed(struct room *);

/* ---- room_occupant.c */
void	room_presence(struct room *, xmpp_stanza_t *);
void	room_put_presence(const struct session *, xmpp_stanza_t *);
/* After a break all are stale until they are seen; those that are not, are
 * gone. */
void	room_occupants_stale(struct room *);
void	room_occupants_sweep(struct room *);
void	room_occupants_finish(struct room *);

/* ---- room_wait.c */
/* Send it to the room, or to somebody there, for this request.  While we are
 * not inside (any more) it is held; WAIT_PRIVATE is answered when the server
 * has it, the others by their echo.  origin: the main process's id, or NULL. */
void		 room_wait_send(struct room *, xmpp_stanza_t *,
		    enum room_wait_kind, const struct kit_call *,
		    const char *origin);
/* We are inside (again): what was held is sent. */
void		 room_waits_go(struct room *);
struct room_wait *room_waiting(const struct room *, const char *id);
/* The oldest of that kind, or NULL. */
struct room_wait *room_waiting_for(const struct room *, enum room_wait_kind);
void	room_wait_done(struct room_wait *, const void *result);
void	room_wait_failed(struct room_wait *, const char *code,
	    const char *text);
void	room_waits_finish(struct room *, const char *code, const char *text);
/* The same, but for those that are held. */
void	room_waits_lost(struct room *, const char *code, const char *text);

/* ---- room_past.c */
void	room_past_add(struct room *, const char *net, const char *id,
	    const char *nick);
/* The newest that the main process knows by this name, or else the newest that
 * its author gave it to; NULL: too long ago, or never. */
const struct past *room_past_find(const struct room *, const char *name);
/* The same, of those by this one. */
const struct past *room_past_of(const struct room *, const char *name,
    const char *nick);
void	room_past_finish(struct room *);

/* ---- room_hear.c */
void	room_hear(struct room *, xmpp_stanza_t *message);

/* ---- room_history.c: part of an answer of its archive? */
bool	room_history_hear(const struct room *, xmpp_stanza_t *message);

#endif
