/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a TLS side and how to read them again.  What is in the
 * files is found out by tls_load.c; what becomes of one connection is up to
 * conn_tls.c. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_private.h"
#include "util/log.h"
#include "util/xalloc.h"

struct tls {
	SSL_CTX	*ctx;
	bool	 server;
	bool	 verify;	/* client side */
	char	*cert_path;	/* server side */
	char	*key_path;	/* or NULL */
	char	*password;	/* or NULL */
	char	*ca_path;	/* client side, or NULL */
};

/* RFC 7301: a client that asks for another protocol on this port was sent here
 * by somebody else (cross-protocol attack); one that does not ask is fine. */
static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	static const char name[] = "xmpp-client";
	const unsigned char *end = in + in_len;

	(void)ssl, (void)arg;
	while (in < end && in[0] < end - in) {
		if (in[0] == sizeof(name) - 1 &&
		    memcmp(in + 1, name, sizeof(name) - 1) == 0) {
			*out = in + 1;
			*out_len = in[0];
			return SSL_TLSEXT_ERR_OK;
		}
		in += 1 + in[0];
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *
new_ctx(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		fatal("OpenSSL: %s", tls_explain_error());
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* An end without close_notify is an end: both our protocols say
	 * goodbye inside the stream. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One system call for header and body of a record. */
	SSL_CTX_set_read_ahead(ctx, 1);
	/* Clients come back with tickets; nothing is remembered here. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static SSL_CTX *
server_ctx(const struct tls *tls, char **why)
{
	SSL_CTX *ctx = new_ctx(TLS_server_method());

	SSL_CTX_set_dh_auto(ctx, 1);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	if (tls_load(ctx, tls->cert_path, tls->key_path, tls->password,
	    why) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static int
load_authorities(SSL_CTX *ctx, const char *path, char **why)
{
	struct stat st;
	int ok;

	if (path == NULL) {
		ok = SSL_CTX_set_default_verify_paths(ctx);
		ERR_clear_error();
		if (ok != 1)
			*why = xstrdup("the system's certificate authorities "
			    "cannot be read");
		return ok == 1 ? 0 : -1;
	}
	if (stat(path, &st) == -1) {
		*why = xasprintf("%s: %s", path, strerror(errno));
		return -1;
	}
	ok = S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(ctx, path) :
	    SSL_CTX_load_verify_file(ctx, path);
	ERR_clear_error();
	if (ok != 1) {
		*why = xasprintf("%s: no certificate authorities in it", path);
		return -1;
	}
	return 0;
}

static SSL_CTX *
client_ctx(const struct tls *tls, char **why)
{
	SSL_CTX *ctx = new_ctx(TLS_client_method());

	if (!tls->verify) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
		return ctx;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, tls_explain_verify);
	if (load_authorities(ctx, tls->ca_path, why) == -1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* Who names a certificate in a file of his own trusts that one, even
	 * when it is not the root of anything. */
	if (tls->ca_path != NULL)
		X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx),
		    X509_V_FLAG_PARTIAL_CHAIN);
	return ctx;
}

int
tls_reload(struct tls *tls, char **why)
{
	SSL_CTX *ctx = tls->server ? server_ctx(tls, why) :
	    client_ctx(tls, why);

	if (ctx == NULL)
		return -1;
	SSL_CTX_free(tls->ctx);	/* running connections hold their own */
	tls->ctx = ctx;
	return 0;
}

static struct tls *
loaded(struct tls *tls, char **why)
{
	if (tls_reload(tls, why) == 0)
		return tls;
	tls_destroy(tls);
	return NULL;
}

struct tls *
tls_server(const char *cert_path, const char *key_path, const char *password,
    char **why)
{
	struct tls *tls = xcalloc(1, sizeof(*tls));

	tls->server = true;
	tls->cert_path = xstrdup(cert_path);
	tls->key_path = xstrdup_null(key_path);
	tls->password = xstrdup_null(password);
	return loaded(tls, why);
}

struct tls *
tls_client(bool verify, const char *ca_path, char **why)
{
	struct tls *tls = xcalloc(1, sizeof(*tls));

	tls->verify = verify;
	tls->ca_path = xstrdup_null(ca_path);
	return loaded(tls, why);
}

void
tls_destroy(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls->cert_path);
	free(tls->key_path);
	if (tls->password != NULL)
		OPENSSL_cleanse(tls->password, strlen(tls->password));
	free(tls->password);
	free(tls->ca_path);
	free(tls);
}

bool
tls_expired(const struct tls *tls)
{
	X509 *cert = SSL_CTX_get0_certificate(tls->ctx);

	return cert != NULL &&
	    X509_cmp_current_time(X509_get0_notAfter(cert)) < 0;
}

/* Who is meant to answer.  Numbers are compared with the addresses in a
 * certificate and are never sent as a name (RFC 6066 3). */
static int
set_name(SSL *ssl, const char *name)
{
	struct in6_addr ip;
	char *host;
	int ok;

	if (inet_pton(AF_INET, name, &ip) == 1 ||
	    inet_pton(AF_INET6, name, &ip) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
		    name) == 1 ? 0 : -1;
	host = xstrdup(name);
	/* The dot of an absolute name is not in any certificate. */
	if (*host != '\0' && host[strlen(host) - 1] == '.')
		host[strlen(host) - 1] = '\0';
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	ok = *host != '\0' && SSL_set1_host(ssl, host) == 1 &&
	    SSL_set_tlsext_host_name(ssl, host) == 1;
	free(host);
	return ok ? 0 : -1;
}

void
tls_pin_of(const X509 *cert, char out[TLS_PIN_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (X509_digest(cert, EVP_sha256(), md, &len) != 1)
		len = 0;
	for (unsigned i = 0; i < len && i * 2 + 2 < TLS_PIN_SIZE; i++) {
		*out++ = digits[md[i] >> 4];
		*out++ = digits[md[i] & 15];
	}
	*out = '\0';
}

/* In place of the one that would complain; NULL would leave that in place. */
static int
accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

/* The user's own certificate, for this connection only. */
static int
show(SSL *ssl, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	EVP_PKEY *key;
	int ok;

	/* They may be in any order. */
	BIO_reset(bio);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
	ok = cert != NULL && key != NULL &&
	    SSL_use_certificate(ssl, cert) == 1 &&
	    SSL_use_PrivateKey(ssl, key) == 1;
	ERR_clear_error();
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok ? 0 : -1;
}

static void
ask_for(SSL *ssl, const char *protocol)
{
	unsigned char list[256];
	size_t len = strlen(protocol);

	if (len == 0 || len >= sizeof(list))
		return;
	list[0] = (unsigned char)len;
	memcpy(list + 1, protocol, len);
	if (SSL_set_alpn_protos(ssl, list, (unsigned)len + 1) != 0)
		fatal("OpenSSL: out of memory");
}

SSL *
tls_session(struct tls *tls, const struct tls_peer *peer, char **why)
{
	SSL *ssl = SSL_new(tls->ctx);

	if (ssl == NULL)
		fatal("OpenSSL: %s", tls_explain_error());
	if (peer == NULL) {
		SSL_set_accept_state(ssl);
		return ssl;
	}
	SSL_set_connect_state(ssl);
	if (peer->pin != NULL)
		SSL_set_verify(ssl, SSL_VERIFY_NONE, accept_any);
	if (peer->tell_pin)
		tls_explain_pin(ssl);
	if (peer->protocol != NULL)
		ask_for(ssl, peer->protocol);
	if (set_name(ssl, peer->name) == -1)
		*why = xasprintf("\"%s\" cannot be the name in a certificate",
		    peer->name);
	else if (peer->certificate != NULL &&
	    show(ssl, peer->certificate) == -1)
		*why = xstrdup("your client certificate and its key cannot "
		    "be used");
	else
		return ssl;
	ERR_clear_error();
	SSL_free(ssl);
	return NULL;
}
