/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pass_state.h - what is remembered of what passes, for the files of pass. */
#ifndef BACKENDS_XMPP_PASS_STATE_H
#define BACKENDS_XMPP_PASS_STATE_H

#include <sys/queue.h>

#include "backends/xmpp/session.h"

#define PASS_OPEN_MAX	64	/* questions to the user's clients */
#define PASS_WRITERS	64
#define PASS_SENT	64
#define PASS_TIMEOUT	40.0	/* seconds; the main process takes 30 */

/* What the user's client was told, until its answer. */
struct asking {
	struct session	*session;	/* NULL: it has ended */
	bool		 iq;		/* or a message, which may bounce */
	char		*id, *from;	/* from may be NULL: our server */
	LIST_ENTRY(asking) entry;	/* of the session */
};

struct pass {
	LIST_HEAD(, asking) asking;
	size_t		 nasking;
	/* Which client of the user has written to whom: rings. */
	struct writer {
		char	*to;		/* a JID, as it was written to */
		char	*client;
	}		 writers[PASS_WRITERS];
	size_t		 nwriters;
	/* Messages that may come back. */
	struct sent {
		char	*to, *id, *client;	/* client may be NULL */
	}		 sent[PASS_SENT];
	size_t		 nsent;
};

struct pass	*pass_of(struct session *);	/* made, if need be */
void		 pass_forget(struct sent *);

/* Who of the other side a JID is, for the main process. */
struct pass_peer {
	const char	*peer;
	const char	*room;		/* NULL: it is none's occupant */
	const char	*resource;	/* NULL: the peer itself */
	char		*memory;	/* of those */
};

/* from NULL: the user's own account. */
void		 pass_peer_init(struct pass_peer *, struct session *,
		    const char *from);
void		 pass_peer_finish(struct pass_peer *);

/* The client of the user that last wrote to a JID, or else to another client of
 * the same; NULL: none. */
const char	*pass_writer(const struct session *, const char *jid);

/* ---- pass_ask.c: pass a stanza up, with who it is from, and give the answer
 * to who sent it.  peer is that of m.  false: too much is open. */
bool		 pass_ask(struct session *, xmpp_stanza_t *,
		    const struct msg_stanza_up *);
/* Nobody will answer any more. */
void		 pass_ask_end(struct session *);

#endif
