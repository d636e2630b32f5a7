/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard util */
/* The examples of RFC 5802 5 and RFC 7677 3, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/proof.h"
#include "util/macros.h"
#include "util/xalloc.h"

struct example {
	const char	*mechanism, *first, *challenge, *final, *success;
};

static const struct example sha1 = {
	"SCRAM-SHA-1", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,"
	"i=4096", "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	"p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
};

static const struct example sha256 = {
	"SCRAM-SHA-256", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
	"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
	"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

static char *
base64(const char *text)
{
	size_t len = strlen(text);
	unsigned char *out = xmalloc(len / 3 * 4 + 5);

	EVP_EncodeBlock(out, (const unsigned char *)text, (int)len);
	return (char *)out;
}

static void
say(struct proof *p, const char *name, const char *text)
{
	char *coded = base64(text), *xml = name != NULL ?
	    xasprintf("<auth mechanism=\"%s\" xmlns=\"x\">%s</auth>", name,
	    coded) : xasprintf("<response xmlns=\"x\">%s</response>", coded);

	proof_said(p, xml, strlen(xml));
	free(xml);
	free(coded);
}

static bool
good(const struct example *e, const char *password)
{
	struct proof p = { 0 };
	char *coded;
	bool is;

	say(&p, e->mechanism, e->first);
	coded = base64(e->challenge);
	proof_challenge(&p, coded, strlen(coded));
	free(coded);
	say(&p, NULL, e->final);
	coded = base64(e->success);
	proof_success(&p, password, coded, strlen(coded));
	free(coded);
	is = proof_is_good(&p);
	proof_finish(&p);
	return is;
}

static void
examples(void **state)
{
	(void)state;
	assert_true(good(&sha1, "pencil"));
	assert_true(good(&sha256, "pencil"));
	assert_false(good(&sha1, "pen"));
}

static void
bad_ones(void **state)
{
	static const char *const challenges[] = {
		"", "r=x", "r=x,s=", "r=x,s=,i=1", "r=x,s=?,i=1",
		"r=x,s=QSXCR+Q6sek8bf92,i=0",
		"r=x,s=QSXCR+Q6sek8bf92,i=4000000000",
	};
	static const char *const successes[] = {
		"", "v", "v=", "v=====", "v=rmF9", "e=other-error",
		"v=smF9pqV8S7suAoZWja4dJRkFsKQ=",
	};
	struct example e;

	(void)state;
	for (size_t i = 0; i < LENGTH(challenges); i++) {
		e = sha1;
		e.challenge = challenges[i];
		assert_false(good(&e, "pencil"));
	}
	for (size_t i = 0; i < LENGTH(successes); i++) {
		e = sha1;
		e.success = successes[i];
		assert_false(good(&e, "pencil"));
	}
	e = sha1;
	e.first = "n";
	assert_false(good(&e, "pencil"));
	e = sha1;
	e.final = "";
	assert_false(good(&e, "pencil"));
}

/* PLAIN proves nothing, and nothing is asked for. */
static void
others(void **state)
{
	struct proof p = { 0 };

	(void)state;
	assert_true(proof_is_good(&p));
	say(&p, "PLAIN", "x");
	proof_success(&p, "pencil", "", 0);
	assert_true(proof_is_good(&p));
	say(&p, "SCRAM-SHA-1", sha1.first);
	proof_said(&p, "<auth ", 6);
	proof_said(&p, "<response ", 10);
	proof_said(&p, "</stream:stream>", 16);
	assert_true(proof_is_good(&p));
	proof_finish(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
