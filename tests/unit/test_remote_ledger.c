/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "backends/xmpp/ledger.h"
#include "backends/xmpp/vet.h"
#include "util/macros.h"

/* ------------------------------------------------------------------- ledger */

static char story[4096];
static struct ledger ledger;

static void
on_ended(void *ctx, void *tag, const char *xml, enum ledger_end how)
{
	static const char *const names[] = { "done", "unsent", "uncertain" };

	assert_ptr_equal(ctx, &ledger);
	assert_string_equal(tag, xml);
	snprintf(story + strlen(story), sizeof(story) - strlen(story),
	    "%s %s, ", xml, names[how]);
}

static void
add(const char *names)
{
	static char tags[256][2];

	for (; *names != '\0'; names++) {
		char *tag = tags[(unsigned char)*names];

		tag[0] = *names;
		assert_int_equal(ledger_add(&ledger, tag, 1, tag), 0);
	}
}

static void
takes(const char *names)
{
	const struct entry *e;

	for (; *names != '\0'; names++) {
		e = ledger_take(&ledger);
		assert_non_null(e);
		assert_int_equal(*e->xml, *names);
	}
	assert_null(ledger_take(&ledger));
}

static void
told(const char *want)
{
	assert_string_equal(story, want);
	*story = '\0';
}

static int
begin(void **state)
{
	(void)state;
	*story = '\0';
	ledger_init(&ledger, on_ended, &ledger);
	return 0;
}

static void
test_done(void **state)
{
	(void)state;
	takes("");
	add("abc");
	takes("abc");
	assert_int_equal(ledger_number(&ledger), 3);
	assert_int_equal(ledger_done(&ledger, 2), 0);
	told("a done, b done, ");
	assert_int_equal(ledger_done(&ledger, 2), 0);
	add("d");
	/* What was never sent; what was done before. */
	assert_int_equal(ledger_done(&ledger, 4), -1);
	assert_int_equal(ledger_done(&ledger, 1), -1);
	told("");
	takes("d");
	assert_int_equal(ledger_done(&ledger, 4), 0);
	told("c done, d done, ");
	ledger_finish(&ledger);
	told("");
}

static void
test_resumed(void **state)
{
	(void)state;
	add("abc");
	takes("abc");
	add("d");
	assert_int_equal(ledger_done(&ledger, 1), 0);
	ledger_rewind(&ledger);
	told("a done, ");
	takes("bcd");
	assert_int_equal(ledger_number(&ledger), 4);
	assert_int_equal(ledger_done(&ledger, 4), 0);
	told("b done, c done, d done, ");
	ledger_finish(&ledger);
}

static void
test_begun_anew(void **state)
{
	(void)state;
	add("abc");
	takes("abc");
	assert_int_equal(ledger_done(&ledger, 1), 0);
	add("d");
	ledger_restart(&ledger);
	told("a done, b uncertain, c uncertain, ");
	assert_int_equal(ledger_number(&ledger), 0);
	takes("d");
	assert_int_equal(ledger_done(&ledger, 1), 0);
	told("d done, ");
	add("e");
	takes("e");
	add("f");
	ledger_finish(&ledger);
	told("e uncertain, f unsent, ");
}

/* What never left can be taken back, wherever it stands. */
static void
test_taken_back(void **state)
{
	struct entry *e;

	(void)state;
	add("ab");
	takes("ab");
	add("cdef");
	e = STAILQ_FIRST(&ledger.entries);
	assert_false(ledger_take_back(&ledger, e->tag));
	assert_true(ledger_take_back(&ledger, ledger.unsent->tag));
	told("c unsent, ");
	e = STAILQ_NEXT(STAILQ_NEXT(ledger.unsent, next), next);
	assert_true(ledger_take_back(&ledger, e->tag));
	told("f unsent, ");
	/* Those that are to be sent again have left. */
	ledger_rewind(&ledger);
	assert_false(ledger_take_back(&ledger, ledger.unsent->tag));
	add("g");
	takes("abdeg");
	assert_int_equal(ledger_number(&ledger), 5);
	assert_int_equal(ledger_done(&ledger, 5), 0);
	told("a done, b done, d done, e done, g done, ");
}

/* 2^32 stanzas are some weeks of a busy room. */
static void
test_numbers_begin_again(void **state)
{
	(void)state;
	ledger.base = UINT32_MAX - 1;
	add("abc");
	takes("abc");
	assert_int_equal(ledger_number(&ledger), 1);
	assert_int_equal(ledger_done(&ledger, UINT32_MAX), 0);
	assert_int_equal(ledger_done(&ledger, 0), 0);
	told("a done, b done, ");
	assert_int_equal(ledger_done(&ledger, 1), 0);
	ledger_finish(&ledger);
}

static void
ignore(void *ctx, void *tag, const char *xml, enum ledger_end how)
{
	(void)ctx, (void)tag, (void)xml, (void)how;
}

static void
test_bounds(void **state)
{
	static char big[LEDGER_BYTES / 4];

	(void)state;
	ledger.ended = ignore;
	for (int i = 0; i < LEDGER_STANZAS; i++)
		assert_int_equal(ledger_add(&ledger, "x", 1, NULL), 0);
	assert_int_equal(ledger_add(&ledger, "x", 1, NULL), -1);
	ledger_finish(&ledger);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ledger_add(&ledger, big, sizeof(big), NULL),
		    0);
	assert_int_equal(ledger_add(&ledger, "x", 1, NULL), -1);
	ledger_finish(&ledger);
	assert_int_equal(ledger.bytes, 0);
}

/* ---------------------------------------------------------------------- vet */

#define SASL	"urn:ietf:params:xml:ns:xmpp-sasl"

static const char *
challenge(const char *plain)
{
	char text[8192];
	struct vet v = { 0 };
	bool pass;
	const char *why;

	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)plain,
	    (int)strlen(plain));
	vet_element(&v, 0, "http://etherx.jabber.org/streams", "stream");
	vet_element(&v, 1, SASL, "challenge");
	why = vet_text(&v, 1, text, strlen(text), &pass);
	assert_true(pass);
	return why != NULL ? why : vet_ending(&v);
}

static void
test_challenges(void **state)
{
	static char longer[5000];
	static const struct {
		const char	*plain;
		bool		 good;
	} cases[] = {
		{ "r=abc,s=c2FsdA==,i=4096", true },
		{ "r=abc,s=c2FsdA==,i=200000,x=y", true },
		{ "r=abc,s=c2FsdA==,i=200001", false },
		{ "r=abc,s=c2FsdA==,i=99999999999999999999", false },
		{ "r=abc,s=c2FsdA==,i=-1", false },
		{ "r=abc,s=,i=1", false },
		{ "r=abc,s=c2FsdA==", false },
		{ "r=abc,i=1", false },
		{ "s=c2FsdA==,i=1", false },
		{ "", false },
		{ longer, false },
	};

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	memcpy(longer, "r=", 2);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		if ((challenge(cases[i].plain) == NULL) != cases[i].good)
			fail_msg("%.40s", cases[i].plain);
	}
}

static void
test_no_challenge(void **state)
{
	struct vet v = { 0 };
	bool pass;

	(void)state;
	vet_element(&v, 1, SASL, "challenge");
	assert_non_null(vet_ending(&v));
	assert_non_null(vet_text(&v, 1, "====", 4, &pass));
	assert_non_null(vet_text(&v, 1, "abc", 3, &pass));
	vet_element(&v, 1, SASL, "success");
	assert_null(vet_text(&v, 1, "abc", 3, &pass));
	assert_null(vet_ending(&v));
}

static const char *
features_with(const char *ns)
{
	struct vet v = { 0 };

	vet_element(&v, 1, SASL, "success");
	vet_element(&v, 0, "http://etherx.jabber.org/streams", "stream");
	vet_element(&v, 1, "http://etherx.jabber.org/streams", "features");
	if (ns != NULL)
		vet_element(&v, 2, ns, "bind");
	vet_element(&v, 2, "urn:ietf:params:xml:ns:xmpp-bind", "x");
	return vet_ending(&v);
}

static void
test_resource(void **state)
{
	(void)state;
	assert_null(features_with("urn:ietf:params:xml:ns:xmpp-bind"));
	assert_non_null(features_with("urn:x"));
	assert_non_null(features_with(NULL));
}

static bool
is_offered(const char *mechanism)
{
	struct vet v = { 0 };
	bool pass;

	vet_element(&v, 1, "http://etherx.jabber.org/streams", "features");
	vet_element(&v, 2, SASL, "mechanisms");
	vet_element(&v, 3, SASL, "mechanism");
	assert_null(vet_text(&v, 3, mechanism, strlen(mechanism), &pass));
	return pass;
}

static void
test_mechanisms(void **state)
{
	(void)state;
	assert_true(is_offered("PLAIN"));
	assert_true(is_offered("SCRAM-SHA-1"));
	assert_false(is_offered("DIGEST-MD5"));
	assert_false(is_offered("digest-md5"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_done, begin),
		cmocka_unit_test_setup(test_resumed, begin),
		cmocka_unit_test_setup(test_begun_anew, begin),
		cmocka_unit_test_setup(test_taken_back, begin),
		cmocka_unit_test_setup(test_numbers_begin_again, begin),
		cmocka_unit_test_setup(test_bounds, begin),
		cmocka_unit_test(test_challenges),
		cmocka_unit_test(test_no_challenge),
		cmocka_unit_test(test_mechanisms),
		cmocka_unit_test(test_resource),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
