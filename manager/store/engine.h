/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine.h - what a kind of database must be able to do for the worker.
 * Used by one thread at a time; may block.  Passwords come and go here as they
 * stand in the database. */
#ifndef MANAGER_STORE_ENGINE_H
#define MANAGER_STORE_ENGINE_H

#include "manager/store/archive.h"
#include "util/arena.h"

/* A row of the archive. */
struct archive_row {
	int64_t		 id;		/* in the order of arrival */
	int64_t		 first, last;	/* ms since 1970: of its messages */
	size_t		 n;		/* messages */
	const void	*data;		/* chunk.h; sealed where persistent */
	size_t		 len;
};

/* Which rows: of a room, above or below a row, of a time. */
struct archive_range {
	int64_t		 room;
	int64_t		 above, below;	/* ids, excluded */
	int64_t		 start, end;	/* ms since 1970, included */
	bool		 down;		/* from the newest one */
};

#define ARCHIVE_ROWS	16		/* found at a time */

struct engine_ops;

struct engine {
	const struct engine_ops *ops;
	/* After a function has returned -1: */
	char	 error[320];	/* what happened, for the log */
	bool	 again;		/* may work another time: locked, disk full */
};

/* All return 0, or -1 with error and again set.  What they find lives in the
 * arena.  Writing about a user who is not there does nothing. */
struct engine_ops {
	void	(*close)(struct engine *);
	int	(*begin)(struct engine *);
	int	(*commit)(struct engine *);
	void	(*rollback)(struct engine *);	/* harmless without begin */
	/* *user NULL: there is none. */
	int	(*get_user)(struct engine *, struct arena *, const char *jid,
		    struct store_user **user);
	int	(*get_settings)(struct engine *, struct arena *,
		    struct store_user *);
	int	(*get_contacts)(struct engine *, struct arena *,
		    struct store_user *);
	int	(*get_users)(struct engine *, struct arena *, bool only_online,
		    struct store_user **users, size_t *n);
	int	(*find_uin)(struct engine *, struct arena *, const char *uin,
		    struct store_user **user);
	int	(*put_user)(struct engine *, const struct store_user *);
	int	(*put_password)(struct engine *, const char *jid,
		    const char *password);
	int	(*remove_user)(struct engine *, const char *jid);
	int	(*set_online)(struct engine *, const char *jid, bool online);
	int	(*set_setting)(struct engine *, const char *jid,
		    const struct store_setting *);	/* value NULL: forget */
	int	(*set_contact)(struct engine *, const char *jid,
		    const struct store_contact *);
	int	(*remove_contact)(struct engine *, const char *jid,
		    const char *name);
	/* The spool, where persistent.  Data comes and goes sealed. */
	int	(*get_waiting)(struct engine *, struct arena *,
		    struct store_waiting **waiting, size_t *n);
	int	(*put_waiting)(struct engine *, const struct store_waiting *);
	int	(*drop_waiting)(struct engine *, int64_t id);
	/* Rooms.  The password comes and goes sealed. */
	int	(*get_rooms)(struct engine *, struct arena *,
		    struct store_user *);
	int	(*put_room)(struct engine *, const char *jid,
		    const struct store_room *);
	int	(*forget_room)(struct engine *, const char *jid,
		    const char *id);
	int	(*get_standing)(struct engine *, struct arena *, bool stay,
		    struct store_user **users, size_t *n);
	/* The archive.  *room 0: nothing was said there. */
	int	(*find_archive)(struct engine *, const char *jid,
		    const char *id, int64_t *room);
	int	(*get_archive)(struct engine *, struct arena *,
		    const struct archive_range *, struct archive_row *,
		    size_t *n);		/* at most ARCHIVE_ROWS */
	int	(*put_archive)(struct engine *, const char *jid,
		    const char *id, const struct archive_row *);
	int	(*change_archive)(struct engine *, int64_t row,
		    const void *data, size_t len);
	int	(*prune_archive)(struct engine *, const struct store_limits *);
	/* Leave no trace of old values in the file. */
	int	(*scrub)(struct engine *);
	bool	masks;		/* the C++ program masks passwords here */
	bool	persistent;
};

/* Open, make what is missing.  NULL and *why (caller frees). */
struct engine	*sqlite_open(const struct store_config *, char **why)
		    MUST_CHECK;
struct engine	*memory_open(void);

#endif
