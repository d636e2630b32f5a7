/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - one XMPP user who is logged in here: an account of another
 * server. */
#ifndef BACKENDS_XMPP_SESSION_H
#define BACKENDS_XMPP_SESSION_H

#include <stdbool.h>
#include <strophe.h>
#include <sys/queue.h>

#include "backends/kit/kit.h"
#include "backends/xmpp/link.h"
#include "util/map.h"
#include "util/texts.h"

struct session {
	char		*user;		/* bare JID here; key of the map of all */
	char		*jid;		/* bare JID there, prepared */
	char		*resource;	/* in the account's name, or NULL */
	char		*full;		/* the server's word; NULL: never up */
	char		*password;
	struct texts	 settings;	/* as last told */
	char		*show, *status;	/* the user's presence, or NULL */
	int		 priority;	/* of it */
	struct disco	*disco;		/* or NULL */
	bool		 connected;	/* the main process knows */
	bool		 ended;		/* nothing is told of it any more, and
					 * nobody asked */
	/* Each is of the file with that name. */
	struct login	*login;
	struct map	 requests;	/* by id */
	struct contacts	*contacts;
	struct map	 rooms;		/* by JID */
	struct invitations *invitations; /* NULL: none yet */
	char		*room_service;	/* of the user's server, or NULL */
	struct bookmarks *bookmarks;	/* NULL: not asked for yet */
	LIST_HEAD(, answer) answers;	/* still to be given */
	struct talk	*talk;
	struct archive	*archive;	/* NULL: it is not wanted */
	struct commands	*commands;	/* NULL: never online */
	struct pass	*pass;		/* or NULL */
};

void		 session_login(const struct kit_call *, const struct msg_login *);
/* Nothing is said about it; done(ctx) when the server has heard of it, too. */
void		 session_logout(struct session *, void (*done)(void *ctx),
		    void *ctx);
void		 sessions_logout_all(void (*done)(void));

struct session	*session_find(const char *user);	/* or NULL */
/* Of what the user wants now.  NULL: the request has been answered
 * (not_connected). */
struct session	*session_for(const struct kit_call *, const char *user);
size_t		 sessions_count(void);
/* Take no more from all servers for now. */
void		 sessions_pause(bool paused);

/* The server has a session for it: a new one, or (resumed) that of before. */
void		 session_online(struct session *, const char *full,
		    bool resumed);
void		 session_stanza(struct session *, xmpp_stanza_t *);
/* One too large to be read, of which the rest is missing: nothing is made of
 * it, and whoever waits for it, or has sent it, hears of that. */
void		 session_cut(struct session *, xmpp_stanza_t *);
/* Does it come from the account itself, which its server speaks for?  from may
 * be NULL, which is that. */
bool		 session_is_own(const struct session *, const char *from);
/* It is over, or did not begin: tells the main process.  reason: of
 * disconnected. */
void		 session_fail(struct session *, const char *reason,
		    const char *text, bool retry);
/* The connection of one that has ended is gone, too: frees it. */
void		 session_gone(struct session *);

/* The user's presence has changed, or a setting has. */
void		 session_show(struct session *, const struct msg_presence *);
void		 session_told(struct session *, const char *name,
		    const char *value);
/* A setting as last told, or otherwise. */
const char	*session_setting(const struct session *, const char *name,
		    const char *otherwise);
/* Set it, and have the main process keep it. */
void		 session_keep(struct session *, const char *name,
		    const char *value, bool secret);

/* Whoever wants to know what became of a stanza embeds this. */
struct outgoing {
	/* It is not sent any more, or never was: see link_send(). */
	void	(*ended)(struct outgoing *, enum ledger_end);
};

/* For building stanzas. */
xmpp_ctx_t	*session_strophe(const struct session *);
/* Give a stanza to the server, and let go of it.  call: a request that is
 * answered when the server has it; NULL: nobody waits. */
void		 session_send(struct session *, xmpp_stanza_t *,
		    const struct kit_call *);
/* The same for one who keeps the stanza, and waits for its end himself.  -1: it
 * is not taken, as too much waits, and ended() is not called. */
int		 session_send_as(struct session *, xmpp_stanza_t *,
		    struct outgoing *) MUST_CHECK;
/* It is not wanted any more: if it has never left, it is not sent, and ended()
 * is called now.  false: it may have arrived. */
bool		 session_take_back(struct session *, struct outgoing *);
/* There is a connection now. */
bool		 session_is_up(const struct session *);

#endif
