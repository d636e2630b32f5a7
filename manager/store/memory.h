/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory.h - the database that is none, among its files: memory.c has the
 * users, memory_rooms.c their rooms and what was said there. */
#ifndef MANAGER_STORE_MEMORY_H
#define MANAGER_STORE_MEMORY_H

#include <sys/queue.h>

#include "manager/store/engine.h"
#include "util/map.h"

struct memory_row;

struct memory {
	struct engine	engine;
	struct map	users;		/* by jid */
	struct map	rooms;		/* by jid and id: memory_rooms.c */
	int64_t		last_room, last_row;	/* numbers given */
	size_t		bytes;		/* of all rows */
	TAILQ_HEAD(, memory_row) rows;	/* of all rooms, oldest first */
};

int	 memory_get_rooms(struct engine *, struct arena *,
	    struct store_user *);
int	 memory_put_room(struct engine *, const char *jid,
	    const struct store_room *);
int	 memory_forget_room(struct engine *, const char *jid, const char *id);
int	 memory_get_standing(struct engine *, struct arena *, bool stay,
	    struct store_user **, size_t *n);
int	 memory_find_archive(struct engine *, const char *jid,
	    const char *room, int64_t *number);
int	 memory_get_archive(struct engine *, struct arena *,
	    const struct archive_range *, struct archive_row *, size_t *n);
int	 memory_put_archive(struct engine *, const char *jid,
	    const char *room, const struct archive_row *);
int	 memory_change_archive(struct engine *, int64_t row, const void *data,
	    size_t len);
int	 memory_prune_archive(struct engine *, const struct store_limits *);
void	 memory_leave_rooms(struct memory *, const char *jid);
void	 memory_close_rooms(struct memory *);

#endif
