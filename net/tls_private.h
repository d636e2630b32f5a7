/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls_private.h - what the files of tls share, and what the connections need
 * of them. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* A new SSL of this side, owned by the caller, that keeps the settings of now
 * even when the certificate is loaded again.  As the connecting side name is
 * sent (SNI) and, where the side verifies, is what the certificate must be
 * for.  NULL and *why when the name is none. */
SSL	*tls_session(struct tls *, bool connecting, const char *name,
	    char **why) MUST_CHECK;

/* tls_load.c: put the certificate, its chain and its key into a server side.
 * Returns -1 and *why. */
int	 tls_load(SSL_CTX *, const char *cert_path, const char *key_path,
	    const char *password, char **why) MUST_CHECK;

/* tls_explain.c.  All texts are for people and owned by the caller. */
/* The oldest error that OpenSSL has queued; the queue is empty afterwards. */
char	*tls_explain_error(void);
/* Verify callback: leaves the first thing wrong in *(char **)SSL_get_app_data,
 * which is NULL before. */
int	 tls_explain_verify(int ok, X509_STORE_CTX *);

#endif
