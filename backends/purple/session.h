/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - one XMPP user who is logged in here: one account of libpurple.
 *
 * libpurple finds accounts by name, and two users may have the same one: here a
 * session is found by its user or by the PurpleAccount, never by a name. */
#ifndef BACKENDS_PURPLE_SESSION_H
#define BACKENDS_PURPLE_SESSION_H

#include <purple.h>
#include <stdbool.h>

#include "backends/kit/kit.h"

struct outcome;

struct session {
	char		*user;		/* bare JID; key of the map of all */
	PurpleAccount	*account;	/* ours: its ui_data is the session */
	bool		 connected;	/* the main process knows */
	bool		 ended;		/* disconnected has been said, or is not
					 * to be: goes after this turn */

	/* Each is of the module with that name, NULL when it has nothing. */
	struct contacts	 *contacts;
	struct authorise *authorise;
	struct profiles	 *profiles;
	struct renaming	 *renaming;
	struct windows	 *windows;
	struct typing	 *typing;
	struct rooms	 *rooms;
	struct questions *questions;
	struct commands	 *commands;
	struct keep	 *keep;
	struct patience	 *patience;
	struct certificates *certificates;
};

/* After core_start(). */
void		 sessions_init(void);
/* Begins a session; one that the user has already ends first, silently.
 * Whatever goes wrong is told by disconnected. */
void		 session_login(const struct msg_login *);
/* Close the connection, and forget the user.  Nothing is said about it. */
void		 session_logout(struct session *);
void		 sessions_logout_all(void);
/* It is over, for this reason: the main process is told.  The connection is
 * closed after this turn, if it is not already. */
void		 session_fail(struct session *, const struct outcome *);

struct session	*session_find(const char *user);	/* or NULL */
/* The one of the user of a request; NULL: the request has been answered
 * (not_connected). */
struct session	*session_for(const struct kit_call *, const char *user);
/* Whose account is this?  NULL: nobody's, or of one that has ended. */
struct session	*session_of(const PurpleAccount *);
struct session	*session_of_connection(const PurpleConnection *);
size_t		 sessions_count(void);
/* Walk over all: size_t at = 0; while ((s = sessions_next(&at)) != NULL) */
struct session	*sessions_next(size_t *at);

/* What the protocol's plug-in can do. */
static inline PurplePluginProtocolInfo *
session_protocol(const struct session *s)
{
	PurpleConnection *gc = purple_account_get_connection(s->account);

	return gc != NULL ? PURPLE_PLUGIN_PROTOCOL_INFO(gc->prpl) : NULL;
}

/* Is it there?  Members behind the end of an older plug-in's struct are not:
 * use this for all that may be NULL.  PROTOCOL_HAS(info, send_typing) */
#define PROTOCOL_HAS(info, member) \
	((info) != NULL && PURPLE_PROTOCOL_PLUGIN_HAS_FUNC(info, member))

#endif
