/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conn.h - one TCP connection on libev, with or without TLS.
 *
 * Bytes in and out, nothing of what they mean.  Outgoing bytes are appended to
 * conn_out() and leave together at the end of the loop turn (util/later.h);
 * incoming bytes are read into one buffer shared by all connections, so an
 * idle connection holds no buffer at all.
 *
 * Ownership: whoever created a conn destroys it with conn_destroy(), which may
 * be called from inside any of its own callbacks. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/tls.h"
#include "util/buf.h"
#include "util/macros.h"

struct conn;

/* Every callback gets the ctx given at creation, and none comes before the
 * function that created the conn has returned.  The table is borrowed for the
 * life of the conn: make it static.  All but data and closed may be NULL. */
struct conn_events {
	/* An address is being tried, from own to peer; several may be at the
	 * same time.  Comes before the peer can know of it, and never from
	 * inside conn_connect().  Must not destroy the conn.  For those who
	 * answer questions about connections (RFC 1413). */
	void	(*attempt)(void *ctx, const struct sockaddr *own,
		    const struct sockaddr *peer);
	/* TCP is up, and TLS too where it was asked for from the start; for
	 * accepted connections as well.  Comes once, before any data. */
	void	(*connected)(void *ctx);
	/* The TLS handshake begun by conn_start_tls() is done. */
	void	(*secured)(void *ctx);
	/* len > 0 bytes, gone when the callback returns. */
	void	(*data)(void *ctx, const char *data, size_t len);
	/* Everything in conn_out() has left. */
	void	(*drained)(void *ctx);
	/* Closed by the peer, by an error or a time-out; why is for humans.
	 * Comes at most once, never after conn_destroy(), and is the last
	 * callback. */
	void	(*closed)(void *ctx, const char *why);
};

struct conn_target {
	const char	*host;		/* name or address literal */
	const char	*port;		/* decimal */
	/* Source address literal, or one of each family, separated by a space
	 * or comma; NULL: any.  With one, only peers of its family are
	 * reached. */
	const char	*bind;
	/* IPv6 literal to come from where that can be had, even when no
	 * interface has it; NULL: none. */
	const char	*wished;
	struct tls	*tls;		/* TLS at once; NULL for plain TCP */
	const char	*tls_name;	/* name the certificate must have; NULL: host */
	/* As in struct tls_peer. */
	const char	*certificate, *pin;
	bool		 tell_pin;
	const char	*protocol;
	double		 timeout;	/* seconds for DNS + TCP + TLS; 0: 30 */
};

/* Resolve (c-ares), try the addresses 250 ms apart (RFC 8305), keep the first
 * that is connected.  Never NULL; failure comes by events->closed.  The target is copied,
 * and tls may be destroyed while connections made with it live on. */
struct conn	*conn_connect(struct ev_loop *, const struct conn_target *,
		    const struct conn_events *, void *ctx);

/* Take over an accepted descriptor, which is non-blocking.  events->connected
 * comes soon; with tls (NULL for none) after the handshake, which may take
 * timeout seconds (0: 30). */
struct conn	*conn_accept(struct ev_loop *, int fd, struct tls *,
		    double timeout, const struct conn_events *, void *ctx);

/* Go on with a connected, plain, non-blocking socket, one perhaps that conn_fd()
 * gave in another process.  events->connected does not come. */
struct conn	*conn_adopt(struct ev_loop *, int fd,
		    const struct conn_events *, void *ctx);
/* Its socket, to be handed over; -1 when it is not open, or has TLS, which
 * nobody else can go on with. */
int		 conn_fd(const struct conn *);
/* Neither read nor write until it is thawed. */
void		 conn_freeze(struct conn *, bool frozen);

/* NULL is fine.  Closes at once; what was not sent is lost. */
void		 conn_destroy(struct conn *);

/* Where to append outgoing bytes; call conn_send() afterwards.  A stanza or an
 * IRC line is appended whole between two loop turns, so peers never see half
 * of one for long. */
struct buf	*conn_out(struct conn *);
/* What was appended leaves at the end of this loop turn. */
void		 conn_send(struct conn *);
/* Send it now, as far as the kernel takes it, even when it is frozen. */
void		 conn_push(struct conn *);
/* Bytes appended and not yet taken by the kernel (or by TLS). */
size_t		 conn_queued(const struct conn *);
/* Bytes that it has taken since the beginning. */
uint64_t	 conn_sent(const struct conn *);

/* Send what is queued, then close, then events->closed; at the latest after
 * timeout seconds.  What is appended later is lost, and events->data comes no
 * more.  The peer is given a moment to take the last bytes and close its side,
 * as a reset would destroy them on the way.  A connection that is not up yet is
 * closed at once. */
void		 conn_finish(struct conn *, double timeout);

/* Stop and start reading: back-pressure by the kernel's own flow control. */
void		 conn_pause(struct conn *);
void		 conn_resume(struct conn *);

/* Begin TLS on a plain connection once what is queued has left: as the
 * connecting side (name is checked against the certificate) or, with name
 * NULL, as the accepting side.  Nothing is read as plain text from here on, and
 * what is appended from here on leaves encrypted.  When called from
 * events->data, the caller throws away whatever it was given beyond the request
 * for TLS: that was never protected.  The handshake may take 30 seconds. */
void		 conn_start_tls(struct conn *, struct tls *, const char *name);
/* The same as the connecting side, with more that is wanted of the peer. */
void		 conn_start_tls_with(struct conn *, struct tls *,
		    const struct tls_peer *);
/* In closed: the pin of the certificate that was not accepted, or NULL. */
const char	*conn_refused_pin(const struct conn *);

/* The handshake is done. */
bool		 conn_is_tls(const struct conn *);
/* Version and cipher, "TLSv1.3, TLS_AES_128_GCM_SHA256"; NULL: no TLS.  Valid
 * until the next call. */
const char	*conn_tls_words(const struct conn *);
bool		 conn_is_loopback(struct conn *);
/* Numeric address of the peer, "[::1]:5222" or "127.0.0.1:5222"; what was asked
 * for, "irc.example:6697", while there is none.  Valid until conn_destroy() or
 * events->connected. */
const char	*conn_peer(struct conn *);
/* The address alone, without the port: for limits per address. */
const char	*conn_address(struct conn *);

#endif
