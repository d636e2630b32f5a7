/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls_private.h - what the files of tls share, and what the connections need
 * of them. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

#define TLS_PIN_SIZE	65	/* hexadecimal SHA-256 and a NUL */

/* A new SSL of this side, owned by the caller, that keeps the settings of now
 * even when the certificate is loaded again.  As the connecting side (peer is
 * not NULL) its name is sent (SNI) and, where the side verifies, is what the
 * certificate must be for; with a pin nothing is verified here.  NULL and *why
 * when the name is none, or our own certificate cannot be used. */
SSL	*tls_session(struct tls *, const struct tls_peer *, char **why)
	    MUST_CHECK;
/* SHA-256 of a certificate. */
void	 tls_pin_of(const X509 *, char out[TLS_PIN_SIZE]);

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
/* Let it name the pin, too. */
void	 tls_explain_pin(SSL *);
/* Where the pin of a certificate that is refused is left, allocated; *pin is
 * NULL before. */
void	 tls_explain_refused(SSL *, char **pin);

#endif
