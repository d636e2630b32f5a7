/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h - what survives a restart: who is registered, their settings and
 * their contacts, in the tables of the C++ program, and the messages that wait
 * for them (docs/DATABASE.md).
 *
 * Every call returns at once; one worker thread does the work in order and
 * the answer comes as a callback on the loop, never before the call has
 * returned.  Writes without a callback are gathered into one transaction; a
 * reader sees what was written before it.  A write that fails is logged once
 * with what it was for. */
#ifndef MANAGER_STORE_STORE_H
#define MANAGER_STORE_STORE_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/macros.h"

struct store;

struct store_config {
	const char	*type;		/* "none" or "sqlite3" */
	const char	*database;	/* path or name */
	const char	*server, *user, *password;
	unsigned	 port;
	const char	*prefix;	/* of the tables' names, "" for none */
	const char	*encryption_key; /* the C++ program's, "" for none */
	const char	*key_path;	/* of the key that seals passwords and
					 * messages; made (0600) when it is not
					 * there */
};

/* Opens, makes what is missing, starts the worker.  type "none" keeps users
 * in memory only.  Returns NULL and *why (caller frees). */
struct store	*store_open(struct ev_loop *, const struct store_config *,
		    char **why) MUST_CHECK;
/* Finish all writes, answer nothing more.  NULL is fine. */
void		 store_close(struct store *);
bool		 store_is_persistent(const struct store *);

struct store_setting {
	const char	*name, *value;
	int		 type;		/* one of these: */
};

enum {
	STORE_BOOLEAN = 4, STORE_STRING = 13,	/* as in the C++ program */
	STORE_SECRET = 1013,	/* a string, in the clear here, sealed on disk */
};

enum store_flags {		/* of a contact, as in the C++ program */
	STORE_ESCAPED = 2,	/* its JID is written with XEP-0106 */
	STORE_IGNORED = 4,
	STORE_BLOCKED = 8,
};

struct store_contact {
	const char	*name;		/* on the network (column uin) */
	const char	*subscription;	/* "both" "to" "from" "ask" "none" */
	const char	*nickname;
	const char	*groups;	/* joined by newlines */
	const char	*icon_hash;	/* or NULL */
	int		 flags;
};

/* A room that the user is in without a client if need be. */
struct store_room {
	const char	*id;		/* on the network */
	const char	*jid;		/* bare, as XMPP knows it */
	const char	*nick;
	const char	*password;	/* or NULL */
};

struct store_user {
	const char	*jid;		/* bare */
	const char	*uin;		/* account on the network */
	const char	*password;	/* in the clear here, sealed on disk */
	const char	*language;
	const char	*encoding;
	bool		 vip, online;
	/* only from store_load() */
	const struct store_setting *settings;
	size_t		 nsettings;
	const struct store_contact *contacts;
	size_t		 ncontacts;
	const struct store_room *rooms;
	size_t		 nrooms;
};

/* user NULL: not registered (error NULL), or the store failed (error for the
 * log).  All memory is gone when the callback returns. */
typedef void store_user_cb(void *ctx, const struct store_user *,
    const char *error);
typedef void store_users_cb(void *ctx, const struct store_user *users,
    size_t n, const char *error);
typedef void store_done_cb(void *ctx, const char *error);	/* NULL: done */

/* One user with settings, contacts and rooms. */
void	store_load(struct store *, const char *jid, store_user_cb *, void *ctx);
/* Register, or change uin, password, language, encoding of one who is. */
void	store_register(struct store *, const struct store_user *,
	    store_done_cb *, void *ctx);
/* With settings, contacts and rooms, in one transaction; what was said there
 * goes soon after (store_archive_prune()). */
void	store_unregister(struct store *, const char *jid, store_done_cb *,
	    void *ctx);
/* All users, or those marked online; without settings and contacts, and with
 * "" for passwords, like store_find_uin(). */
void	store_list(struct store *, bool only_online, store_users_cb *,
	    void *ctx);
/* Those who should be online although none of their clients may be: who are in
 * rooms, or were online and stay connected (setting stay_connected; stay: by
 * default).  Only jid is set. */
void	store_list_standing(struct store *, bool stay, store_users_cb *,
	    void *ctx);
/* Is any user registered with this account? */
void	store_find_uin(struct store *, const char *uin, store_user_cb *,
	    void *ctx);

/* Gathered writes.  Those for a user who is not registered do nothing. */
void	store_set_online(struct store *, const char *jid, bool online);
/* value NULL: forget the setting. */
void	store_set_setting(struct store *, const char *jid, const char *name,
	    int type, const char *value);
void	store_set_contact(struct store *, const char *jid,
	    const struct store_contact *);
void	store_remove_contact(struct store *, const char *jid,
	    const char *name);
/* The user is in it from now on, also after a restart; or was. */
void	store_set_room(struct store *, const char *jid,
	    const struct store_room *);
void	store_forget_room(struct store *, const char *jid, const char *id);

/* The spool: messages that wait, kept over a restart.  In memory only (type
 * "none") nothing is kept, and nothing is found. */
struct store_waiting {
	int64_t		 id;	/* chosen by the caller: unique, growing */
	const char	*jid;	/* bare JID of the user it concerns */
	bool		 up;	/* to XMPP; else to the network */
	int64_t		 time;	/* ms since 1970 */
	const void	*data;	/* opaque to the store; sealed on disk */
	size_t		 len;
};

/* error: nothing could be read.  All memory is gone when it returns. */
typedef void store_spool_cb(void *ctx, const struct store_waiting *, size_t n,
    const char *error);

/* Gathered write; an id is put once.  The jid need not be registered, and
 * store_unregister() leaves the user's messages alone.  How many bytes wait is
 * bounded by the caller, who drops as many as it puts. */
void	store_spool_put(struct store *, const struct store_waiting *);
/* Gathered write: it waits no longer.  Costs nothing when the put has not been
 * written yet; unknown ids are harmless.  One that fails is tried again with
 * the next write and by store_close(). */
void	store_spool_drop(struct store *, int64_t id);
/* All that wait, oldest id first, but for those that the key does not open:
 * these are counted in the log and left where they are, until their id is put
 * again. */
void	store_spool_load(struct store *, store_spool_cb *, void *ctx);

/* How the worker is doing, for the admin: jobs waiting, writes failed. */
size_t		store_pending(const struct store *);
unsigned long	store_failures(const struct store *);

#endif
