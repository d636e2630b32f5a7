/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server.h - an XMPP server for clients (RFC 6120, c2s only). */
#ifndef MANAGER_XMPP_SERVER_H
#define MANAGER_XMPP_SERVER_H

#include <ev.h>

#include "manager/xmpp/link.h"
#include "net/tls.h"

struct server_config {
	const char	*domain;
	const char	*address;	/* literal; "::" for both families */
	unsigned	 port;		/* STARTTLS; 0: the kernel chooses */
	unsigned	 tls_port;	/* direct TLS (XEP-0368); 0: none */
	const char	*cert, *key;	/* PEM or PKCS#12; cert NULL: no TLS */
	const char	*cert_password;
	bool		 plain_without_tls;	/* off: only from loopback */
	size_t		 stanza_max;	/* bytes, authenticated; 0: 256 KiB */
	unsigned	 clients_max;	/* 0: 10000 */
	unsigned	 clients_per_address;	/* unauthenticated; 0: 20 */
	double		 login_timeout;	/* seconds until bound; 0: 60 */
	double		 idle_timeout;	/* seconds to a whitespace or XEP-0199
					 * ping; twice that to death; 0: 300 */
	size_t		 queue_max;	/* bytes per client that are not sent,
					 * or not confirmed while it is away;
					 * 0: 1 MiB.  16 times as many while it
					 * reads, if slowly */
	double		 patience;	/* seconds in which it must read
					 * something then; 0: 20 */
	double		 resume_timeout; /* seconds in which a client may come
					 * back to its session; 0: never */
	bool		 many_resources;	/* off: a new login of the same
						 * user replaces the old one */
};

/* Returns NULL and *why (caller frees) when it cannot listen or the
 * certificate cannot be used.  The config is copied. */
struct link	*server_create(struct ev_loop *, const struct server_config *,
		    const struct link_events *, void *ctx, char **why)
		    MUST_CHECK;
/* Go on with what link_handover() has put into this map: the listeners, if they
 * are where the config says; clients that may resume their sessions, until
 * then without a connection; messages that wait.  It is up from the start:
 * events->up does not come.  events->gone comes soon for clients that could
 * not be handed over. */
struct link	*server_adopt(struct ev_loop *, const struct server_config *,
		    const struct link_events *, void *ctx,
		    const struct packed *, char **why) MUST_CHECK;
unsigned	 server_port(const struct link *);	/* bound */
unsigned	 server_tls_port(const struct link *);
/* Read the certificate again; -1 and *why (caller frees) keeps the old one. */
int		 server_reload(struct link *, char **why) MUST_CHECK;

#endif
