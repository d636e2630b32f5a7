/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_state.h - what is kept of rooms, for room*.c, occupant.c and invite.c.
 *
 * A struct room belongs to its session's table and points to a conversation of
 * libpurple while there is one; that one's ui_data points back.  Occupants are
 * libpurple's (PurpleConvChatBuddy): here is only what differs from it. */
#ifndef BACKENDS_PURPLE_ROOM_STATE_H
#define BACKENDS_PURPLE_ROOM_STATE_H

#include <glib.h>
#include <purple.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "backends/kit/kit.h"
#include "backends/purple/session.h"
#include "util/map.h"

#define ROOMS_MAX		500	/* of a session */
#define ROOM_ID_BYTES		1000
#define ROOM_JOIN_TIMEOUT	30	/* seconds */
#define ROOM_ANSWER_TIMEOUT	15	/* of what is done inside a room */

enum room_state {
	ROOM_JOINING,	/* asked, or to be asked for once LEAVING is over */
	ROOM_IN,	/* the plug-in has made the conversation */
	ROOM_LEAVING,	/* we are out, but the plug-in does not know yet */
	ROOM_OUT,	/* in no table any more, freed after this turn */
};

/* What a request about a room waits for. */
enum room_await_kind {
	AWAIT_NICK, AWAIT_SUBJECT, AWAIT_MODERATE, AWAIT_ECHO, AWAIT_QUERY,
};

struct room_await {
	TAILQ_ENTRY(room_await) entry;
	struct room		*room;
	enum room_await_kind	 kind;
	struct kit_call		 call;
	char			*about;	/* a name; of AWAIT_ECHO: the text */
	char			*id;	/* AWAIT_ECHO: on the network; or NULL */
	bool			 answered; /* an echo may still come */
	guint			 timer;
};

struct room {
	struct session	*session;
	char		*id;		/* for the main process; key */
	enum room_state	 state;
	bool		 wanted;	/* the main process knows of it */
	bool		 ready;		/* we are among the users */
	bool		 told;		/* the main process knows them */
	PurpleConversation *conv;	/* or NULL */

	/* Joining. */
	GHashTable	*components;	/* of the plug-in, which may keep a
					 * pointer; NULL: not asked for yet */
	bool		 asked;		/* join is to be answered */
	struct kit_call	 join;
	char		*nick;		/* asked for */
	char		*password;	/* while LEAVING is awaited */
	int64_t		 history;
	const char	*failed;	/* error code; NULL: not yet */
	char		*why;		/* what the plug-in said of it */
	bool		 settling;	/* the answer comes after this turn */
	bool		 created;
	bool		 abandoned;	/* left while joining: once in, out */
	guint		 timer;

	/* Inside. */
	char		*me;		/* libpurple's name for us, once known */
	struct map	 by_name;	/* struct alias; see occupant.c */
	struct map	 by_nick;
	TAILQ_HEAD(, room_await) awaits;
	unsigned	 waiting;	/* how many those are */
	char		*notice;	/* system message, said after the turn
					 * unless something explains it */
	bool		 noticing;	/* it is to be said after the turn */
	char		*parting;	/* words of those who leave just now */
	GList		*cleared;	/* names; gone unless they are listed
					 * again in this turn */
	bool		 topic_new;	/* the next notice says no more */
	char		*topic_by;	/* who set the topic, and when: what the */
	int64_t		 topic_time;	/* server adds; 0 */
	bool		 speaking;	/* inside the plug-in's chat_send */
	bool		 spoken;	/* which has shown our message */
};

struct rooms {
	struct map	 table;		/* struct room, by id */
	struct map	 invites;	/* struct invite, by id */
	struct map	 privates;	/* struct private_peer, by name */
	struct room_list *list;		/* or NULL */
	unsigned	 serial;	/* of what room_jabber.c asks */
};

/* ---- room.c */
struct room	*room_find(const struct session *, const char *id);
/* Of a conversation, whatever it is; NULL: none of ours. */
struct room	*room_of(const PurpleConversation *);
/* By the name the plug-in has for it. */
struct room	*room_named(const struct session *, const char *name);
struct room	*room_new(struct session *, const char *id);
/* Out of the table and of the conversation, which goes too; every request that
 * waits gets this error.  Freed after this turn. */
void		 room_remove(struct room *, const char *code,
		    const char *text);
/* It is over, but not because the main process said so: tell. */
void		 room_close(struct room *, const char *reason);
PurpleConvChat	*room_chat(const struct room *);	/* or NULL */
void		 room_set_timer(struct room *, unsigned ms, GSourceFunc);
bool		 room_is_plugin(const struct session *, const char *id);
/* The network's name of it, as far as that is known; never NULL. */
const char	*room_name(const struct room *);
/* The room of a request, if we are in; else the request has been answered. */
struct room	*room_for(const struct kit_call *, const char *user,
		    const char *id);
/* The network has done what a leave was waiting for. */
void		 room_left(struct room *);
/* Nobody waits for the join any more, and it cannot be taken back. */
void		 room_abandon(struct room *);
/* Out again after this turn. */
void		 room_leave_later(struct room *);

/* ---- room_join.c */
/* We are among the users: the main process can be told. */
void	room_complete(struct room *);
/* A join does not work out; settled after this turn, so that the plug-in can
 * say more.  code may be NULL, text too: what is known already stays. */
void	room_join_failed(struct room *, const char *code, const char *text);
void	room_join_now(struct room *);
/* The one that is being joined under this name, or NULL. */
struct room *room_joining(const struct session *, const char *name);
void	room_join_init(void);
/* Copies of everything: the plug-in's own may go at any time. */
GHashTable *room_components_copy(GHashTable *);
/* What the plug-in calls the chat with these components, or NULL (g_free). */
char	*room_components_name(const struct session *, GHashTable *);

/* ---- room_await.c: requests that an event of the room answers */
struct room_await *room_await(struct room *, enum room_await_kind,
	    const struct kit_call *, const char *about);
/* The oldest that waits for this (about NULL: for any), or NULL. */
struct room_await *room_awaited(const struct room *, enum room_await_kind,
	    const char *about);
void	room_await_done(struct room_await *, const void *result);
void	room_await_failed(struct room_await *, const char *code,
	    const char *text);
void	room_await_finish(struct room *, const char *code, const char *text);

/* ---- room_topic.c */
void	room_topic_init(void);
void	room_topic_tell(struct room *);

/* ---- room_hear.c: the system message that waits becomes a message of the
 * room now; take it instead (malloced) when it explains something. */
void	room_flush_notice(struct room *);
char	*room_take_notice(struct room *);

/* ---- room_say.c */
/* The user's own words have come back: true, if they were waited for. */
bool	room_heard_echo(struct room *, const char *text, const char *id,
	    const char *sent_id);
/* This id has our message on the network. */
void	room_sending_as(PurpleConnection *, const char *id);
void	room_privates_finish(struct session *);

/* ---- room_moderate.c */
#define ROOM_QUERY_PREFIX	"s2room"
/* The answer to a query of ours; code NULL: it is a result. */
void	room_queried(struct room_await *, const char *code, const char *text,
	    xmlnode *query);

/* ---- room_list.c */
void	room_list_init(void);
void	room_list_finish(struct session *);
/* Is this a complaint of the plug-in about a list being fetched? */
bool	room_list_notified(const struct session *, const char *text);

/* ---- room_jabber.c, room_irc.c: what two plug-ins know and do not tell */
void	room_jabber_init(void);
void	room_jabber_leave(PurpleConnection *, int id, const char *reason);
void	room_irc_init(void);

#endif
