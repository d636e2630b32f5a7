/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is a user's own certificate made, and what do services call it? */
#include "backends/irc/certificate.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "util/buf.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define YEARS		25
#define NAME_BYTES	60	/* X.520: a common name has at most 64 */

/* None of this depends on anybody's input: it fails when memory is out. */
static void
must(int ok)
{
	if (ok != 1)
		fatal("OpenSSL: no certificate can be made");
}

static void
set_serial(X509 *cert)
{
	BIGNUM *n = BN_new();

	must(n != NULL && BN_rand(n, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY));
	must(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL);
	BN_free(n);
}

static X509 *
make(EVP_PKEY *key, const char *text)
{
	X509 *cert = X509_new();
	X509_NAME *name;
	size_t len = utf8_cut(text, strlen(text), NAME_BYTES);

	must(cert != NULL && X509_set_version(cert, X509_VERSION_3));
	set_serial(cert);
	/* Clocks differ. */
	must(X509_gmtime_adj(X509_getm_notBefore(cert), -86400) != NULL);
	must(X509_time_adj_ex(X509_getm_notAfter(cert), YEARS * 365, 0,
	    NULL) != NULL);
	name = X509_get_subject_name(cert);
	if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)text, (int)len, -1, 0) != 1)
		must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		    (const unsigned char *)"user", 4, -1, 0));
	must(X509_set_issuer_name(cert, name));
	must(X509_set_pubkey(cert, key));
	must(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

char *
certificate_new(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *cert;
	char *data, *pem;
	long len;

	must(key != NULL && bio != NULL);
	cert = make(key, name);
	must(PEM_write_bio_X509(bio, cert));
	must(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
	    NULL));
	len = BIO_get_mem_data(bio, &data);
	pem = xstrndup(data, (size_t)len);
	OPENSSL_cleanse(data, (size_t)len);
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return pem;
}

char *
certificate_fingerprint(const char *pem, const char *digest)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	const EVP_MD *type = EVP_get_digestbyname(digest);
	struct buf text = { 0 };
	unsigned len = 0;

	if (cert == NULL || type == NULL ||
	    X509_digest(cert, type, md, &len) != 1)
		len = 0;
	for (unsigned i = 0; i < len; i++)
		buf_addf(&text, "%02x", md[i]);
	X509_free(cert);
	BIO_free(bio);
	ERR_clear_error();
	return len > 0 ? buf_steal(&text) : NULL;
}
