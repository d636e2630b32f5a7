/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive.h - what is said in rooms, between what clients see and what the
 * store keeps. */
#ifndef MANAGER_GATEWAY_ARCHIVE_H
#define MANAGER_GATEWAY_ARCHIVE_H

#include "manager/gateway/room_data.h"
#include "manager/gateway/room_history.h"
#include "manager/store/archive.h"
#include "util/pack.h"

/* Is there an archive at all? */
bool	archive_is_kept(const struct gateway *);
/* Behind all that is there, if the user wants this room recorded. */
void	archive_add(struct room *, const struct past *);
/* What it takes back says so in future.  left: what is left of that, if it is
 * known; or NULL. */
void	archive_retract(struct room *, const struct past *retraction,
	    const struct past *left);
/* The room has just been made: fill its history with what was said there
 * before, and tell room_welcome_all().  room->loading until then. */
void	archive_load(struct room *);
/* Once a second: remove what is too old or too much. */
void	archive_tick(struct gateway *);

/* A message as it was.  The texts live until archived_close(). */
struct archived {
	struct unpacker	*unpacker;
	struct past	 past;		/* body NULL: it cannot be read */
};
void	archived_open(const struct store_said *, struct archived *);
void	archived_close(struct archived *);

#endif
