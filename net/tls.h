/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls.h - what a TLS side needs to know, shared by its connections.
 * TLS 1.2 and up, no compression, no renegotiation. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>

#include "util/macros.h"

struct tls;

/* Server side.  The file is PEM (chain and key together, or the key in
 * key_path) or PKCS#12; which one is found out from its content.  password may
 * be NULL.  An expired certificate is loaded; tls_expired() says so.  Returns
 * NULL and *why (owned by the caller, free it) on failure. */
struct tls	*tls_server(const char *cert_path, const char *key_path,
		    const char *password, char **why) MUST_CHECK;
bool		 tls_expired(const struct tls *);

/* Client side.  verify: check the chain against ca_path (a file or a
 * directory; NULL for the system's) and the name. */
struct tls	*tls_client(bool verify, const char *ca_path, char **why)
		    MUST_CHECK;

/* Of one connection as the connecting side.  All but name may be NULL. */
struct tls_peer {
	const char	*name;		/* what its certificate is for */
	/* Certificate and key to show when asked, in PEM, without password. */
	const char	*certificate;
	/* SHA-256 of the only certificate to accept, 64 hexadecimal digits, in
	 * place of all other checks. */
	const char	*pin;
	/* When the certificate is not accepted, say what its pin would be. */
	bool		 tell_pin;
	const char	*protocol;	/* asked for by ALPN (RFC 7301) */
};

/* Read the certificate again from the same place; the old one stays on
 * failure (-1 and *why). */
int		 tls_reload(struct tls *, char **why) MUST_CHECK;
void		 tls_destroy(struct tls *);	/* NULL is fine */

#endif
