/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server_private.h - what the files of the server share.
 *   server.c         listening, limits, and what the gateway asks for
 *   server_client.c  one client's stream from accept to its end
 *   server_sasl.c    who is it? (RFC 6120 6)
 *   server_bind.c    which resource is it? (RFC 6120 7)
 *   server_route.c   stanzas to and from bound clients */
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
	LIST_ENTRY(client) same;	/* of user->clients, while BOUND */
	LIST_ENTRY(client) list;	/* of server->waiting while WAITING, of
					 * server->gone until told */
	struct server	*server;
	struct stream	*stream;
	struct source	*source;	/* until logged in, then NULL */
	struct user	*user;		/* while BOUND, else NULL */
	char		*bare;		/* once LOGGED_IN; owned */
	char		*full;		/* once BOUND; owned */
	uint64_t	 id;		/* of the login being decided */
	ev_timer	 timer;
	ev_tstamp	 pinged;	/* 0: no ping is unanswered */
	uint8_t		 state;		/* enum client_state */
	uint8_t		 failures;	/* of SASL */
	int8_t		 priority;	/* of its presence */
	bool		 available;
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
	struct map	 held;		/* server_held.c: bare -> struct held */
	size_t		 held_bytes;	/* in all of them */
	uint64_t	 last_id;
	bool		 crowded;	/* told that clients_max is reached */
	bool		 paused;
	bool		 listening;	/* up, as the gateway sees it */
	bool		 dead;
};

#define NS_TLS		"urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL		"urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_BIND		"urn:ietf:params:xml:ns:xmpp-bind"
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
void		 client_accept(struct server *, int fd, struct tls *);
void		 client_set_state(struct client *, enum client_state);
/* End its stream (condition NULL: without an error) and log why at this level
 * (why NULL: nothing to log). */
void		 client_end(struct client *, const char *condition,
		    const char *text, const char *why);
void		 client_destroy(struct client *);
/* May it say its password in the open, or is it not in the open? */
bool		 client_may_log_in(const struct client *);
/* Append to this, then send. */
struct buf	*client_out(struct client *);
void		 client_send(struct client *);
const char	*client_peer(const struct client *);
const char	*client_name(const struct client *);	/* for the log */

/* server_sasl.c */
void		 sasl_stanza(struct client *, struct arena *,
		    const struct stanza *);
void		 sasl_decided(struct client *, const char *condition,
		    const char *text);
/* The decision did not come in time. */
void		 sasl_give_up(struct client *);

/* server_bind.c */
void		 bind_stanza(struct client *, struct arena *,
		    const struct stanza *);
/* Undo the binding; the gateway is told soon. */
void		 bind_undo(struct client *);

/* server_route.c */
void		 route_in(struct client *, struct arena *,
		    const struct stanza *);
int		 route_out(struct server *, const char *to, const char *data,
		    size_t len, bool keep);
/* To this client; -1 when it does not read. */
int		 route_to(struct client *, const char *data, size_t len);

/* server_held.c */
/* Keep a message for a bare JID; -1 when there is no room. */
int		 held_put(struct server *, const char *bare, const char *data,
		    size_t len);
/* This client can take messages now: what is kept goes to it. */
void		 held_deliver(struct client *);
void		 held_destroy(struct server *);
/* <iq type='result'/> for this one, without a payload. */
void		 route_result(struct client *, const struct stanza *);

#endif
