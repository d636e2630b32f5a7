/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: irc kit net protocol util */
/* SCRAM-SHA-256 against the example of RFC 7677 3, and against servers that
 * lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backends/irc/scram.h"
#include "util/macros.h"

#define NONCE	"rOprNGfwEbeRWgbNEkqO"
#define CHALLENGE "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," \
	"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

static struct scram *
challenged(struct scram_memory *memory, const char *challenge)
{
	struct scram *s = scram_create("user", "pencil", NONCE, memory);
	const char *why;

	assert_string_equal(scram_first(s), "n,,n=user,r=" NONCE);
	assert_int_equal(scram_challenge(s, challenge, &why), 0);
	return s;
}

static void
example(void **state)
{
	struct scram_memory memory = { 0 };
	struct scram *s = challenged(&memory, CHALLENGE);
	const char *why;
	int slices = 1;

	(void)state;
	while (!scram_derive(s, 1000))
		slices++;
	assert_int_equal(slices, 5);
	assert_string_equal(scram_final(s), "c=biws,"
	    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	assert_int_equal(scram_verify(s,
	    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", &why), 0);
	scram_destroy(s);
	/* The same again costs nothing, and another password everything. */
	s = challenged(&memory, CHALLENGE);
	assert_true(scram_derive(s, 0));
	assert_non_null(strstr(scram_final(s),
	    "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
	scram_destroy(s);
	s = scram_create("user", "pen", NONCE, &memory);
	assert_int_equal(scram_challenge(s, CHALLENGE, &why), 0);
	assert_false(scram_derive(s, 4094));
	scram_destroy(s);
}

static void
server_that_lies(void **state)
{
	static const struct {
		const char	*last, *words;
	} cases[] = {
		{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "know" },
		{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A==", "know" },
		{ "v=", "know" }, { "v=!", "know" }, { "", "understood" },
		{ "e=invalid-proof", "invalid-proof" },
		{ "m=x,v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		    "understood" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct scram_memory memory = { 0 };
		struct scram *s = challenged(&memory, CHALLENGE);
		const char *why = NULL;

		printf("%s\n", cases[i].last);
		assert_true(scram_derive(s, 4096));
		scram_final(s);
		assert_int_equal(scram_verify(s, cases[i].last, &why), -1);
		assert_non_null(strstr(why, cases[i].words));
		scram_destroy(s);
	}
}

static void
bad_challenges(void **state)
{
	static const struct {
		const char	*text, *words;
	} cases[] = {
		{ "", "understood" },
		{ "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "nonce" },
		{ "r=x" NONCE "y,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "nonce" },
		{ "r=" NONCE "y,s=,i=4096", "salt" },
		{ "r=" NONCE "y,s=!!!!,i=4096", "salt" },
		{ "r=" NONCE "y,i=4096", "understood" },
		{ "m=ext,r=" NONCE "y,s=W22ZaA==,i=4096", "understood" },
		{ "r=" NONCE "y,s=W22ZaA==,i=4095", "too little" },
		{ "r=" NONCE "y,s=W22ZaA==,i=-4096", "too little" },
		{ "r=" NONCE "y,s=W22ZaA==,i=4096x", "too little" },
		{ "r=" NONCE "y,s=W22ZaA==,i=1000001", "more work" },
		{ "r=" NONCE "y,s=W22ZaA==,i=99999999999999999999",
		    "more work" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct scram_memory memory = { 0 };
		struct scram *s = scram_create("user", "pencil", NONCE,
		    &memory);
		const char *why = NULL;

		printf("%s\n", cases[i].text);
		assert_int_equal(scram_challenge(s, cases[i].text, &why), -1);
		assert_non_null(strstr(why, cases[i].words));
		scram_destroy(s);
	}
}

static void
odd_names(void **state)
{
	struct scram_memory memory = { 0 };
	struct scram *s = scram_create("a,b=c", "x", NONCE, &memory), *other;

	(void)state;
	assert_string_equal(scram_first(s), "n,,n=a=2Cb=3Dc,r=" NONCE);
	scram_destroy(s);
	s = scram_create("a", "x", NULL, &memory);
	other = scram_create("a", "x", NULL, &memory);
	assert_string_not_equal(scram_first(s), scram_first(other));
	scram_destroy(s);
	scram_destroy(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example),
		cmocka_unit_test(server_that_lies),
		cmocka_unit_test(bad_challenges),
		cmocka_unit_test(odd_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
