/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - one XMPP user who is logged in here: an account, and the
 * networks it is connected to. */
#ifndef BACKENDS_IRC_SESSION_H
#define BACKENDS_IRC_SESSION_H

#include "backends/irc/network.h"
#include "backends/irc/settings.h"

#define SESSION_WATCHED_MAX	10000
#define SESSION_NETWORKS_MAX	20

struct session {
	struct irc	*irc;
	char		*user;		/* bare JID; key in irc->sessions */
	char		*account;
	char		*password;	/* or NULL */
	char		*away;		/* AWAY text; NULL: not away */
	struct texts	 settings;
	struct network	*networks;	/* one, where the network is fixed */
	unsigned	 count;
	bool		 leaving;	/* not in irc->sessions any more */
	struct map	 watched;	/* id of a contact -> the same */
	request_t	 logout;	/* waits until they are closed */
};

/* Log in; a session of the same user ends first. */
struct session	*session_login(struct irc *, const struct msg_login *);
/* QUIT everywhere, then answer the request. */
void		 session_logout(struct session *, request_t,
		    const char *reason);
struct session	*session_find(const struct irc *, const char *user);
/* Sessions that are leaving and not gone yet. */
size_t		 sessions_leaving(void);

/* The main process says that a setting has changed; value NULL: forget it. */
void		 session_setting(struct session *, const char *name,
		    const char *value);
/* Settings have changed: what can be done about it at once. */
void		 session_apply(struct session *);
/* The setting realname has changed.  true: every server has been told. */
bool		 session_setname(struct session *);
/* The setting nick of a server (NULL: of all) has changed. */
void		 session_renick(struct session *, const char *id);
void		 session_presence(struct session *, const char *show,
		    const char *status);

/* Whose presence is to be told while we are connected to where they are. */
void		 session_watch(struct session *, const struct strs *more,
		    const struct strs *gone);

/* The network that an id belongs to, and the name it has there.  Ids are
 * nick or #channel where the network is fixed, else with @server or %server
 * behind; the server alone, or "" where the network is fixed, gives the name "".  With open, a connection is begun when there is none, under that
 * nick (NULL: the account).  Returns NULL and *code, *why. */
struct network	*session_resolve(struct session *, const char *id, bool open,
		    const char *nick, char name[NAME_MAX_BYTES],
		    const char **code, const char **why);

#endif
