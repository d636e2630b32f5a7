/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS over a connection's socket.  OpenSSL reads and writes through our own
 * system calls, so that it never raises SIGPIPE, never reads more than the
 * connection's share of a turn, and never sees a byte that was read before TLS
 * began. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/conn_private.h"
#include "net/tls_private.h"
#include "util/log.h"
#include "util/xalloc.h"

static int
bio_read(BIO *bio, char *data, int size)
{
	ssize_t n = conn_recv(BIO_get_data(bio), data, (size_t)size);

	BIO_clear_retry_flags(bio);
	if (n == IO_AGAIN)
		BIO_set_retry_read(bio);
	else if (n == IO_END)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return n >= 0 ? (int)n : -1;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
	ssize_t n = conn_write(BIO_get_data(bio), data, (size_t)len);

	BIO_clear_retry_flags(bio);
	if (n == IO_AGAIN)
		BIO_set_retry_write(bio);
	return n >= 0 ? (int)n : -1;
}

static long
bio_ctrl(BIO *bio, int what, long num, void *ptr)
{
	(void)num, (void)ptr;
	switch (what) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	}
	return 0;
}

static BIO *
bio_create(struct conn *c)
{
	static BIO_METHOD *method;
	BIO *bio;

	if (method == NULL) {
		method = BIO_meth_new(BIO_get_new_index() |
		    BIO_TYPE_SOURCE_SINK, "conn");
		if (method == NULL ||
		    !BIO_meth_set_read(method, bio_read) ||
		    !BIO_meth_set_write(method, bio_write) ||
		    !BIO_meth_set_ctrl(method, bio_ctrl))
			fatal("OpenSSL: out of memory");
	}
	if ((bio = BIO_new(method)) == NULL)
		fatal("OpenSSL: out of memory");
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	return bio;
}

int
conn_tls_prepare(struct conn *c, struct tls *tls, const struct tls_peer *peer)
{
	BIO *bio;

	c->ssl = tls_session(tls, peer, &c->why);
	if (c->ssl == NULL)
		return -1;
	if (peer != NULL)
		c->pin = xstrdup_null(peer->pin);
	SSL_set_app_data(c->ssl, &c->why);
	tls_explain_refused(c->ssl, &c->refused);
	bio = bio_create(c);
	SSL_set_bio(c->ssl, bio, bio);
	return 0;
}

void
conn_tls_free(struct conn *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
}

/* The first complaint is the one that counts: what follows a certificate that
 * is refused is only how the peer took it. */
static void
blame(struct conn *c, char *why)
{
	if (c->why == NULL)
		c->why = why;
	else
		free(why);
}

/* What a call's result means: IO_*, with c->why where it is IO_FAILED.  The
 * direction to wait for is left to the caller by SSL_want(). */
static ssize_t
failure(struct conn *c, int result)
{
	int code = errno;

	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_END;
	case SSL_ERROR_SYSCALL:
		if (code == 0)
			return IO_END;
		blame(c, xstrdup(strerror(code)));
		return IO_FAILED;
	}
	blame(c, tls_explain_error());
	return IO_FAILED;
}

/* OpenSSL looks at its error queue to tell results apart: empty it. */
static void
begin(void)
{
	ERR_clear_error();
	errno = 0;
}

/* Is it the one certificate that may be?  Otherwise c->why. */
static bool
check_pin(struct conn *c)
{
	X509 *cert = SSL_get0_peer_certificate(c->ssl);
	char pin[TLS_PIN_SIZE] = "none";

	if (c->pin == NULL)
		return true;
	if (cert != NULL)
		tls_pin_of(cert, pin);
	if (strcasecmp(pin, c->pin) == 0)
		return true;
	if (cert != NULL)
		xreplace(&c->refused, pin);
	blame(c, xasprintf("the certificate of the server is not the one that "
	    "was set: its SHA-256 fingerprint is %s", pin));
	return false;
}

void
conn_handshake(struct conn *c)
{
	int result;

	begin();
	conn_grant(c);
	if ((result = SSL_do_handshake(c->ssl)) == 1) {
		if (!check_pin(c)) {
			conn_lost(c, c->why);
			return;
		}
		c->secure = true;
		conn_up(c);
		return;
	}
	switch (failure(c, result)) {
	case IO_AGAIN:
		c->blocked = SSL_want_write(c->ssl);
		conn_watch(c);
		return;
	case IO_END:
		conn_lost(c, xstrdup("closed by the peer during the TLS "
		    "handshake"));
		return;
	case IO_FAILED:
		conn_lost(c, c->why);
		return;
	}
}

ssize_t
conn_tls_read(struct conn *c, char *data, size_t size)
{
	int n;
	ssize_t result;

	begin();
	if ((n = SSL_read(c->ssl, data, (int)size)) > 0)
		return n;
	result = failure(c, n);
	c->write_to_read = result == IO_AGAIN && SSL_want_write(c->ssl);
	return result;
}

ssize_t
conn_tls_write(struct conn *c, const char *data, size_t len)
{
	int n;
	ssize_t result;

	begin();
	n = SSL_write(c->ssl, data, len < INT_MAX ? (int)len : INT_MAX);
	if (n > 0)
		return n;
	result = failure(c, n);
	if (result == IO_END || (result == IO_AGAIN &&
	    !SSL_want_write(c->ssl))) {
		/* Only a renegotiation reads before it can write. */
		blame(c, xstrdup("TLS broken off by the peer"));
		return IO_FAILED;
	}
	return result;
}

bool
conn_tls_left(const struct conn *c)
{
	return c->secure && SSL_has_pending(c->ssl);
}

void
conn_tls_goodbye(struct conn *c)
{
	if (!c->secure)
		return;
	begin();
	SSL_shutdown(c->ssl);	/* sends close_notify, as far as there is room */
}

const char *
conn_tls_words(const struct conn *c)
{
	static char words[128];

	if (!c->secure || c->ssl == NULL)
		return NULL;
	snprintf(words, sizeof(words), "%s, %s", SSL_get_version(c->ssl),
	    SSL_get_cipher_name(c->ssl));
	return words;
}
