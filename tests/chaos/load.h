/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load.h - what the parts of the chaos test's load share.
 * One thread, one load per process: the state is global.  Times are seconds of
 * CLOCK_MONOTONIC. */
#ifndef CHAOS_LOAD_H
#define CHAOS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/macros.h"

struct options {
	int		 xmpp_port, irc_port, users, peers;
	const char	*domain, *gateway, *directory;
	double		 rate;		/* messages a second, each way */
};
extern struct options options;
extern double now;			/* of this turn */

/* ---- main.c: sockets */

struct sock {
	int		 fd;		/* -1: closed */
	bool		 connecting, dirty, blocked;
	struct buf	 in, out;
	struct sock	*next_dirty;
	/* The owner's; both may close the socket. */
	void		(*connected)(void *);
	void		(*readable)(void *);
	void		(*closed)(void *);
	void		*ctx;
};

void	sock_connect(struct sock *, int port);
void	sock_close(struct sock *);	/* says nothing; twice is fine */
/* Bytes were added to out. */
void	sock_send(struct sock *);

/* Uniform below n; seeded by the caller of the program. */
unsigned choose(unsigned n);

/* ---- frame.c: XML without a parser: what a peer of ours writes is well
 * formed, and speed is what the test needs. */

struct frame {
	int		 depth;
	size_t		 seen;		/* bytes of this stanza */
};
enum frame_kind { FRAME_MORE, FRAME_OPEN, FRAME_STANZA, FRAME_CLOSE };

/* Take the next piece out of the buffer; *s is valid until bytes are added. */
enum frame_kind frame_next(struct frame *, struct buf *, const char **s,
	    size_t *len);
bool	frame_is(const char *s, size_t len, const char *name);
bool	frame_has(const char *s, size_t len, const char *what);
/* An attribute of the outer element, as a string in a static buffer; NULL. */
const char *frame_attr(const char *s, size_t len, const char *name);

/* ---- ledger.c: what became of each message */

enum way { TO_IRC, TO_XMPP };
enum end {
	END_NONE,
	END_ERROR,		/* an error: it has not arrived */
	END_UNSURE,		/* an error that says that it may have */
	END_SENDER_LOST,	/* the sender's connection, before proof */
};

struct message {
	double		 sent, got;	/* got: the first time, or 0 */
	double		 marked_at;	/* the last time */
	uint32_t	 id_hash;	/* of the stanza that it came in */
	uint16_t	 user;
	uint16_t	 copies;	/* received, without marked ones */
	uint16_t	 marked;	/* repetitions that say that they are */
	uint8_t		 way, end;
	bool		 proven;	/* the sender's server has taken it */
};

/* A new one; its number, from 1. */
uint32_t ledger_sent(enum way, unsigned user);
struct message *ledger_get(uint32_t number);	/* NULL: no such */
/* id, may be NULL, and delayed are of the stanza. */
void	ledger_got(enum way, uint32_t number, const char *id, bool delayed);
void	ledger_failed(uint32_t number, enum end);
/* IRC says that a user's connection broke: not that he took his leave. */
void	ledger_broken(unsigned user);
/* What chaos.py did, and from when to when: until the process was dead. */
enum stroke {
	STROKE_IRC,		/* the IRC server was killed */
	STROKE_BACKEND,		/* a backend was, or was fed garbage */
	STROKE_HUNG,		/* a backend hung, and was killed for that */
	STROKE_PROSODY,		/* restarted or killed */
	NSTROKES
};
void	ledger_stroke(enum stroke, double from, double to);
/* Messages that nothing is known of yet. */
unsigned long ledger_open(void);
unsigned long ledger_count(enum way);
void	ledger_report(FILE *);
void	ledger_journal(const char *fmt, ...) PRINTF(1, 2);

/* ---- client.c: XMPP users, with XEP-0198 */

void	clients_start(void);
void	clients_tick(void);
void	clients_drop(unsigned percent);	/* cut connections, without a word */
void	client_rejoin(unsigned user);
/* Let somebody say something; false: nobody can. */
bool	clients_say(void);
unsigned clients_up(void);
unsigned clients_settled(void);		/* registered, too */

/* ---- peer.c: people on IRC; peer N talks with users N, N + peers, ... */

void	peers_start(void);
void	peers_tick(void);
bool	peers_say(void);
unsigned peers_up(void);
unsigned peers_see(void);		/* users who are on IRC */
unsigned peers_unproven(void);

#endif
