/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a certificate file: PEM in any order or PKCS#12, found out by
 * looking.  Everything that can be wrong with it is said in words. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

#include "net/tls_private.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#define FILE_MAX (1024 * 1024)

/* What has been found so far; all of it owned. */
struct found {
	X509		*cert;
	EVP_PKEY	*key;
	STACK_OF(X509)	*chain;		/* certificates beside cert */
};

static int
fail(char **why, const char *path, const char *text)
{
	ERR_clear_error();
	*why = xasprintf("%s: %s", path, text);
	return -1;
}

static int
read_file(const char *path, struct buf *b, char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd == -1)
		return fail(why, path, strerror(errno));
	while ((n = read(fd, buf_reserve(b, 4096), 4096)) > 0) {
		buf_added(b, (size_t)n);
		if (buf_len(b) > FILE_MAX)
			break;
	}
	if (n != 0) {
		fail(why, path, n == -1 ? strerror(errno) :
		    "too big for a certificate");
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static bool
contains(const struct buf *b, const char *text)
{
	return memmem(buf_data(b), buf_len(b), text, strlen(text)) != NULL;
}

static BIO *
open_mem(const struct buf *b)
{
	BIO *bio = BIO_new_mem_buf(buf_data(b), (int)buf_len(b));

	if (bio == NULL)
		fatal("OpenSSL: out of memory");
	return bio;
}

/* Never let OpenSSL ask on the terminal. */
static int
give_password(char *to, int size, int writing, void *password)
{
	size_t len;

	(void)writing;
	if (password == NULL || (len = strlen(password)) > (size_t)size)
		return -1;
	memcpy(to, password, len);
	return (int)len;
}

static int
pem_key(const struct buf *b, const char *path, const char *password,
    struct found *f, char **why)
{
	union { const char *in; void *out; } secret = { .in = password };
	BIO *bio = open_mem(b);

	f->key = PEM_read_bio_PrivateKey(bio, NULL, give_password, secret.out);
	BIO_free(bio);
	if (f->key != NULL)
		return 0;
	if (!contains(b, "PRIVATE KEY-----"))
		return fail(why, path, "no private key in it");
	if (!contains(b, "ENCRYPTED"))
		return fail(why, path, "the private key is damaged");
	return fail(why, path, password != NULL ?
	    "wrong password for the private key" :
	    "the private key needs a password");
}

static int
pem_certs(const struct buf *b, const char *path, struct found *f, char **why)
{
	BIO *bio = open_mem(b);
	X509 *cert;
	unsigned long code;

	if ((f->chain = sk_X509_new_null()) == NULL)
		fatal("OpenSSL: out of memory");
	while ((cert = PEM_read_bio_X509(bio, NULL, give_password,
	    NULL)) != NULL) {
		/* The order in the file does not matter: ours is the one that
		 * the key belongs to. */
		if (f->cert == NULL && X509_check_private_key(cert, f->key))
			f->cert = cert;
		else if (!sk_X509_push(f->chain, cert))
			fatal("OpenSSL: out of memory");
		ERR_clear_error();
	}
	BIO_free(bio);
	code = ERR_peek_last_error();
	if (ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
		return fail(why, path, "a certificate in it is damaged");
	if (f->cert != NULL)
		return 0;
	return fail(why, path, sk_X509_num(f->chain) == 0 ?
	    "no certificate in it" :
	    "the private key does not belong to the certificate");
}

static int
parse_pkcs12(const struct buf *b, const char *path, const char *password,
    struct found *f, char **why)
{
	const unsigned char *data = (const unsigned char *)buf_data(b);
	PKCS12 *p12 = d2i_PKCS12(NULL, &data, (long)buf_len(b));
	int ok;

	if (p12 == NULL)
		return fail(why, path, "neither PEM nor PKCS#12");
	/* No password and an empty one are two things, made by different
	 * programs for the same wish. */
	if (PKCS12_mac_present(p12) &&
	    !PKCS12_verify_mac(p12, password, -1) && (password != NULL ||
	    !PKCS12_verify_mac(p12, password = "", -1))) {
		PKCS12_free(p12);
		return fail(why, path, password == NULL || *password == '\0' ?
		    "needs a password" : "wrong password");
	}
	ERR_clear_error();
	ok = PKCS12_parse(p12, password, &f->key, &f->cert, &f->chain);
	PKCS12_free(p12);
	if (!ok)
		return fail(why, path, "PKCS#12 that cannot be read; "
		    "convert it with openssl pkcs12");
	if (f->cert == NULL)
		return fail(why, path, "no certificate in it");
	if (f->key == NULL)
		return fail(why, path, "no private key in it");
	return 0;
}

/* Files of the years before OpenSSL 3 are encrypted with RC2, which is only
 * in the legacy provider now. */
static int
load_pkcs12(const struct buf *b, const char *path, const char *password,
    struct found *f, char **why)
{
	OSSL_PROVIDER *legacy;
	char *again = NULL;
	int result = parse_pkcs12(b, path, password, f, why);

	if (result == 0)
		return 0;
	legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	if (legacy == NULL) {
		ERR_clear_error();
		return result;
	}
	result = parse_pkcs12(b, path, password, f, &again);
	OSSL_PROVIDER_unload(legacy);
	if (result == 0) {
		free(*why);
		*why = NULL;
	}
	free(again);
	return result;
}

static int
find(const char *cert_path, const char *key_path, const char *password,
    struct found *f, char **why)
{
	struct buf certs = { 0 }, keys = { 0 };
	int result = -1;

	if (read_file(cert_path, &certs, why) == -1)
		goto out;
	if (!contains(&certs, "-----BEGIN ")) {
		result = load_pkcs12(&certs, cert_path, password, f, why);
		goto out;
	}
	if (key_path == NULL)
		key_path = cert_path;
	if (read_file(key_path, &keys, why) == -1 ||
	    pem_key(&keys, key_path, password, f, why) == -1)
		goto out;
	result = pem_certs(&certs, cert_path, f, why);
out:
	if (keys.mem != NULL)
		OPENSSL_cleanse(keys.mem, keys.cap);
	if (certs.mem != NULL)
		OPENSSL_cleanse(certs.mem, certs.cap);
	buf_free(&keys);
	buf_free(&certs);
	return result;
}

int
tls_load(SSL_CTX *ctx, const char *cert_path, const char *key_path,
    const char *password, char **why)
{
	struct found f = { 0 };
	char *text;
	int result;

	ERR_clear_error();
	result = find(cert_path, key_path, password, &f, why);
	if (result == 0 && SSL_CTX_use_cert_and_key(ctx, f.cert, f.key,
	    f.chain, 1) != 1) {
		text = tls_explain_error();
		result = fail(why, cert_path, text);
		free(text);
	}
	ERR_clear_error();
	X509_free(f.cert);
	EVP_PKEY_free(f.key);
	sk_X509_pop_free(f.chain, X509_free);
	return result;
}
