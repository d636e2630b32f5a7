/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: net util */
/* Certificate files as admins have them, whole and broken. */
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/provider.h>

#include "tests/unit/net_kit.h"

static struct kit_cert cert, other;

static int
setup(void **state)
{
	kit_setup(state);
	cert = cert_make("us", "DNS:irc.example", -1, 1, NULL);
	other = cert_make("somebody", "DNS:other.example", -30, -10, NULL);
	return 0;
}

static int
teardown(void **state)
{
	cert_free(&cert);
	cert_free(&other);
	return kit_teardown(state);
}

/* why is what follows "FILE: ", or NULL for a file that loads. */
static void
check_load(const char *path, const char *key_path, const char *password,
    const char *file, const char *why)
{
	char *got = NULL, *want;
	struct tls *tls = tls_server(path, key_path, password, &got);

	if (why == NULL) {
		if (tls == NULL)
			fail_msg("%s", got);
		assert_null(got);
		tls_destroy(tls);
	} else {
		assert_null(tls);
		want = xasprintf("%s: %s", file, why);
		assert_string_equal(got, want);
		free(want);
		free(got);
	}
	/* The next user of OpenSSL must not stumble over our errors. */
	assert_int_equal(ERR_peek_error(), 0);
}

struct pem_case {
	const char	*label;
	const char	*parts;		/* of the file, see cert_write() */
	const char	*key_parts;	/* of a file beside it, or NULL */
	const char	*password;
	const char	*why;
};

static const struct pem_case pem_cases[] = {
	{ "certificate, key", "ck", NULL, NULL, NULL },
	{ "key, certificate", "kc", NULL, NULL, NULL },
	{ "key, authority, certificate", "kic", NULL, NULL, NULL },
	{ "two files", "ci", "k", NULL, NULL },
	{ "key file with all", "c", "kc", NULL, NULL },
	{ "encrypted key", "ce", NULL, "secret", NULL },
	{ "encrypted key, no password", "ce", NULL, NULL,
	    "the private key needs a password" },
	{ "encrypted key, wrong password", "ce", NULL, "wrong",
	    "wrong password for the private key" },
	{ "password not needed", "ck", NULL, "secret", NULL },
	{ "no key", "c", NULL, NULL, "no private key in it" },
	{ "no key in the other file", "ck", "c", NULL,
	    "no private key in it" },
	{ "no certificate", "k", NULL, NULL, "no certificate in it" },
	{ "of another", "ik", NULL, NULL,
	    "the private key does not belong to the certificate" },
};

static void
pem(void **state)
{
	const struct pem_case *p;
	char *path, *key;

	(void)state;
	for (size_t i = 0; i < LENGTH(pem_cases); i++) {
		p = &pem_cases[i];
		printf("%s\n", p->label);
		path = cert_write("case.pem", p->parts, &cert, &other);
		key = p->key_parts == NULL ? NULL : cert_write("case.key",
		    p->key_parts, &cert, &other);
		/* Only a key file can be without a key when there is one. */
		check_load(path, key, p->password, key != NULL ? key : path,
		    p->why);
		free(path);
		free(key);
	}
}

static void
write_bytes(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void
no_certificate_at_all(void **state)
{
	char *path = kit_path("odd"), *big = xcalloc(1, 2 << 20);

	(void)state;
	check_load("/nonexistent", NULL, NULL, "/nonexistent",
	    "No such file or directory");
	check_load("/", NULL, NULL, "/", "Is a directory");
	write_bytes(path, "", 0);
	check_load(path, NULL, NULL, path, "neither PEM nor PKCS#12");
	write_bytes(path, "\x30\x82\x10\x00\x02\x01\x03", 7);
	check_load(path, NULL, NULL, path, "neither PEM nor PKCS#12");
	write_bytes(path, big, 2 << 20);
	check_load(path, NULL, NULL, path, "too big for a certificate");
	free(big);
	free(path);
}

/* Cut a good file short at every tenth byte: never a crash, never a success
 * before the end. */
static void
cut_short(void **state)
{
	char *path = cert_write("cut.pem", "ck", &cert, NULL), *why = NULL;
	char whole[4096];
	FILE *f = fopen(path, "r");
	size_t len = fread(whole, 1, sizeof(whole), f);

	(void)state;
	fclose(f);
	assert_true(len > 500);
	for (size_t n = 0; n + 2 < len; n += 10) {
		write_bytes(path, whole, n);
		assert_null(tls_server(path, NULL, NULL, &why));
		assert_non_null(why);
		free(why);
	}
	memset(whole + 100, '!', 20);
	write_bytes(path, whole, len);
	check_load(path, NULL, NULL, path, "a certificate in it is damaged");
	free(path);
}

static char *
write_p12(const char *password, int key_nid, int cert_nid, int mac)
{
	char *path = kit_path("us.p12");
	PKCS12 *p12 = PKCS12_create(password, "us", cert.key, cert.cert, NULL,
	    key_nid, cert_nid, 0, mac, 0);
	FILE *f = fopen(path, "w");

	assert_non_null(p12);
	assert_non_null(f);
	assert_int_equal(i2d_PKCS12_fp(f, p12), 1);
	fclose(f);
	PKCS12_free(p12);
	return path;
}

static void
pkcs12(void **state)
{
	char *path = write_p12("secret", 0, 0, 0);

	(void)state;
	check_load(path, NULL, "secret", NULL, NULL);
	/* The key is in the file, whatever else was configured. */
	check_load(path, "/nonexistent", "secret", NULL, NULL);
	check_load(path, NULL, "wrong", path, "wrong password");
	check_load(path, NULL, NULL, path, "needs a password");
	check_load(path, NULL, "", path, "needs a password");
	free(path);
	path = write_p12("", 0, 0, 0);
	check_load(path, NULL, "", NULL, NULL);
	check_load(path, NULL, NULL, NULL, NULL);
	free(path);
	path = write_p12(NULL, 0, 0, 0);
	check_load(path, NULL, NULL, NULL, NULL);
	free(path);
	/* No encryption, no MAC. */
	path = write_p12(NULL, -1, -1, -1);
	check_load(path, NULL, NULL, NULL, NULL);
	free(path);
}

/* As openssl pkcs12 wrote them before version 3. */
static void
pkcs12_of_old(void **state)
{
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	char *path;

	(void)state;
	if (legacy == NULL)
		skip();
	path = write_p12("secret", NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
	    NID_pbe_WithSHA1And40BitRC2_CBC, 0);
	OSSL_PROVIDER_unload(legacy);
	check_load(path, NULL, "secret", NULL, NULL);
	check_load(path, NULL, "wrong", path, "wrong password");
	free(path);
}

static void
pkcs12_damaged(void **state)
{
	char *path = write_p12("secret", 0, 0, 0), *why = NULL;
	char whole[8192];
	FILE *f = fopen(path, "r");
	size_t len = fread(whole, 1, sizeof(whole), f);

	(void)state;
	fclose(f);
	for (size_t n = 0; n < len; n += 61) {
		write_bytes(path, whole, n);
		assert_null(tls_server(path, NULL, "secret", &why));
		free(why);
		whole[n] ^= 0x55;
		write_bytes(path, whole, len);
		whole[n] ^= 0x55;
		why = NULL;
		tls_destroy(tls_server(path, NULL, "secret", &why));
		free(why);
	}
	free(path);
}

static void
expiry_and_reload(void **state)
{
	char *path = cert_write("reload.pem", "ck", &other, NULL);
	char *why = NULL;
	struct tls *tls = tls_server(path, NULL, NULL, &why);

	(void)state;
	assert_non_null(tls);
	assert_true(tls_expired(tls));
	free(cert_write("reload.pem", "ck", &cert, NULL));
	assert_int_equal(tls_reload(tls, &why), 0);
	assert_false(tls_expired(tls));

	free(cert_write("reload.pem", "c", &other, NULL));
	assert_int_equal(tls_reload(tls, &why), -1);
	assert_non_null(strstr(why, "no private key"));
	free(why);
	assert_false(tls_expired(tls));
	unlink(path);
	assert_int_equal(tls_reload(tls, &why), -1);
	free(why);
	assert_false(tls_expired(tls));
	tls_destroy(tls);
	tls_destroy(NULL);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pem),
		cmocka_unit_test(no_certificate_at_all),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(pkcs12),
		cmocka_unit_test(pkcs12_of_old),
		cmocka_unit_test(pkcs12_damaged),
		cmocka_unit_test(expiry_and_reload),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
