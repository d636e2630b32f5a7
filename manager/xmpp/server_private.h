/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server_private.h - what the files of the server share.
 *   server.c         listening, limits, and what the gateway asks for
 *   server_client.c  one client's stream from accept to its end
 *   server_sasl.c    who is it? (RFC 6120 6)
 *   server_bind.c    which resource is it? (RFC 6120 7)
 *   server_route.c   stanzas to and from bound clients
 *   server_sm.c      what has it not confirmed, and how does it come back?
 *   server_held.c    messages for those who are not there
 *   server_handover.c  how all of it goes on in another process */
#ifndef MANAGER_XMPP_SERVER_PRIVATE_H
#define MANAGER_XMPP_SERVER_PRIVATE_H

#include <sys/queue.h>

#include "manager/xmpp/link_private.h"
#include "manager/xmpp/server.h"
#include "manager/xmpp/stream.h"
#include "net/listener.h"
#include "util/map.h"

enum client_state {
	CLIENT_NEW,		/* waiting for a stream header */
	CLIENT_CHOOSING,	/* STARTTLS or SASL? */
	CLIENT_SECURING,	/* TLS handshake */
	CLIENT_RESPONDING,	/* SASL: we sent an empty challenge */
	CLIENT_WAITING,		/* SASL: the gateway decides */
	CLIENT_LOGGED_IN,	/* waiting for the second header */
	CLIENT_BINDING,		/* waiting for a resource */
	CLIENT_BOUND,
	CLIENT_DETACHED,	/* bound, without a stream: may be resumed */
	CLIENT_CLOSING,		/* the last bytes leave */
};

/* Clients of one address that have not logged in. */
struct source {
	char		*address;
	unsigned	 clients;
	bool		 told;		/* that it has too many */
};

/* Bound clients of one bare JID. */
struct user {
	LIST_HEAD(, client) clients;
	unsigned	 count;
	char		 bare[];
};

struct client {
	LIST_ENTRY(client) link;	/* of server->clients */
	LIST_ENTRY(client) same;	/* of user->clients, while bound */
	LIST_ENTRY(client) list;	/* of server->waiting while WAITING, of
					 * server->gone until told */
	struct server	*server;
	struct stream	*stream;	/* NULL while DETACHED */
	struct source	*source;	/* until logged in, then NULL */
	struct user	*user;		/* while BOUND or DETACHED, else NULL */
	struct sm	*sm;		/* once enabled; server_sm.c's */
	char		*bare;		/* once LOGGED_IN; owned */
	char		*full;		/* once BOUND; owned */
	uint64_t	 id;		/* of the login being decided */
	ev_timer	 timer;
	ev_tstamp	 pinged;	/* 0: no ping is unanswered */
	ev_tstamp	 slow_since;	/* it reads nothing while too much
					 * waits; 0: not so much does */
	uint64_t	 slow_sent;	/* conn_sent() then */
	uint8_t		 state;		/* enum client_state */
	uint8_t		 failures;	/* of SASL */
	int8_t		 priority;	/* of its presence */
	bool		 available;
	bool		 guest;		/* link_login_guest() */
	bool		 direct;	/* TLS from the first byte */
	bool		 tls_done;	/* that handshake is done */
	bool		 overflown;	/* to be dropped after this turn */
	bool		 untold;	/* in server->gone */
};

struct server {
	struct link	 ln;		/* first, see server_of() */
	struct server_config cfg;	/* owns its strings */
	char		*domain;
	struct ev_loop	*loop;
	struct tls	*tls;		/* NULL: none */
	struct listener	*plain, *direct;
	LIST_HEAD(, client) clients;
	LIST_HEAD(, client) waiting;
	LIST_HEAD(, client) gone;
	unsigned	 count;		/* of clients */
	struct map	 sources;	/* address -> struct source */
	struct map	 users;		/* bare -> struct user */
	struct map	 bound;		/* full -> struct client */
	struct buf	 out;		/* the stanza being written */
	struct map	 sessions;	/* id -> struct client that may be
					 * resumed */
	struct ended	*ended;		/* server_sm.c: the last ones */
	struct map	 held;		/* server_held.c: bare -> struct held */
	size_t		 held_bytes;	/* in all of them */
	uint64_t	 last_shared;	/* see sm_note() */
	uint64_t	 last_id;
	bool		 crowded;	/* told that clients_max is reached */
	bool		 paused;
	bool		 listening;	/* up, as the gateway sees it */
	bool		 frozen;
	bool		 ending;	/* link_shutdown() */
	bool		 dead;
};

/* A client that reads slowly is not deaf. */
#define SLOW_BURST	16	/* times queue_max may wait for it */
#define SLOW_CLIENTS	32	/* at a time; others have queue_max */

#define NS_TLS		"urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL		"urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_BIND		"urn:ietf:params:xml:ns:xmpp-bind"
#define NS_SM		"urn:xmpp:sm:3"
#define NS_SESSION	"urn:ietf:params:xml:ns:xmpp-session"

struct server	*server_of(const struct link *);

/* server.c */
/* Count the client, or say why it may not come in. */
const char	*server_admit(struct client *);
/* It has logged in, or is gone. */
void		 server_forget_source(struct client *);
/* Tell the gateway of all clients that are gone, before it hears of others. */
void		 server_tell_gone(struct server *);

/* server_client.c */
/* One without a stream, in the server's list. */
struct client	*client_new(struct server *);
void		 client_accept(struct server *, int fd, struct tls *);
void		 client_set_state(struct client *, enum client_state);
/* End its stream (condition NULL: without an error) and log why at this level
 * (why NULL: nothing to log). */
void		 client_end(struct client *, const char *condition,
		    const char *text, const char *why);
void		 client_destroy(struct client *);
void		 client_set_timer(struct client *, double seconds);
/* Bound, and its stream has just begun. */
void		 client_watch(struct client *);
/* May it say its password in the open, or is it not in the open? */
bool		 client_may_log_in(const struct client *);
/* Append to this, then send. */
struct buf	*client_out(struct client *);
void		 client_send(struct client *);
/* What was appended since the buffer had this length is one stanza: send it. */
void		 client_said(struct client *, size_t mark);
const char	*client_peer(const struct client *);
const char	*client_name(const struct client *);	/* for the log */

/* server_sasl.c */
void		 sasl_stanza(struct client *, struct arena *,
		    const struct stanza *);
/* For those who look for guesses in the log. */
void		 sasl_log_refusal(const struct client *, const char *condition,
		    const char *text);
void		 sasl_decided(struct client *, const char *condition,
		    const char *text);
/* The decision did not come in time. */
void		 sasl_give_up(struct client *);

/* server_bind.c */
void		 bind_stanza(struct client *, struct arena *,
		    const struct stanza *);
/* Bind it to an address that nobody has. */
void		 bind_add(struct client *, const char *full);
/* Undo the binding; the gateway is told soon. */
void		 bind_undo(struct client *);

/* server_route.c */
void		 route_in(struct client *, struct arena *,
		    const struct stanza *);
int		 route_out(struct server *, const char *to, const char *data,
		    size_t len, bool keep);
/* To this client; -1 when it does not read.  keep: when it does not get it,
 * another one of the user shall.  shared: see sm_note(). */
int		 route_to(struct client *, const char *data, size_t len,
		    bool keep, uint64_t shared);

/* server_held.c */
/* Keep a message for a bare JID (what item->to says does not matter); -1 when
 * there is no room.  again: it has been taken once, before a restart. */
int		 held_put(struct server *, const char *bare,
		    const struct kept_item *, bool again);
/* All that a session leaves behind; returns how many there was no room for. */
unsigned long	 held_inherit(struct server *, const char *bare,
		    const struct kept *);
/* Is there anything for this user? */
bool		 held_waits(const struct server *, const char *bare);
/* Can this client take messages to its bare JID? */
bool		 held_takes(const struct client *);
/* There may be room for more: what is kept goes to it, if it takes messages. */
void		 held_deliver(struct client *);
/* Or to one of the user's clients, if there is one that does. */
void		 held_offer(struct server *, const char *bare);
void		 held_destroy(struct server *);
void		 held_each(struct server *, link_kept *, void *ctx);
void		 held_pack(const struct server *, struct packer *);
void		 held_unpack(struct server *, const struct packed *);

/* server_sm.c (XEP-0198) */
/* An element of stream management of a client that is bound. */
void		 sm_element(struct client *, struct arena *,
		    const struct stanza *);
/* Of one that has logged in and not bound, which may resume a session.  True:
 * it was about that, and is done with, whatever came of it. */
bool		 sm_resume(struct client *, const struct stanza *);
/* We have handled a stanza of its. */
void		 sm_handled(struct client *);
/* This stanza goes to it now, or when it is back.  Nothing happens without
 * stream management.  shared is a number that grows: all clients of the user
 * that are given the same one get the same stanza, and it is enough when one
 * of them confirms it; 0: only this client gets it. */
void		 sm_note(struct client *, const char *data, size_t len,
		    bool keep, uint64_t shared);
/* False: there is too much already that it has not confirmed. */
bool		 sm_has_room(const struct client *, size_t len, bool keep);
/* Its connection is of no use any more.  True: it may come back. */
bool		 sm_detach(struct client *, const char *why);
/* It has not come back in time. */
void		 sm_expire(struct client *);
/* Is over with being bound: what it has not confirmed goes to others. */
void		 sm_finish(struct client *);
/* End a session of the user that waits to be resumed, if there is one. */
bool		 sm_evict(struct user *);
bool		 sm_is_resumable(const struct client *);
void		 sm_each(struct client *, link_kept *, void *ctx);
void		 sm_pack(const struct client *, struct packer *);
void		 sm_unpack(struct client *, const struct packed *);

/* server_handover.c */
bool		 server_settled(const struct link *);
void		 server_freeze(struct link *, bool);
void		 server_handover(struct link *, struct packer *);
void		 server_describe(const struct link *, struct buf *);
/* server.c: all but the listeners; NULL and *why. */
struct server	*server_new(struct ev_loop *, const struct server_config *,
		    const struct link_events *, void *ctx, char **why);
int		 server_listen(struct server *, char **why);
void		 server_accept_plain(void *ctx, int fd);
void		 server_accept_tls(void *ctx, int fd);
/* <iq type='result'/> for this one, without a payload. */
void		 route_result(struct client *, const struct stanza *);

#endif
