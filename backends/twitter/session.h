/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - one XMPP user who is logged in here: an account of X. */
#ifndef BACKENDS_TWITTER_SESSION_H
#define BACKENDS_TWITTER_SESSION_H

#include <stdbool.h>
#include <sys/queue.h>
#include <time.h>

#include "backends/kit/kit.h"
#include "backends/twitter/credentials.h"
#include "backends/twitter/shortid.h"
#include "util/map.h"
#include "util/texts.h"

/* How the timeline is shown; the setting mode. */
enum mode {
	MODE_ONE,	/* one contact, twitter.com */
	MODE_CONTACTS,	/* a contact for each who is followed */
	MODE_ROOM,	/* the room #twitter */
};

struct session {
	char		*user;		/* bare JID; key of the map of all */
	char		*account;	/* name given at the login, without @ */
	struct texts	 settings;	/* as last told */
	char		*show;		/* the user's presence, or NULL */
	time_t		 active;	/* the user last wanted something */
	bool		 connected;	/* the main process knows */
	bool		 likes_told;	/* the user knows what reactions are */
	time_t		 up;		/* since when */
	bool		 ended;		/* freed after this turn */

	/* Who this is on X; NULL before connected. */
	char		*id;
	char		*name;		/* without @ */

	char		*digest;	/* of password.c, or NULL */
	struct credentials credentials;
	unsigned	 renewals;	/* how often they were renewed */
	LIST_HEAD(, api_call) calls;	/* of api.c: under way or waiting */
	struct api_state *api;		/* of api.c: limits */
	LIST_HEAD(, task) tasks;	/* of task.c: requests under way */
	SLIST_HEAD(, trouble) troubles;	/* of notice.c: told about */
	struct shortids	 shortids;	/* of posts that were shown */
	struct deeds	*deeds;		/* of act.c: what can be undone */
	/* Each is of the file with that name, NULL when it has nothing. */
	struct budget	*budget;
	struct timeline	*timeline;
	struct direct	*direct;
	struct room	*room;
	struct contacts	*contacts;
	struct friends	*friends;
	struct lists	*lists;
	struct login	*login;
};

void		 session_login(const struct msg_login *);
/* Nothing is said about it. */
void		 session_logout(struct session *);
void		 sessions_logout_all(void);

struct session	*session_find(const char *user);	/* or NULL */
/* Of what the user wants now.  NULL: the request has been answered
 * (not_connected). */
struct session	*session_for(const struct kit_call *, const char *user);
size_t		 sessions_count(void);
/* Walk: size_t at = 0; while ((s = sessions_next(&at)) != NULL) */
struct session	*sessions_next(size_t *at);

/* The account may be used: say who it is, and begin. */
void		 session_up(struct session *, const char *id,
		    const char *name, const char *display_name);
/* It may not, or not any more: tells the main process, and ends.  reason: of
 * disconnected. */
void		 session_fail(struct session *, const char *reason,
		    const char *text, bool retry);

/* The user's presence has changed, or a setting has. */
void		 session_show(struct session *, const char *show);
void		 session_told(struct session *, const char *name,
		    const char *value);

/* How the timeline is shown. */
enum mode	 session_mode(const struct session *);

/* A setting as last told, or otherwise. */
const char	*session_setting(const struct session *, const char *name,
		    const char *otherwise);
/* Set it, and have the main process keep it. */
void		 session_keep(struct session *, const char *name,
		    const char *value, bool secret);

#endif
