/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sqlite.h - what the files of the SQLite engine share; for nobody else. */
#ifndef MANAGER_STORE_SQLITE_H
#define MANAGER_STORE_SQLITE_H

#include <sqlite3.h>

#include "manager/store/engine.h"
#include "util/map.h"

enum statement {
	GET_USER, GET_SETTINGS, GET_CONTACTS, GET_USERS, GET_ONLINE, FIND_UIN,
	CHANGE_USER, ADD_USER, PUT_PASSWORD,
	REMOVE_ICONS_OF, REMOVE_CONTACTS_OF, REMOVE_SETTINGS_OF, REMOVE_USER,
	SET_ONLINE, SET_SETTING, FORGET_SETTING,
	CHANGE_CONTACT, ADD_CONTACT, SET_ICON, FORGET_ICON,
	REMOVE_CONTACT_SETTINGS, REMOVE_CONTACT,
	GET_WAITING, PUT_WAITING, DROP_WAITING,
	GET_ROOMS, ADD_ROOM, SET_ROOM, FORGET_ROOM, FIND_ROOM, LEAVE_ROOMS_OF,
	GET_STANDING,
	GET_ARCHIVE_UP, GET_ARCHIVE_DOWN, PUT_ARCHIVE, CHANGE_ARCHIVE,
	COUNT_ARCHIVE,
	PRUNE_AGE, PRUNE_USERS, PRUNE_ROOMS, LAST_ROOM, PRUNE_ROOM,
	NSTATEMENTS
};

struct sqlite {
	struct engine	 engine;
	sqlite3		*db;
	char		*prefix;	/* letters, digits and _ */
	sqlite3_stmt	*statements[NSTATEMENTS];	/* NULL: not yet used */
	struct map	 numbers;	/* of rooms: sqlite_archive.c */
	unsigned	 allowed;	/* messages of a room, when last pruned */
	int64_t		 pruned;	/* the last room that was looked at */
};

/* Put the prefix where the text has '@'.  Caller frees. */
char	*sqlite_prefixed(const struct sqlite *, const char *sql);
/* Remember what went wrong; returns -1. */
int	 sqlite_failed(struct sqlite *, const char *doing);
/* Run statements that return nothing of interest. */
int	 sqlite_run(struct sqlite *, const char *sql) MUST_CHECK;

/* Ready to be bound, or NULL: why is remembered, and the functions below do
 * nothing with it; sqlite_step() then returns -1. */
sqlite3_stmt	*sqlite_statement(struct sqlite *, enum statement);
/* The text must live until sqlite_done(). */
void	 sqlite_bind(sqlite3_stmt *, int at, const char *text);
void	 sqlite_bind_number(sqlite3_stmt *, int at, int64_t number);
/* One row more: 1, none: 0, -1. */
int	 sqlite_step(struct sqlite *, sqlite3_stmt *) MUST_CHECK;
void	 sqlite_done(sqlite3_stmt *);
/* Run a write to its end.  The number of rows it met, or -1. */
int	 sqlite_write(struct sqlite *, sqlite3_stmt *) MUST_CHECK;
/* The same with one or two texts bound; second may be NULL.  0 or -1. */
int	 sqlite_write_by_jid(struct sqlite *, enum statement, const char *jid,
	    const char *second) MUST_CHECK;
/* Always text for XML and for backends, whatever another program wrote. */
const char	*sqlite_text(struct arena *, sqlite3_stmt *, int column);
/* Room for one element more in an array that lives in the arena; what it
 * outgrew stays there unused. */
void	*sqlite_grow(struct arena *, void *array, size_t n, size_t size);

/* The spool, see engine.h. */
int	 sqlite_get_waiting(struct engine *, struct arena *,
	    struct store_waiting **, size_t *n);
int	 sqlite_put_waiting(struct engine *, const struct store_waiting *);
int	 sqlite_drop_waiting(struct engine *, int64_t id);

/* Rooms and the archive, likewise. */
int	 sqlite_get_rooms(struct engine *, struct arena *,
	    struct store_user *);
int	 sqlite_put_room(struct engine *, const char *jid,
	    const struct store_room *);
int	 sqlite_forget_room(struct engine *, const char *jid, const char *id);
int	 sqlite_get_standing(struct engine *, struct arena *, bool stay,
	    struct store_user **, size_t *n);
int	 sqlite_find_archive(struct engine *, const char *jid,
	    const char *room, int64_t *number);
int	 sqlite_get_archive(struct engine *, struct arena *,
	    const struct archive_range *, struct archive_row *, size_t *n);
int	 sqlite_put_archive(struct engine *, const char *jid,
	    const char *room, const struct archive_row *);
int	 sqlite_change_archive(struct engine *, int64_t row, const void *data,
	    size_t len);
int	 sqlite_prune_archive(struct engine *, const struct store_limits *);
/* Rooms may have other numbers now: a transaction was undone. */
void	 sqlite_forget_numbers(struct sqlite *);

extern const struct engine_ops sqlite_ops;

#endif
