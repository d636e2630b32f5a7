/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_data.h - what a room is made of.  For the rooms' own files only
 * (room*.c, say_room*.c, down_room*.c, up_room.c); room.c writes occupants and
 * clients, room_life.c the state, room_send.c the messages under way. */
#ifndef MANAGER_GATEWAY_ROOM_DATA_H
#define MANAGER_GATEWAY_ROOM_DATA_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include "manager/gateway/room.h"
#include "manager/xmpp/jid.h"

enum {
	ROOMS_MAX = 1000,		/* of one user */
	ROOM_CLIENTS_MAX = 64,		/* of one room of one user */
	ROOM_OCCUPANTS_MAX = 50000,
	ROOM_JID_MAX = 3072,		/* any JID and its NUL (RFC 7622 3.1) */
};
#define ROOM_JOIN_TIMEOUT	60.	/* seconds to an answer of any kind */
#define ROOM_ECHO_TIMEOUT	60.	/* seconds to see one's own message */
#define ROOM_WAIT_TIMEOUT	120.	/* seconds a message may wait */
#define ROOM_SUBJECT_WAIT	2.	/* seconds to the empty subject */

enum room_state {
	ROOM_WAITING,		/* wanted, but there is no session yet */
	ROOM_JOINING,		/* room_join sent, nobody is in yet */
	ROOM_JOINED,
	ROOM_LOST,		/* clients think they are in; it comes back */
	ROOM_REJOINING,		/* likewise, room_join has been sent */
	ROOM_LEAVING,		/* room_leave sent; no clients */
	ROOM_NSTATES
};

enum room_event {
	ROOM_WANTED,		/* a client has been added */
	ROOM_EMPTY,		/* the last client has gone */
	ROOM_SESSION_UP,
	ROOM_SESSION_LOST,
	ROOM_SESSION_OVER,
	ROOM_JOIN_DONE,		/* the answer to room_join: joined */
	ROOM_JOIN_REFUSED,	/* ... an error */
	ROOM_JOIN_LOST,		/* ... the backend is gone */
	ROOM_SELF_TOLD,		/* the backend has named the user's own nick */
	ROOM_CLOSED,		/* by the network, for good */
	ROOM_CLOSED_RETRY,	/* the backend goes on trying */
	ROOM_LEFT,		/* the answer to room_leave */
	ROOM_NEVENTS
};

enum role { ROLE_PARTICIPANT, ROLE_MODERATOR, ROLE_VISITOR, ROLE_NONE };
enum affiliation {
	AFFILIATION_NONE, AFFILIATION_MEMBER, AFFILIATION_ADMIN,
	AFFILIATION_OWNER, AFFILIATION_OUTCAST,
};

struct occupant {
	char		*resource;	/* nick, or owned where that is no
					 * resource; unique in the room */
	char		*status, *real, *avatar;	/* owned, or NULL */
	char		*account;	/* owned; NULL: none, or the nick */
	uint64_t	 id;		/* XEP-0421: survives new nicks */
	uint8_t		 show, role, affiliation;
	bool		 shown;		/* clients that are in know the nick */
	bool		 changed;	/* ... but not all of this */
	bool		 banned;	/* ... by the user; a kick follows */
	bool		 bot;
	bool		 stale;		/* not told again since the loss */
	char		 nick[];
};

/* What a client asked when it joined; gone once it is in. */
struct wish {
	char		*nick;		/* a resource */
	char		*id;		/* of the stanza, or NULL */
	double		 due;		/* ev_now() when it gets an error */
	long		 maxstanzas, maxchars;	/* -1: no limit */
	int64_t		 since;		/* ms since 1970; 0: no limit */
	bool		 asked;		/* the archive, for what it wants */
};

struct room_client {
	TAILQ_ENTRY(room_client) entry;
	struct wish	*wish;		/* NULL: it is in */
	char		 full[];
};

/* A request about a room.  It outlives the room if need be: room is NULL then
 * and its answer only frees it. */
struct room_request {
	LIST_ENTRY(room_request) entry;
	struct room	*room;
	unsigned	 attempt;	/* room->attempt when it was sent */
	bool		 counted;	/* in user->inflight */
	char		*from, *to;	/* of the stanza that asked, or NULL */
	char		*id;
};

struct room_send;		/* room_send.h */
struct room_history;		/* room_history.h */
struct room_seen;		/* room_seen.h */
struct store_tail;		/* manager/store/archive.h */

struct room {
	struct user	*user;
	char		*jid;		/* bare; key in user->rooms */
	char		*id;		/* on the network */
	char		*name;		/* for humans, or NULL */
	char		*nick;		/* own: clients that are in know this;
					 * before that, the one asked for */
	char		*told_nick;	/* own, told since room_join, or NULL */
	char		*password;	/* or NULL */
	char		*subject, *subject_nick;	/* or NULL */
	int64_t		 subject_time;	/* ms since 1970, or 0 */
	double		 subject_due;	/* ev_now() to send an empty one; 0 */
	enum room_state	 state;
	unsigned	 attempt;	/* counts room_join and room_leave */
	bool		 created;	/* by the user's joining */
	uint8_t		 lacks;		/* gesture.c's */
	bool		 subject_again;	/* the next may be a repetition */
	bool		 flushing;	/* room_sends_flush() is on the stack */
	struct map	 occupants;	/* nick -> struct occupant */
	unsigned	 odd;		/* whose resource is not their nick */
	unsigned	 nclients;
	unsigned	 nunsent;	/* of sends; counted in user->unsent */
	TAILQ_HEAD(, room_client) clients;
	TAILQ_HEAD(, room_send) sends;	/* in order of arrival */
	LIST_HEAD(, room_request) requests;
	struct room_history *history;	/* NULL: nothing was said yet */
	struct room_seen *seen;		/* likewise */
	struct store_tail *tail;	/* likewise */
	bool		 recorded;	/* setting record_history */
	bool		 persistent;	/* setting persistent */
	bool		 kept;		/* the store knows that we stay */
	bool		 loading;	/* its history, from the archive */
	unsigned	 filling;	/* attempt at whose stay the network is
					 * asked what it remembers; 0 */
	bool		 whole;		/* nothing is in the archive that was
					 * not in history, too */
	double		 retracts_since;	/* and how many since then: */
	unsigned	 retracts;	/* archive.c's */
	unsigned	 missed;		/* said while no client was in */
	struct ev_timer	 timer;		/* runs while anything has a due time */
};

/* ---------------------------------------------------------------- room.c */
struct room	*room_create(struct user *, const char *bare, const char *id);
/* Unhook and free after this turn; nobody is told anything. */
void		 room_destroy(struct room *);
/* What was said; the archive keeps what it has. */
void		 room_forget_past(struct room *);

struct room_client *room_client(const struct room *, const char *full);
struct room_client *room_client_add(struct room *, const char *full);
void		 room_client_remove(struct room *, struct room_client *);
/* Settings of the user that concern it have changed, or it is new. */
void		 room_read_settings(struct room *);
/* The wish is done or given up: the client counts as in. */
void		 room_client_in(struct room_client *);
bool		 room_has_wishes(const struct room *);

struct occupant	*room_occupant(const struct room *, const char *nick);
struct occupant	*room_occupant_at(const struct room *, const char *resource);
struct occupant	*room_self(const struct room *);	/* or NULL */
bool		 room_is_self(const struct room *, const struct occupant *);
/* Find or make; NULL when the room is full beyond reason. */
struct occupant	*room_occupant_add(struct room *, const char *nick,
		    const char *real);
/* One that was known before; resource "": the nick. */
struct occupant	*room_occupant_restore(struct room *, const char *nick,
		    const char *resource);
void		 room_occupant_remove(struct room *, struct occupant *);
void		 room_occupants_clear(struct room *);
/* All that is known of from, but for its nick, is true of to. */
void		 room_occupant_copy(struct occupant *to,
		    const struct occupant *from);

/* What a nick is as a resource where no occupant says so. */
const char	*room_resource(struct arena *, const char *nick);
/* room@domain/resource; NULL: room@domain.  Returns out. */
char		*room_address(const struct room *, const char *resource,
		    char out[ROOM_JID_MAX]);
char		*room_address_of(const char *bare, const char *resource,
		    char out[ROOM_JID_MAX]);
uint64_t	 room_identity(const struct room *, const char *nick,
		    const char *real);

const char	*role_name(enum role);
const char	*affiliation_name(enum affiliation);
int		 role_parse(const char *, enum role *);	/* -1: none of them */
int		 affiliation_parse(const char *, enum affiliation *);

/* from, to, id: of a stanza to be answered, or NULL.  counted: it is one that
 * a client may not have endlessly many of. */
struct room_request *room_request_new(struct room *, const char *from,
		    const char *to, const char *id, bool counted);
void		 room_request_done(struct room_request *);
/* As many unanswered requests as a user may have? */
bool		 room_busy(const struct room *);

/* ----------------------------------------------------------- room_life.c */
/* Why something ends; code is one of protocol/errors.h.  Both may be NULL. */
struct room_why {
	const char	*code, *text;
};
/* Something has happened: what the table says.  The room may be gone after. */
void		 room_event(struct room *, enum room_event,
		    const struct room_why *);
/* As it was before an upgrade; an unknown state counts as lost. */
void		 room_restore_state(struct room *, int64_t state);
/* A client is out (it has been told, or is gone): the room is left with its
 * last one.  The room may be gone after. */
void		 room_drop_client(struct room *, struct room_client *,
		    const char *reason);
/* The network has put the user out: all clients are told, the room is
 * forgotten. */
struct room_gone;
void		 room_ejected(struct room *, const struct room_gone *);
/* Somebody's nick, perhaps the user's own, has changed: shown when joined. */
void		 room_renamed(struct room *, struct occupant *,
		    const char *nick);

/* --------------------------------------------------------------- rooms.c */
/* Something has a due time: see to it that room_due() is called. */
void		 room_arm(struct room *);
void		 room_due(struct room *, double now);

#endif
