/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive.h - what was said in rooms, for each user in the order in which it
 * came, sealed on disk (docs/DATABASE.md).
 *
 * A room's messages are gathered on the loop's side, for three seconds or until
 * they fill a row, and then written like everything else (store.h).  So one
 * costs a copy; a crash costs the last three seconds. */
#ifndef MANAGER_STORE_ARCHIVE_H
#define MANAGER_STORE_ARCHIVE_H

#include "manager/store/store.h"

/* What of a room the worker has not been given yet, or nothing at the moment.
 * Owned by whoever was given it. */
struct store_tail;

struct store_said {
	const char	*id;	/* unique in the room */
	const char	*nick;	/* of the author; NULL: the room itself */
	int64_t		 time;	/* ms since 1970 */
	const void	*data;	/* opaque to the store */
	size_t		 len;
};

/* It comes behind all that is there.  *tail is made when it is NULL. */
void	store_archive_add(struct store *, struct store_tail **tail,
	    const char *jid, const char *room, const struct store_said *);
/* Gathered write: the newest with this id has other data from now on; what it
 * had is nowhere any more.  Nothing happens when there is none. */
void	store_archive_change(struct store *, const char *jid,
	    const char *room, const char *id, const void *data, size_t len);
/* Write what is there, and free it; also when the store is closed. */
void	store_tail_close(struct store_tail *);		/* NULL is fine */

/* What is to be found: all that fits; NULL and 0 leave conditions out. */
struct store_ask {
	const char	*jid, *room;
	const char	*after, *before;	/* ids, themselves excluded */
	const char	*const *ids;	/* these, in any order */
	size_t		 nids;
	const char	*nick;
	int64_t		 start, end;	/* ms since 1970, both included */
	unsigned	 max;		/* messages; 0: count them only */
	size_t		 bytes;		/* of data, soft; 0: no limit */
	bool		 last;		/* the newest ones, else the oldest */
};

struct store_found {
	const struct store_said *said;	/* oldest first */
	size_t		 n;
	size_t		 count;		/* of all that fit, when max is 0 */
	bool		 complete;	/* there are no more that way */
	bool		 unknown;	/* one of the ids is not there */
};

/* error: nothing could be read.  All memory is gone when it returns. */
typedef void store_found_cb(void *ctx, const struct store_found *,
    const char *error);

/* Sees all that was added before it. */
void	store_archive_ask(struct store *, const struct store_ask *,
	    store_found_cb *, void *ctx);

struct store_limits {
	int64_t		 oldest;	/* ms since 1970: nothing older */
	unsigned	 messages;	/* of one room of one user */
};

/* Gathered write: remove a few that are over the limits, or of users who are
 * gone.  To be called often. */
void	store_archive_prune(struct store *, const struct store_limits *);

#endif
