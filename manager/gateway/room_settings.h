/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_settings.h - what the gateway itself does for rooms, and users may have
 * otherwise: for all rooms, for those of a server, for one room.
 *	record_history		0 or 1: keep what is said there
 *	persistent		0 or 1: stay there without clients
 *	max_history_length	messages shown on joining */
#ifndef MANAGER_GATEWAY_ROOM_SETTINGS_H
#define MANAGER_GATEWAY_ROOM_SETTINGS_H

#include "manager/gateway/user.h"
#include "manager/xmpp/xml.h"

#define ROOM_HISTORY_LENGTH_MAX	500	/* of max_history_length */

/* Where a user's settings are to be had. */
struct room_settings_of {
	const struct gateway *gw;
	const struct user *user;	/* or NULL: the record */
	const struct store_user *record;
	const char	*id;		/* of a server or room; NULL: all */
};

bool		 room_settings_has(const char *name);
/* Fields in an open form: each says what holds there and why.  filled: values
 * to show instead, those that the user has typed; or NULL. */
void		 room_settings_put(struct xml *, const struct room_settings_of *,
		    const struct pairs *filled);
/* What is wrong with the first of ours that is no good, in the arena; NULL:
 * nothing. */
const char	*room_settings_wrong(struct arena *, const struct pairs *);
/* Keep ours of them, "" as no setting of its own.  False: too many. */
bool		 room_settings_save(struct user *, const char *id,
		    const struct pairs *);
/* A value as it is kept, NULL for none: for where there is no user object. */
const char	*room_settings_kept(const char *value);

/* A setting of the record or the user object by its whole name; or NULL. */
const char	*room_settings_value(const struct room_settings_of *,
		    const char *name);
/* The value of a pair; NULL: there is none. */
const char	*pairs_value(const struct pairs *, const char *key);

#endif
