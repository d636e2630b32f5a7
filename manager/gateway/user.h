/* SPDX-License-Identifier: GPL-2.0-or-later */
/* user.h - one XMPP user (bare JID): clients, session, outbox.
 *
 * A user object exists while it has an available client, a session or a stanza
 * that waits for the store; user_tidy() ends it.  Only session.c assigns
 * state. */
#ifndef MANAGER_GATEWAY_USER_H
#define MANAGER_GATEWAY_USER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "manager/gateway/gateway.h"
#include "protocol/rpc.h"
#include "util/map.h"

enum user_state {
	USER_OFFLINE,		/* no session and none wanted */
	USER_LOADING,		/* asking the store who this is */
	USER_WAITING,		/* wants a backend */
	USER_LOGGING_IN,	/* login sent, connected not heard yet */
	USER_ONLINE,
	USER_RECOVERING,	/* was online; logging in again, XMPP not told */
	USER_MOVING,		/* online, on the way to another backend */
	USER_LEAVING,		/* logout sent */
};

enum show {
	SHOW_OFFLINE, SHOW_ONLINE, SHOW_CHAT, SHOW_AWAY, SHOW_XA, SHOW_DND
};

/* Whether a client has said what it can do (client_caps.c). */
enum caps_state {
	CAPS_NEW,		/* to be asked */
	CAPS_ASKED,
	CAPS_SILENT,		/* no answer; with its next presence again */
	CAPS_REFUSED,		/* it does not say */
};

/* A client of the user that is available to the gateway. */
struct client {
	TAILQ_ENTRY(client) entry;
	char		*full;		/* JID */
	char		*status;	/* or NULL */
	char		*caps;		/* the program it says it is, "hash
					 * node#ver"; or NULL */
	struct client_kind *kind;	/* what that can do; NULL: not known */
	enum show	 show;
	int		 priority;
	enum caps_state	 caps_state;	/* while caps are here and kind not */
	bool		 doubtful;	/* the link was down: is it still there? */
	bool		 wants_avatars;	/* as events (XEP-0084) */
};

struct outgoing;		/* a message on its way to the network */
struct ask;			/* a question of the backend, ask.h */
struct menu;			/* what the backend offers him, menu.h */
struct trial;			/* a setting of an uncertain login, trial.h */
struct ids;			/* names of messages, ids.h */
struct repeats;			/* what was sent lately */
struct keys;			/* of his clients, keys.h */
struct login;			/* a client waiting for its SASL answer */

/* Bounds on what one user may have kept; all of it goes into a login, which is
 * one message of the backend protocol. */
#define USER_SETTINGS_MAX	1000
#define USER_SETTING_BYTES_MAX	(64 * 1024)	/* of one value */
#define USER_SETTINGS_BYTES_MAX	(512 * 1024)	/* of all, with their names */

struct user {
	struct gateway	*gw;
	char		*jid;		/* bare; the key in gw->users */
	char		*account;	/* name on the network; NULL: not loaded */
	char		*password;	/* or NULL */
	char		*hint;		/* account to make by auto_register */
	enum user_state	 state;
	unsigned	 backend;	/* 0: none */
	bool		 registered;	/* in the store */
	bool		 wanted;	/* should be online */
	bool		 shown;		/* XMPP has been told that it is */
	bool		 loaded;	/* what the store has is here */
	bool		 unsaved;	/* registered, but not in the store yet */
	bool		 asked;		/* a login is out on this backend; MOVING:
					 * a logout */
	bool		 suspect;	/* its message was lost with a backend */
	bool		 must_move;	/* once it is online */
	bool		 lost;		/* counted in gw->losses */
	bool		 paced;		/* in gw->pace */
	bool		 told_away;	/* the network, as no client is there */
	bool		 no_hurry;	/* its login is our own idea */
	bool		 standing;	/* likewise, as it stays connected */
	bool		 rooms_missing;	/* the store has some that are not
					 * here: persist_retry() */
	bool		 guest;		/* server mode: its clients are let in to
					 * answer a question; whether this is
					 * the user is not known yet */
	bool		 trial;		/* server mode: nor is it of the login
					 * that is, or was, under way */
	bool		 vip;
	bool		 enabled;	/* setting enable_transport */
	bool		 stay_connected;
	TAILQ_HEAD(, client) clients;
	/* <= config->outbox_max, and what came back from a lost backend. */
	TAILQ_HEAD(outgoing_list, outgoing) outbox;
	unsigned	 outbox_count;
	unsigned	 unsent;	/* waiting in all rooms; <= outbox_max, too */
	unsigned	 inflight;	/* <= config->inflight_max */
	unsigned	 features_told;	/* hash of what the backend was told
					 * last that clients can; 0: nothing */
	unsigned	 asking;	/* of the network, to clients: raw_iq.c */
	unsigned	 caps_asking;	/* of ours, to clients: client_caps.c */
	struct map	 contacts;	/* network name -> struct contact */
	struct map	 contact_jids;	/* bare JID -> the first one with it */
	size_t		 client_bytes;	/* of their clients: contact_client.c */
	struct map	 rooms;		/* bare room JID -> struct room */
	struct map	 settings;	/* name -> struct setting (user.c) */
	size_t		 settings_bytes;	/* <= USER_SETTINGS_BYTES_MAX */
	struct ids	*ids;		/* or NULL: nothing has any */
	struct repeats	*repeats;	/* or NULL: nothing sent yet */
	unsigned	 avoid;		/* backend not to go to next; 0: none */
	unsigned	 attempts;	/* logins failed in a row */
	double		 active;	/* ev_now() of the last message */
	double		 due;		/* ev_now() of the next session_due() */
	double		 roster_due;	/* ev_now() of roster_flush(); 0: none */
	double		 roster_read;	/* ev_now() of the last look at it, */
	double		 roster_look;	/* ... and of the next; 0: none is due */
	double		 presence_due;	/* ev_now() of contact_clients_sweep();
					 * 0: none */
	double		 retry_at;	/* RECOVERING: next try or its end;
					 * WAITING: next try, 0: wants a place */
	double		 lost_at;	/* when RECOVERING began */
	double		 vcards_since;	/* ev_now(); since then so many ... */
	unsigned	 vcards;	/* ... were asked for */
	char		*photo;		/* its hash, as the presence of a client
					 * has it, or NULL; avatar_own.c */
	char		*published;	/* his picture's, or NULL; avatar.c */
	struct keys	*keys;		/* or NULL; keys.c */
	struct ask	*ask;		/* the first of the open ones, or NULL */
	struct menu	*menu;		/* or NULL */
	struct trial	*trials;	/* or NULL */
	struct login	*logins;	/* server mode: clients that wait */
};

/* ------------------------------------------------------------- the object */
struct user	*user_find(struct gateway *, const char *bare);	/* or NULL */
struct user	*user_get(struct gateway *, const char *bare);	/* find, make */
/* Destroy it, after this loop turn, if nothing keeps it by then. */
void		 user_tidy(struct user *);
void		 user_destroy(struct user *);
/* Register an unsaved one in the store; harmless for others. */
void		 user_save(struct user *);

/* --------------------------------------------------------------- clients */
struct client	*user_client(const struct user *, const char *full); /* or NULL */
/* The one with the highest priority (ties: the most available), or NULL. */
struct client	*user_best_client(const struct user *);
/* Added or changed; *added tells which. */
struct client	*user_client_set(struct user *, const char *full, enum show,
		    const char *status, int priority, bool *added);
/* Also leaves its rooms.  false: there was none. */
bool		 user_client_gone(struct user *, const char *full);
/* All of them, without a word to anybody. */
void		 user_forget_clients(struct user *);

/* -------------------------------------------------------------- settings */
const char	*user_setting(const struct user *, const char *name,
		    const char *otherwise);
/* The one that holds for a room or server: its own, else that of its server,
 * else the user's. */
const char	*user_setting_of(const struct user *, const char *name,
		    const char *id, const char *otherwise);
/* In memory, in the store, and told to the backend; value NULL: forget.  False:
 * it would be too many or too much, and nothing was done. */
bool		 user_set_setting(struct user *, const char *name, int type,
		    const char *value);
/* The same for what the backend itself has set: it need not be told. */
bool		 user_keep_setting(struct user *, const char *name, int type,
		    const char *value);

/* Would there be room for it?  To set one to less is always possible. */
bool		 user_setting_fits(const struct user *, const char *name,
		    const char *value);
/* In memory only, as the store has it; type: of store.h. */
void		 user_put_setting(struct user *, const char *name, int type,
		    const char *value);
/* A password or key, not to be shown to anybody. */
bool		 user_setting_is_secret(const struct user *, const char *name);
/* All of them, for a login; borrowed from the user, the array in the arena. */
struct pairs	 user_settings(const struct user *, struct arena *);

const char	*show_name(enum show);		/* "online" "chat" ... "offline" */
enum show	 show_parse(const char *);	/* of the backend protocol */

#endif
