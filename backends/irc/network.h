/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network.h - one user's connection to one IRC network: from the first attempt
 * through reconnections to the last QUIT.
 *
 * The files that work on a struct network, lower ones first:
 *	network.c	connecting, losing, reconnecting, quitting
 *	clock.c		what is due, and when
 *	room.c		what the main process is told of channels
 *	ctcp.c		what programs ask each other
 *	modes.c		modes of a channel as a form
 *	watch.c		who of the contacts is there
 *	netsplit.c	one line for many who quit, and who are back
 *	console.c	the server as somebody to talk to
 *	label.c		which request a line of the server answers
 *	spoken.c	who said what, by the ids of messages
 *	speech.c	a message of the user as the lines that it becomes
 *	said.c		what the user says, until the server has taken it
 *	history.c	what was said while we were not there
 *	message.c	what people say to the user
 *	typing.c	who is typing
 *	tagmsg.c	reactions and taking back, both ways
 *	batch.c		lines that belong together
 *	replies.c	FAIL, WARN, NOTE
 *	dial.c		the ways to the server: ports, TLS, SRV
 *	sts.c		servers that want TLS
 *	nick.c		which nick, and how to get the wanted one back
 *	cap.c		what the server and we have in common
 *	sasl.c		proving who the user is
 *	register.c	PASS, NICK, USER, until the server says welcome
 *	numerics.c	answers and errors of the server, by number
 *	events.c	everything else the server says, by command
 *	apply.c		what the user's settings do to it
 *	encoding.c	lines that are not UTF-8
 *	ask.c		what users ask of the server and get an answer to
 *	outbox.c	what users say before it can be sent
 */
#ifndef BACKENDS_IRC_NETWORK_H
#define BACKENDS_IRC_NETWORK_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/irc/await.h"
#include "backends/irc/channel.h"
#include "backends/irc/config.h"
#include "backends/irc/identd.h"
#include "backends/irc/isupport.h"
#include "backends/irc/link.h"
#include "backends/irc/scram.h"
#include "backends/irc/server.h"
#include "backends/irc/turn.h"
#include "net/tls.h"
#include "util/backoff.h"
#include "util/map.h"

#define NETWORK_CHANNELS_MAX	250
#define NETWORK_PEOPLE_MAX	100000
#define NICK_BYTES_MAX		128
#define REGAIN_TRIES		6

/* What all connections of the process share. */
struct irc {
	struct ev_loop	*loop;
	struct irc_config config;
	const char	*instance;	/* its JID */
	struct tls	*tls;		/* made at first use */
	struct tls	*tls_blind;	/* that verifies nothing; the same */
	struct turns	 turns;		/* who may connect to which server */
	/* Our share of config.connects; other processes have theirs. */
	struct flood_limit connects;
	struct map	 sts;		/* sts.c's: host -> policy */
	struct identd	*identd;	/* or NULL */
	bool		 paused;	/* nothing is read from networks */
	struct map	 sessions;	/* user -> struct session */
	struct network	*unfenced;	/* said.c's list of those whose */
	struct ev_timer	 fences;	/* next fence waits for its time */
	struct {			/* spoken.c's */
		struct map	 by_key;
		TAILQ_HEAD(, spoken_entry) list;	/* oldest first */
		size_t		 bytes;
	} spoken;
};

enum network_state {
	NETWORK_CONNECTING, NETWORK_REGISTERING, NETWORK_ONLINE,
	NETWORK_WAITING,		/* for the next attempt */
	NETWORK_QUITTING,
	NETWORK_OVER,			/* the owner has been told */
};

enum cap {
	CAP_MULTI_PREFIX = 1 << 0,
	CAP_SERVER_TIME = 1 << 1,
	CAP_ECHO_MESSAGE = 1 << 2,
	CAP_AWAY_NOTIFY = 1 << 3,
	CAP_EXTENDED_JOIN = 1 << 4,
	CAP_MESSAGE_TAGS = 1 << 5,
	CAP_SASL = 1 << 6,
	CAP_CHGHOST = 1 << 7,
	CAP_ACCOUNT_NOTIFY = 1 << 8,
	CAP_ACCOUNT_TAG = 1 << 9,
	CAP_SETNAME = 1 << 10,
	CAP_INVITE_NOTIFY = 1 << 11,
	CAP_USERHOST_IN_NAMES = 1 << 12,
	CAP_BATCH = 1 << 13,
	CAP_LABELED_RESPONSE = 1 << 14,
	CAP_STANDARD_REPLIES = 1 << 15,
	CAP_CHATHISTORY = 1 << 16,
	CAP_MULTILINE = 1 << 17,
	CAP_REDACTION = 1 << 18,
	CAP_EXTENDED_MONITOR = 1 << 19,
};

/* sts=port=6697,duration=2592000: -1 where one is missing or is nonsense. */
struct sts {
	long	 port;			/* 1 .. 65535 */
	long	 duration;		/* seconds, >= 0 */
};

/* cap.c's; the numbers may be read by all.  0: none, or not known. */
struct caps {
	unsigned	 asked;		/* enum cap, of REQs without answer */
	unsigned	 alone;		/* asked for one by one after a NAK */
	unsigned	 refused;
	unsigned	 requests;	/* REQs without answer */
	bool		 listing;	/* more of LS comes */
	bool		 ended;		/* CAP END was sent */
	unsigned	 mechanisms;	/* of sasl; enum mechanism */
	unsigned	 multiline_bytes, multiline_lines;
	unsigned	 chathistory_max;	/* messages of one answer */
	bool		 has_sts, sts_learnt;
	struct sts	 sts;
};

struct network;
struct texts;

/* The owner's; each may destroy the network. */
struct network_events {
	/* Welcomed for the first time. */
	void	(*online)(struct network *);
	/* It is not coming, or not coming back, and has told its rooms so;
	 * reason as in the message disconnected, NULL after network_quit(). */
	void	(*over)(struct network *, const char *reason, const char *text,
		    bool retry);
};

struct room_list;
struct waiting;
struct batch;
struct typing;

/* batch.c's */
struct batches {
	LIST_HEAD(, batch) list;	/* open ones, the newest first */
	unsigned	 count;
	size_t		 bytes;		/* of the texts that they hold */
};

/* outbox.c's */
struct outbox {
	TAILQ_HEAD(, waiting) list;	/* in the order in which they came */
	unsigned	 count;		/* of them */
	size_t		 bytes;
	struct ev_timer	 expiry;	/* runs while there are some */
};

struct watch;
struct console;
struct netsplit;

/* Written by the files above, read by session.c too. */
struct network {
	struct irc	*irc;
	const struct network_events *events;
	void		*ctx;		/* the owner's */
	struct network	*next;		/* the owner's list */
	const char	*user;		/* bare JID, borrowed from the owner */
	const char	*account;	/* borrowed; fixed network only */
	const char	*password;	/* borrowed, or NULL */
	const char	*away;		/* borrowed: AWAY text, NULL: not away */
	struct texts	*settings;	/* borrowed: the user's, or NULL */
	char		*name;		/* after the '@' of ids; NULL: fixed */
	/* One of the configuration's, or the one named by the user. */
	const struct server *server;
	struct server	*own_server;	/* or NULL */
	unsigned	 tried;		/* servers of the configuration */
	enum network_state state;
	bool		 was_online;
	bool		 counted;	/* outage.c: it is one of the lost */
	bool		 is_away;	/* the server has been told */
	char		 at;		/* '@' or '%': how ids of it are written */

	struct flood_limit throttle;	/* the link's; apply.c */
	struct ident	*idents;	/* identd.c's, of the connection */
	struct dial	*dial;		/* dial.c's, until the welcome */
	char		 port[6];	/* of the server; see dial_port() */
	bool		 encrypted;	/* the connection is to have TLS, */
	bool		 trusted;	/* and nobody but the server in it */
	bool		 never_plain;	/* it was welcomed with TLS before */
	bool		 later;		/* the server wants us, but not now */
	bool		 watching;	/* it is time to ask who is there */
	bool		 history_due;	/* history.c's: some channel owes it */
	bool		 flood_told;	/* the user knows that much waits */
	bool		 listed;	/* is it in the list by unfenced? */
	struct link	 link;
	struct ev_timer	 clock;		/* the next thing that is due */
	struct backoff	 backoff;
	double		 since;		/* ev_now() of the welcome */
	double		 down_since;
	double		 quit_at;	/* of our QUIT while online, 0: none */
	double		 pinged;	/* ev_now() of our PING, 0: none */
	char		*last_error;	/* text of ERROR, or NULL */
	char		*lost_why;	/* how the last connection ended */
	const char	*fatal;		/* reason to stop for good, or NULL */

	char		*nick;		/* ours, as the server writes it */
	char		*wanted;	/* the one we would like */
	uint8_t		 nick_tries;	/* nick.c's, like the next four */
	uint8_t		 alternative;	/* of the user's, the next one */
	uint8_t		 regains;	/* quick tries left to get wanted */
	bool		 nick_watched;	/* MONITOR tells of wanted */
	bool		 renamed;	/* wanted is newer than our NICK */
	double		 regain_at;	/* ev_now() of the next try, 0: none */
	uint16_t	 prefix_len;	/* of nick!user@host as others see it, */
	uint16_t	 user_len;	/* and of user */
	unsigned	 caps;		/* enum cap, acknowledged */
	unsigned	 caps_offered;
	struct caps	 cap;
	struct sasl	*sasl;		/* sasl.c's, while it lasts, or NULL */
	struct scram_memory *scram;	/* of the last login by it, or NULL */
	bool		 certified;	/* we show a certificate of the user's */
	bool		 identified;	/* SASL succeeded */
	bool		 distrusted;	/* it does not know the password, and */
					/* must not learn it from us */
	struct isupport	 is;
	struct map	 people;	/* case-mapped nick -> struct person */
	struct map	 channels;	/* case-mapped -> struct channel */
	struct awaits	 awaits;
	struct outbox	 outbox;
	struct room_list *list;		/* of LIST, or NULL */
	struct flood	 ctcp;		/* limits our answers */
	unsigned	 fence_out;	/* the last PING behind messages, */
	unsigned	 fence_back;	/* and the last that was answered */
	unsigned	 fenced;	/* messages since fence_out was new */
	double		 fence_at;	/* ev_now() when it was */
	struct network	*unfenced;	/* next in the list of struct irc */
	double		 talked;	/* ev_now() of the last private message */
	double		 left;		/* ev_now() of leaving the last room */
	struct netsplit	*split;		/* netsplit.c's; NULL: none */
	struct console	*console;	/* console.c's; NULL: nothing to say */
	struct watch	*watch;		/* watch.c's; NULL: nobody */
	unsigned long	 label;		/* the last one given to a line */
	struct batches	 batches;
	struct typing	*typing;	/* typing.c's; NULL: nobody is */
};

/* Starts connecting.  name is NULL for the fixed network; nick is what we
 * would like to be called; password and away may be set by the caller right
 * after. */
struct network	*network_create(struct irc *, const char *user,
		    struct texts *, const struct server *,
		    const char *name, char at, const char *nick,
		    const struct network_events *, void *ctx);
/* Closes at once; everybody who waits gets an error.  NULL is fine. */
void		 network_destroy(struct network *);
/* QUIT and close politely; events->over comes, maybe before this returns. */
void		 network_quit(struct network *, const char *reason);
/* The connection failed or must end: reconnect, or give up. */
void		 network_lost(struct network *, const char *why);
/* Connect anew: at once, where it waits for its time; after a polite QUIT,
 * where it is up; then the server has a moment to hang up. */
void		 network_renew(struct network *);
/* Begin a connection; the last one is closed. */
void		 network_connect(struct network *);
/* dial.c: a connection is begun; what belonged to the last one is over. */
void		 network_dialling(struct network *);
/* register.c: the server has welcomed us. */
void		 network_online(struct network *);
/* AWAY text, or NULL: back; borrowed until it is set again. */
void		 network_set_away(struct network *, const char *text);
/* clock.c: something that will time out was added: set the clock. */
void		 network_arm(struct network *);

/* ---- names */
/* Could it be the nick of somebody, or our own? */
bool		 nick_is_valid(const char *);
bool		 channel_is_valid(const struct network *, const char *);
bool		 network_is_me(const struct network *, const char *nick);
/* register.c: how others see us; user NULL: as before. */
void		 network_know_host(struct network *, const char *user,
		    const char *host);
bool		 network_is_fixed(const struct network *);
struct channel	*network_channel(const struct network *, const char *name);
/* The id of a person, as the main process knows it: nick, or nick@server.  In
 * a static buffer. */
const char	*network_contact_id(const struct network *, const char *nick);
/* The id of the network itself: what MOTD and errors come from. */
const char	*network_id(const struct network *);
/* Refold the names of channels after CASEMAPPING was announced. */
void		 network_casemap(struct network *, enum casemap);

#endif
