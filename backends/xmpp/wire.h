/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.h - what libstrophe believes to be its socket.
 *
 * libstrophe resolves names, connects, and waits inside a TLS handshake, for as
 * long as the server likes; it looks at all its sockets with select(), writes
 * one stanza a time, and does not verify much.  None of that is for a process
 * that serves hundreds.  So its system calls, and those to OpenSSL, are found in
 * this program first, which defines them (wire.c): libstrophe reads from a
 * buffer and writes to whoever owns the wire, which is a conn of net/conn.h, with
 * names, addresses, TLS and flow control as everywhere else.
 *
 * They are what they always were for everybody but libstrophe, which runs only
 * between wire_enter() and wire_leave(). */
#ifndef BACKENDS_XMPP_WIRE_H
#define BACKENDS_XMPP_WIRE_H

#include <stdbool.h>
#include <strophe.h>

#include "util/buf.h"

struct wire_events {
	/* These are to be sent. */
	void	(*send)(void *ctx, const char *data, size_t len);
	/* TLS begins now: what was sent before stays plain, what comes after
	 * this is encrypted, and what was received and not read yet is gone. */
	void	(*secure)(void *ctx);
};

struct wire {
	struct wire	*outer;		/* entered before this one, or NULL */
	const struct wire_events *events;
	void		*ctx;
	struct buf	 in;		/* received, not read yet */
	bool		 eof;		/* and nothing comes after that */
	int		 fd;		/* stands for it; -1: not connected */
	void		*ssl;		/* likewise, once there is TLS */
};

void	wire_init(struct wire *, const struct wire_events *, void *ctx);
void	wire_finish(struct wire *);

/* Until wire_leave() libstrophe uses this one. */
void	wire_enter(struct wire *);
void	wire_leave(void);

/* For xmpp_conn_set_sockopt_callback(). */
int	wire_socket(xmpp_conn_t *, void *fd);

#endif
