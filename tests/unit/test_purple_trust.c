/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* Certificates that are good for a host, and what is wrong with others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "backends/purple/trust.h"
#include "util/xalloc.h"

#define DAY	(24L * 60 * 60)

static EVP_PKEY *key;
static X509 *ours, *other;	/* authorities, of which we trust the first */

static void
extend(X509 *cert, int what, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, what, value);

	assert_non_null(e);
	assert_int_equal(X509_add_ext(cert, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* issuer NULL: itself; alt NULL: none. */
static X509 *
make(const char *name, const char *alt, X509 *issuer, long from, long until)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), from);
	X509_gmtime_adj(X509_getm_notAfter(cert), until);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, issuer != NULL ?
	    X509_get_subject_name(issuer) : subject);
	X509_set_pubkey(cert, key);
	if (issuer == NULL)
		extend(cert, NID_basic_constraints, "critical,CA:TRUE");
	if (alt != NULL)
		extend(cert, NID_subject_alt_name, alt);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static char *
pem_of(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *pem;
	long n;

	PEM_write_bio_X509(bio, cert);
	n = BIO_get_mem_data(bio, &data);
	pem = xstrndup(data, (size_t)n);
	BIO_free(bio);
	return pem;
}

static int
set_up(void **state)
{
	char dir[] = "/tmp/trust-XXXXXX", *path, *why = NULL;
	FILE *file;

	(void)state;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ours = make("Ours", NULL, NULL, -DAY, DAY);
	other = make("Other\x01\xc3\xa9", NULL, NULL, -DAY, DAY);
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/ca.pem", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	PEM_write_X509(file, ours);
	fclose(file);
	assert_int_equal(trust_init(dir, &why), 0);
	unlink(path);
	rmdir(dir);
	free(path);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	trust_finish();
	X509_free(ours);
	X509_free(other);
	EVP_PKEY_free(key);
	return 0;
}

/* wrong NULL: it is good. */
static void
expect(X509 *cert, const char *host, const char *second, const char *wrong)
{
	char *pem = pem_of(cert);
	const char *const chain[] = { pem };
	const char *const names[] = { host, second };
	struct verdict v;

	trust_judge(chain, 1, names, 2, &v);
	if (wrong == NULL)
		assert_null(v.what);
	else
		assert_string_equal(v.what, wrong);
	assert_int_equal(v.good, wrong == NULL);
	assert_int_equal(strlen(v.fingerprint), 95);
	verdict_finish(&v);
	free(pem);
	X509_free(cert);
}

static void
names(void **state)
{
	(void)state;
	expect(make("x", "DNS:a.test,DNS:*.b.test,IP:10.0.0.1", ours, -DAY,
	    DAY), "a.test", NULL, NULL);
	expect(make("x", "DNS:a.test,DNS:*.b.test", ours, -DAY, DAY),
	    "c.b.test", NULL, NULL);
	expect(make("x", "IP:10.0.0.1", ours, -DAY, DAY), "10.0.0.1", NULL,
	    NULL);
	/* One of two will do, and upper case is lower. */
	expect(make("x", "DNS:a.test", ours, -DAY, DAY), "10.0.0.1", "A.test",
	    NULL);
	expect(make("x", "DNS:a.test,DNS:b.test", ours, -DAY, DAY), "c.test",
	    NULL, "is for a.test, b.test and not for c.test");
	expect(make("only.test", NULL, ours, -DAY, DAY), "c.test", NULL,
	    "is for only.test and not for c.test");
	expect(make("x", "DNS:a1.test,DNS:a2.test,DNS:a3.test,DNS:a4.test,"
	    "DNS:a5.test,DNS:a6.test", ours, -DAY, DAY), "c.test", NULL,
	    "is for a1.test, a2.test, a3.test, a4.test, a5.test, ... and not "
	    "for c.test");
	expect(make("x", "DNS:a.test", ours, -DAY, DAY), NULL, "",
	    "is for a.test and not for anything that was asked for");
	/* An address is no name with dots. */
	expect(make("10.0.0.1", NULL, ours, -DAY, DAY), "10.0.0.1", NULL,
	    "is for 10.0.0.1 and not for 10.0.0.1");
}

static void
authorities(void **state)
{
	(void)state;
	expect(make("a.test", "DNS:a.test", NULL, -DAY, DAY), "a.test", NULL,
	    "is self-signed");
	expect(make("a.test", "DNS:a.test", other, -DAY, DAY), "a.test", NULL,
	    "was issued by an unknown authority, Other???");
	expect(make("a.test", "DNS:a.test", NULL, -DAY, DAY), "b.test", NULL,
	    "is self-signed, and it is for a.test and not for b.test");
}

static void
times(void **state)
{
	char text[100], date[16];
	X509 *cert = make("a.test", "DNS:a.test", ours, -3 * DAY, -2 * DAY);
	struct tm tm;

	(void)state;
	ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm);
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	snprintf(text, sizeof(text), "expired on %s", date);
	expect(cert, "a.test", NULL, text);
	cert = make("a.test", "DNS:a.test", ours, 2 * DAY, 3 * DAY);
	ASN1_TIME_to_tm(X509_get0_notBefore(cert), &tm);
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	snprintf(text, sizeof(text), "is not valid before %s", date);
	expect(cert, "a.test", NULL, text);
}

static void
weak(void **state)
{
	EVP_PKEY *strong = key;

	(void)state;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)768);
	assert_non_null(key);
	expect(make("a.test", "DNS:a.test", NULL, -DAY, DAY), "a.test", NULL,
	    "cannot be used (EE certificate key too weak)");
	EVP_PKEY_free(key);
	key = strong;
}

static void
nonsense(void **state)
{
	const char *const chain[] = { "-----BEGIN CERTIFICATE-----\nAAAA\n"
	    "-----END CERTIFICATE-----\n", NULL };
	const char *const name[] = { "a.test" };
	struct verdict v;

	(void)state;
	for (size_t n = 0; n <= 2; n++) {
		trust_judge(chain, n, name, 1, &v);
		assert_false(v.good);
		assert_string_equal(v.what, "cannot be read");
		assert_string_equal(v.fingerprint, "");
		verdict_finish(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(authorities),
		cmocka_unit_test(times),
		cmocka_unit_test(weak),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
