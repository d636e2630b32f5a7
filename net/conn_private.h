/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conn_private.h - what the files of conn share.
 *   conn.c          life and states
 *   conn_connect.c  from a name to a connected socket
 *   conn_io.c       bytes in and out
 *   conn_tls.c      TLS over the same socket */
#ifndef NET_CONN_PRIVATE_H
#define NET_CONN_PRIVATE_H

#include <openssl/types.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/conn.h"

enum conn_state {
	CONN_CONNECTING,	/* setup is not NULL, fd is -1 */
	CONN_ACCEPTED,		/* plain; connected is on its way by later() */
	CONN_STARTING,		/* STARTTLS: plain bytes leave first */
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_FINISHING,		/* queued bytes leave, nothing is read */
	CONN_LINGERING,		/* all sent; waiting for the peer to close */
	CONN_CLOSED,		/* closed is on its way by later(), or told */
	CONN_DEAD,		/* destroyed; freed at the end of the turn */
};

struct conn {
	const struct conn_events *events;
	void		*ctx;
	struct ev_loop	*loop;
	ev_io		 io;		/* fd is -1 without a socket */
	/* The deadline of the state; in CONN_OPEN: "read again next turn". */
	ev_timer	 timer;
	struct buf	 out;
	/* Of out, what was queued when it was begun to secure or to finish the
	 * connection: no more leaves in CONN_STARTING and CONN_FINISHING. */
	size_t		 due;
	uint64_t	 sent;		/* of out, since the beginning */
	SSL		*ssl;		/* NULL: plain */
	struct setup	*setup;		/* in CONN_CONNECTING, else NULL */
	char		*why;		/* why it failed, for closed */
	char		*refused;	/* that of one not accepted, or NULL */
	char		*pin;		/* SHA-256 of the peer's certificate,
					 * in hexadecimal, or NULL: any */
	char		*address;	/* owned, NULL until asked for */
	char		*peer;		/* owned, NULL until asked for */
	uint32_t	 share;		/* bytes it may still read this turn */
	uint8_t		 state;		/* enum conn_state, by conn_set_state() */
	uint8_t		 watching;	/* EV_READ | EV_WRITE, or 0 */
	bool		 secure;	/* bytes go through ssl */
	bool		 upgraded;	/* TLS by conn_start_tls() */
	bool		 loopback;	/* valid with address */
	bool		 paused;
	bool		 frozen;	/* no watcher, no flush */
	bool		 dirty;		/* conn_flush() is on its way by later() */
	bool		 draining;	/* inside events->drained */
	bool		 blocked;	/* the kernel takes no more: wait for it */
	bool		 write_to_read;	/* TLS must write before it can read */
};

#define CONN_TIMEOUT	30.0	/* seconds, where the caller says 0 */

/* Results of reading and writing beside a positive count. */
enum { IO_END = 0, IO_AGAIN = -1, IO_FAILED = -2 };

/* conn.c */
struct conn	*conn_create(struct ev_loop *, const struct conn_events *,
		    void *ctx);
void		 conn_set_state(struct conn *, enum conn_state);
/* Adopt a socket: options, watcher.  Does not start watching. */
void		 conn_set_fd(struct conn *, int fd);
/* Recompute which readiness to wait for, after any change. */
void		 conn_watch(struct conn *);
void		 conn_set_timer(struct conn *, double seconds);
/* TCP and, where asked for, TLS are up: tell the owner and let bytes flow. */
void		 conn_up(struct conn *);
/* TCP is up: begin TLS if it is wanted, else conn_up(). */
void		 conn_tcp_up(struct conn *);
/* The end, for a reason that is taken over; events->closed comes by later(). */
void		 conn_lost(struct conn *, char *why);

/* conn_connect.c */
void		 setup_destroy(struct setup *);		/* NULL is fine */
void		 setup_expired(struct conn *);		/* no time is left */

/* conn_io.c */
void		 conn_readable(struct conn *);
void		 conn_flush(struct conn *);
void		 conn_discard(struct conn *);		/* in CONN_LINGERING */
/* A new turn's share of reading. */
void		 conn_grant(struct conn *);
/* The system calls, with bounds on this turn's share: > 0 or IO_*.  IO_FAILED
 * has set errno. */
ssize_t		 conn_recv(struct conn *, char *, size_t);
ssize_t		 conn_write(struct conn *, const char *, size_t);

/* conn_tls.c: IO_FAILED has set c->why. */
/* Give the conn an SSL; NULL as the accepting side.  On failure -1 and
 * c->why. */
int		 conn_tls_prepare(struct conn *, struct tls *,
		    const struct tls_peer *) MUST_CHECK;
void		 conn_handshake(struct conn *);
ssize_t		 conn_tls_read(struct conn *, char *, size_t);
ssize_t		 conn_tls_write(struct conn *, const char *, size_t);
bool		 conn_tls_left(const struct conn *);	/* read, not delivered */
void		 conn_tls_goodbye(struct conn *);
void		 conn_tls_free(struct conn *);

#endif
