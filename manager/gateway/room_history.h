/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_history.h - the last messages of a room, for clients that join. */
#ifndef MANAGER_GATEWAY_ROOM_HISTORY_H
#define MANAGER_GATEWAY_ROOM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "manager/gateway/past.h"

struct room_history;

/* Copy it into *history, making that when it is NULL; keeps the newest max. */
void		 room_history_add(struct room_history **history,
		    const struct past *, unsigned max);
/* i-th from the oldest; NULL past the end. */
const struct past *room_history_at(const struct room_history *, size_t i);
size_t		 room_history_count(const struct room_history *);
/* How many were ever added: at total - count begins what is there. */
unsigned long	 room_history_total(const struct room_history *);
/* Where a joiner's wish begins: the number of the first one to be shown
 * (XEP-0045 7.2.13).  -1 and 0 are no limits. */
size_t		 room_history_first(const struct room_history *,
		    long maxstanzas, long maxchars, int64_t since);
/* What it takes back is not there any more: what is left of that, or NULL when
 * it was not there. */
const struct past *room_history_retract(struct room_history *,
		    const struct past *retraction);
/* Is a message with this id there? */
bool		 room_history_has(const struct room_history *, const char *id);
void		 room_history_destroy(struct room_history *);

#endif
