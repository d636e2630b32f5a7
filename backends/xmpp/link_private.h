/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_private.h - what the files of link share.
 *   link.c       life; where the server is, and the connection to it
 *   link_talk.c  libstrophe over that connection, until it is up
 *   link_turn.c  which goes on, and which waits
 *   link_up.c    stanzas, and what of them has arrived
 *   link_resume.c  the session of before */
#ifndef BACKENDS_XMPP_LINK_PRIVATE_H
#define BACKENDS_XMPP_LINK_PRIVATE_H

#include <stdint.h>
#include <sys/queue.h>

#include "backends/xmpp/guard.h"
#include "backends/xmpp/link.h"
#include "backends/xmpp/proof.h"
#include "backends/xmpp/target.h"
#include "backends/xmpp/vet.h"
#include "backends/xmpp/wire.h"
#include "net/conn.h"

#define NS_SM		"urn:xmpp:sm:3"
#define ASK_ID_SIZE	17
#define TALK_TIMEOUT	45.0	/* seconds until it is up */

enum link_state {
	IDLE,
	FINDING,	/* search is not NULL */
	REACHING,	/* conn is not NULL from here on; no libstrophe yet */
	TALKING,	/* xmpp is not NULL from here on */
	UP,
	LEAVING,	/* goodbye was said */
	ENDING,		/* closed() is on its way by later() */
	DEAD,		/* destroyed; freed at the end of the turn */
};

struct link {
	struct ev_loop	*loop;
	const struct link_events *events;
	void		*ctx;
	enum link_state	 state;		/* by link_set_state() */

	/* The account; owned copies. */
	char		*jid, *domain;	/* domain: ASCII */
	char		*full;		/* with the resource, if there is one */
	char		*password, *pin;
	struct tls	*tls;
	bool		 plain;
	double		 keepalive;
	struct target	*targets;	/* where to try; NULL: to be found out */
	size_t		 ntargets, at;
	bool		 fixed;		/* they were given */

	struct search	*search;
	struct conn	*conn;
	struct wire	 wire;
	xmpp_ctx_t	*strophe;	/* one a link: it walks all of one */
	xmpp_conn_t	*xmpp;
	struct guard	*guard;		/* of xmpp's parser */
	ev_timer	 timer;		/* deadline of the state; in UP a tick */
	bool		 paused;
	bool		 pumping;	/* inside link_pump() */
	bool		 goodbye;	/* libstrophe has ended its stream */
	bool		 again;		/* and there is more to do */
	bool		 waiting;	/* for its turn, with data to be read */
	TAILQ_ENTRY(link) turn;		/* while it is */
	bool		 resting;	/* the rest is read later */
	ev_timer	 rest;		/* while it is */

	/* What this connection has told so far. */
	struct vet	 vet;
	struct proof	 proof;
	bool		 secure;	/* TLS, or on its way */
	bool		 featured;	/* features have come */
	bool		 authenticated;
	bool		 sm_offered;
	char		*bind;		/* libstrophe's request for a resource,
					 * while the session is asked for */
	bool		 met;		/* the server was asked for it, or
					 * there is one */
	bool		 resumed;	/* and has what resumed_h says */
	uint32_t	 resumed_h;
	bool		 telling;	/* what it hears is of our making */
	char		 sasl[32];	/* why it refused a login; "" never */

	/* The session, over breaks.  previd: its name, NULL: it cannot go on;
	 * bound: the full JID in it. */
	char		*previd, *bound;
	uint32_t	 handled;	/* stanzas that have come in it */
	unsigned	 unanswered;	/* <= RESUMES_MAX; requests for it */

	struct ledger	 ledger;
	bool		 sm_on;		/* the server acknowledges */
	bool		 owed;		/* it wants to know what has come */
	bool		 heard;		/* anything since the last tick */
	bool		 asked;		/* what it has; not answered yet */
	double		 asked_at;
	uint32_t	 asked_for;	/* without acknowledgements: number of
					 * the last before the question */
	char		 ask_id[ASK_ID_SIZE];

	/* Of ENDING; the first reason counts. */
	enum link_reason reason;
	bool		 retry;
	char		*text, *end_pin;
};

/* link.c */
void	link_set_state(struct link *, enum link_state);
void	link_set_timer(struct link *, double seconds);
/* The end, and why: text is taken over.  closed() comes by later(). */
void	link_fail(struct link *, enum link_reason, bool retry, char *text);

/* link_talk.c */
void	link_talk(struct link *);	/* the connection is there */
/* Have libstrophe read and write what there is. */
void	link_pump(struct link *);
/* It is to let go of the connection. */
void	link_hang_up(struct link *);

/* link_turn.c */
/* It has data; they are read, by link_pump(), when it is its turn. */
void	link_wait_turn(struct link *);
void	link_leave_turns(struct link *);
/* It has worked since then: does it do so no more for now? */
bool	link_rests(struct link *, double since);
void	link_wake(struct link *);	/* neither is it resting any more */

/* link_up.c */
void	link_up(struct link *, bool resumed);
void	link_hear(struct link *, xmpp_stanza_t *);
void	link_tick(struct link *);
void	link_push(struct link *);
/* The same, and what has come of all of it is to be known soon. */
void	link_ask_last(struct link *);
void	link_say(struct link *, const char *xml, size_t len);

/* link_resume.c */
bool	link_read_number(const char *h, uint32_t *out);
/* There is a resource, and a new session. */
void	link_begin(struct link *);
void	link_enabled(struct link *, xmpp_stanza_t *);
/* Is this of libstrophe's not to be sent, or not now? */
bool	link_holds_back(struct link *, const char *data, size_t len);
/* What the server says to being asked for the session, when it begins; and if it
 * was that the session goes on, once it has ended. */
void	link_hear_answer(struct link *, const char *name,
	    const char *const *attributes);
void	link_let_in(struct link *);
/* The connection has ended: is the session worth being asked for? */
void	link_settle(struct link *);

#endif
