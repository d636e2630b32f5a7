/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.h - one account on another XMPP server: from its name to stanzas, both
 * ways, and again after a break.
 *
 * libstrophe says what XMPP says (SASL, binding, resumption) and builds stanzas
 * out of what the guard lets through; where the server is, TLS, and what was sent
 * and has arrived are the link's own.
 *
 * No callback comes from inside a function of the link, but for ended() of
 * link_destroy(), and all functions may be called from inside all callbacks. */
#ifndef BACKENDS_XMPP_LINK_H
#define BACKENDS_XMPP_LINK_H

#include <ev.h>
#include <stdbool.h>
#include <strophe.h>

#include "backends/xmpp/ledger.h"
#include "net/tls.h"
#include "util/macros.h"

struct link;

enum link_reason {
	LINK_CLOSED,		/* as was asked for */
	LINK_NETWORK,		/* not reached, lost, or it is shutting down */
	LINK_CERTIFICATE,	/* not accepted */
	LINK_PLAIN,		/* it offers no TLS, and must */
	LINK_AUTH,		/* the password, or the account, is no good */
	LINK_CONFLICT,		/* another client took our place */
	LINK_REFUSED,		/* what it sent cannot be, or it says that what
				 * we sent cannot */
};

struct link_end {
	enum link_reason reason;
	const char	*text;		/* for the user */
	bool		 retry;		/* another time it may go better */
	const char	*pin;		/* of LINK_CERTIFICATE: its SHA-256 in
					 * hexadecimal; may be NULL */
};

struct link_events {
	/* jid: the full one that the server gave us.  resumed: this is the
	 * session of before, and nothing in between was lost. */
	void	(*connected)(void *ctx, const char *jid, bool resumed);
	/* Dies with the callback, unless it is cloned. */
	void	(*stanza)(void *ctx, xmpp_stanza_t *);
	/* The same of one that was too large: the rest of it is missing. */
	void	(*cut)(void *ctx, xmpp_stanza_t *);
	/* There is no connection any more, or it could not be had.  After this
	 * link_open() may be called again, and goes on with the session if the
	 * server still has it: stanzas given to link_send() meanwhile wait. */
	void	(*closed)(void *ctx, const struct link_end *);
	/* A stanza given to link_send() has come to its end. */
	ledger_ended *ended;
};

/* Strings are copied. */
struct link_account {
	const char	*jid;		/* bare, and prepared */
	const char	*resource;	/* NULL: the server's choice */
	const char	*password;
	/* NULL: found out by the domain of the JID (RFC 6120 3.2, XEP-0368). */
	const char	*host;
	const char	*port;		/* of host; NULL: 5222, or 5223 */
	bool		 direct_tls;	/* with host: TLS from the first byte */
	bool		 plain;		/* no TLS at all; for tests, and tunnels */
	const char	*pin;		/* as in struct tls_peer */
	struct tls	*tls;		/* client side; outlives the link */
	double		 keepalive;	/* seconds: a server that says nothing
					 * for so long is asked; for twice as
					 * long it may take to answer */
};

struct link *link_create(struct ev_loop *, const struct link_account *,
	    const struct link_events *, void *ctx);
/* At once, and without a word to the server.  What it still holds ends.  NULL is
 * fine. */
void	 link_destroy(struct link *);

/* While it is closed: */
void	 link_open(struct link *);
/* The only certificate to accept from now on. */
void	 link_trust(struct link *, const char *pin);
/* Say goodbye; closed() comes within a few seconds. */
void	 link_close(struct link *);

/* Connected: stanzas come and go. */
bool	 link_is_up(const struct link *);
/* Of stanzas for this link. */
xmpp_ctx_t *link_strophe(const struct link *);
/* Send it as soon as there is a connection; events->ended() says what came of
 * it.  -1: too much waits already, ended() is not called. */
int	 link_send(struct link *, xmpp_stanza_t *, void *tag) MUST_CHECK;
/* It is not wanted any more: one that has never left ends as unsent.
 * false: it may have arrived. */
bool	 link_take_back(struct link *, const void *tag);
/* Forget the session of before: the next one is a new one. */
void	 link_forget(struct link *);

/* Take no more from the server for now. */
void	 link_pause(struct link *, bool paused);

#endif
