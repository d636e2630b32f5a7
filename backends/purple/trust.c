/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates judged by OpenSSL.
 *
 * Not by the library that makes libpurple's connections: NSS would ask the
 * server that a certificate names whether it has been revoked, and wait for the
 * answer, with everybody else. */
#include "backends/purple/trust.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#define NAMES_SHOWN	5
#define NAME_SHOWN	100	/* bytes of each */

static X509_STORE *store;

/* ------------------------------------------------------------------- load */

static void
load_file(const char *directory, const char *name)
{
	const char *dot = strrchr(name, '.');
	char *path;

	if (dot == NULL || (strcmp(dot, ".pem") != 0 &&
	    strcmp(dot, ".crt") != 0))
		return;
	path = xasprintf("%s/%s", directory, name);
	if (X509_STORE_load_file(store, path) != 1)
		log_warn("%s: no certificate in it", path);
	ERR_clear_error();
	free(path);
}

static int
load_directory(const char *directory, char **why)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	if (dir == NULL) {
		*why = xasprintf("[purple] cacerts_dir = %s: no such directory",
		    directory);
		return -1;
	}
	while ((entry = readdir(dir)) != NULL)
		load_file(directory, entry->d_name);
	closedir(dir);
	return 0;
}

int
trust_init(const char *directory, char **why)
{
	trust_finish();
	store = X509_STORE_new();
	if (store == NULL || X509_STORE_set_default_paths(store) != 1) {
		*why = xstrdup("the system's certificate authorities cannot "
		    "be loaded");
		return -1;
	}
	ERR_clear_error();
	return directory != NULL ? load_directory(directory, why) : 0;
}

void
trust_finish(void)
{
	X509_STORE_free(store);
	store = NULL;
}

void
verdict_finish(struct verdict *v)
{
	free(v->what);
	v->what = NULL;
}

/* ------------------------------------------------------------------ explain */

/* Text out of a certificate is a stranger's. */
static void
add_clean(struct buf *b, const ASN1_STRING *s)
{
	const unsigned char *data = ASN1_STRING_get0_data(s);
	int len = ASN1_STRING_length(s);

	for (int i = 0; i < len && i < NAME_SHOWN; i++)
		buf_addc(b, data[i] > 0x1f && data[i] < 0x7f ?
		    (char)data[i] : '?');
}

static void
add_common_name(struct buf *b, const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

	if (at < 0)
		buf_adds(b, "nobody");
	else
		add_clean(b, X509_NAME_ENTRY_get_data(
		    X509_NAME_get_entry(name, at)));
}

static void
add_address(struct buf *b, const ASN1_STRING *s)
{
	char text[INET6_ADDRSTRLEN];
	int len = ASN1_STRING_length(s);

	if ((len == 4 || len == 16) && inet_ntop(len == 4 ? AF_INET :
	    AF_INET6, ASN1_STRING_get0_data(s), text, sizeof(text)) != NULL)
		buf_adds(b, text);
	else
		buf_adds(b, "?");
}

/* The names that it is good for: those in subjectAltName, or without any the
 * subject's own (RFC 6125 6.4.4). */
static void
add_names(struct buf *b, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
	    NULL, NULL);
	int shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		if (shown == NAMES_SHOWN) {
			buf_adds(b, ", ...");
			break;
		}
		buf_adds(b, shown++ > 0 ? ", " : "");
		if (name->type == GEN_DNS)
			add_clean(b, name->d.dNSName);
		else
			add_address(b, name->d.iPAddress);
	}
	if (shown == 0)
		add_common_name(b, X509_get_subject_name(cert));
	GENERAL_NAMES_free(names);
}

static void
put_date(char *out, size_t size, const ASN1_TIME *when)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) != 1 ||
	    strftime(out, size, "%Y-%m-%d", &tm) == 0)
		snprintf(out, size, "?");
}

static void
put_fingerprint(struct verdict *v, const X509 *cert)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (X509_digest(cert, EVP_sha256(), digest, &len) != 1 || len != 32)
		return;
	for (unsigned i = 0; i < len; i++)
		snprintf(v->fingerprint + 3 * i, 4, "%02X%s", digest[i],
		    i + 1 < len ? ":" : "");
}

static void
add_complaint(struct buf *b, X509 *cert, int code, int depth)
{
	char date[16];

	if (depth > 0 && cert != NULL &&
	    code != X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN &&
	    code != X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT &&
	    code != X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) {
		buf_adds(b, "was issued by an authority with a certificate "
		    "that ");
	}
	switch (code) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		buf_adds(b, "is self-signed");
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		buf_adds(b, "was issued by an unknown authority, ");
		add_common_name(b, X509_get_issuer_name(cert));
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		buf_adds(b, "was issued by an unknown authority, ");
		add_common_name(b, X509_get_subject_name(cert));
		return;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		put_date(date, sizeof(date), X509_get0_notAfter(cert));
		buf_addf(b, "expired on %s", date);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		put_date(date, sizeof(date), X509_get0_notBefore(cert));
		buf_addf(b, "is not valid before %s", date);
		return;
	}
	buf_addf(b, "cannot be used (%s)", X509_verify_cert_error_string(code));
}

/* -------------------------------------------------------------------- judge */

/* The first two complaints, as an expired one may be self-signed, too. */
struct complaints {
	struct buf	 text;
	unsigned	 n;
	int		 last;
};

static void
complain(struct complaints *c)
{
	if (c->n++ > 0)
		buf_adds(&c->text, ", and it ");
}

static int
checked(int ok, X509_STORE_CTX *ctx)
{
	struct complaints *c = X509_STORE_CTX_get_app_data(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	int code = X509_STORE_CTX_get_error(ctx);

	if (ok || c->n >= 2 || code == c->last || cert == NULL)
		return 1;
	/* The same thing under two names. */
	if (c->n > 0 && (code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	    code == X509_V_ERR_CERT_UNTRUSTED))
		return 1;
	c->last = code;
	complain(c);
	add_complaint(&c->text, cert, code,
	    X509_STORE_CTX_get_error_depth(ctx));
	return 1;
}

static void
judge_chain(X509 *cert, STACK_OF(X509) *chain, struct complaints *c)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (ctx == NULL || X509_STORE_CTX_init(ctx, store, cert, chain) != 1)
		fatal("OpenSSL: out of memory");
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
	/* Neither short keys nor MD5 and SHA-1, whoever has signed with it. */
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), 1);
	X509_STORE_CTX_set_app_data(ctx, c);
	X509_STORE_CTX_set_verify_cb(ctx, checked);
	/* The callback lets everything pass, so that we hear of the rest. */
	if (X509_verify_cert(ctx) != 1 && c->n == 0) {
		complain(c);
		buf_addf(&c->text, "cannot be used (%s)",
		    X509_verify_cert_error_string(
		    X509_STORE_CTX_get_error(ctx)));
	}
	X509_STORE_CTX_free(ctx);
}

static bool
is_for(X509 *cert, const char *name)
{
	struct in6_addr address;

	if (inet_pton(AF_INET, name, &address) == 1 ||
	    inet_pton(AF_INET6, name, &address) == 1)
		return X509_check_ip_asc(cert, name, 0) == 1;
	return X509_check_host(cert, name, 0,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static void
judge_name(X509 *cert, const char *const *names, size_t n,
    struct complaints *c)
{
	const char *wanted = NULL;

	for (size_t i = 0; i < n; i++) {
		if (names[i] == NULL || *names[i] == '\0')
			continue;
		if (is_for(cert, names[i]))
			return;
		if (wanted == NULL)
			wanted = names[i];
	}
	complain(c);
	buf_adds(&c->text, "is for ");
	add_names(&c->text, cert);
	buf_addf(&c->text, " and not for %.255s", wanted ? wanted :
	    "anything that was asked for");
}

static X509 *
parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert;

	if (bio == NULL)
		fatal("OpenSSL: out of memory");
	cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return cert;
}

static void
look(const char *const *pem, size_t n, X509 **cert, STACK_OF(X509) *chain)
{
	*cert = NULL;
	for (size_t i = 0; i < n && i < TRUST_CHAIN_MAX; i++) {
		X509 *one = pem[i] != NULL ? parse(pem[i]) : NULL;

		if (i == 0)
			*cert = one;
		else if (one != NULL && sk_X509_push(chain, one) == 0)
			fatal("OpenSSL: out of memory");
	}
}

void
trust_judge(const char *const *pem, size_t n, const char *const *names,
    size_t nnames, struct verdict *v)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct complaints c = { .last = X509_V_OK };
	X509 *cert;

	*v = (struct verdict){ 0 };
	look(pem, n, &cert, chain);
	if (cert == NULL) {
		v->what = xstrdup("cannot be read");
	} else {
		judge_chain(cert, chain, &c);
		judge_name(cert, names, nnames, &c);
		put_fingerprint(v, cert);
		put_date(v->expires, sizeof(v->expires),
		    X509_get0_notAfter(cert));
		v->good = c.n == 0;
		v->what = c.n > 0 ? buf_steal(&c.text) : NULL;
	}
	buf_free(&c.text);
	X509_free(cert);
	sk_X509_pop_free(chain, X509_free);
	ERR_clear_error();
}
