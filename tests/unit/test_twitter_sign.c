/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/sign.h"
#include "util/macros.h"

/* The keys of X's own example in its page on signatures. */
static const struct sign_keys keys = {
	"xvz1evFS4wEEPTGEFPHBog", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
	"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
	"LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
};

#define NONCE	"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"

static void
is_signed(const struct sign_keys *k, const char *method, const char *url,
    const struct sign_param *params, size_t n, const char *nonce,
    const char *signature)
{
	char *header = sign_header(k, method, url, params, n, 1318622958,
	    nonce);
	const char *at = strstr(header, "oauth_signature=\"");

	assert_non_null(at);
	assert_int_equal(strncmp(header, "OAuth ", 6), 0);
	at += strlen("oauth_signature=\"");
	assert_int_equal(strlen(at), strlen(signature) + 1);
	assert_memory_equal(at, signature, strlen(signature));
	free(header);
}

static void
example_of_x(void **state)
{
	static const struct sign_param status[] = {
		{ "status", "Hello Ladies + Gentlemen, a signed OAuth "
		    "request!" },
	};

	(void)state;
	is_signed(&keys, "POST", "https://api.twitter.com/1/statuses/"
	    "update.json?include_entities=true", status, 1, NONCE,
	    "tnnArxj06cWHq44gCs1OSKk%2FjLY%3D");
	is_signed(&keys, "POST", "https://api.twitter.com/1.1/statuses/"
	    "update.json?include_entities=true", status, 1, NONCE,
	    "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D");
}

/* By python3-oauthlib; the last has the parameters of RFC 5849, 3.4.1.3.1. */
static void
other_programs(void **state)
{
	static const struct sign_param callback[] = {
		{ "oauth_callback", "oob" },
	};
	struct sign_keys none = keys;

	(void)state;
	none.token = none.token_secret = NULL;
	is_signed(&keys, "GET", "https://api.x.com/2/tweets/search/recent"
	    "?query=%C5%BElu%C5%A5%20%26x%3D1&max_results=10", NULL, 0, "abc",
	    "lwS0SEW8YD4PvO7KZVuox1LFuxc%3D");
	is_signed(&none, "POST", "https://api.x.com/oauth/request_token",
	    callback, 1, "abc", "M0pSnCZc94CMjEOqzb6guEXVppc%3D");
	is_signed(&keys, "GET", "https://api.x.com/2/a?b5=%3D%253D&a3=a"
	    "&c%40=&a2=r%20b&a3=2%20q&a2=", NULL, 0, "abc",
	    "RL%2F5s105ybtLK59fhDrIHNTiv50%3D");
}

/* What belongs into a query does not get into the header. */
static void
header(void **state)
{
	static const struct sign_param callback[] = {
		{ "oauth_callback", "a b" },
	};
	char *h = sign_header(&keys, "GET", "https://api.x.com/2/a?b=1",
	    callback, 1, 5, "n");

	(void)state;
	assert_non_null(strstr(h, "oauth_callback=\"a%20b\""));
	assert_non_null(strstr(h, "oauth_timestamp=\"5\""));
	assert_non_null(strstr(h, "oauth_version=\"1.0\""));
	assert_null(strstr(h, "b=\"1\""));
	assert_null(strstr(h, keys.token_secret));
	free(h);
}

/* RFC 7636, appendix B. */
static void
challenge(void **state)
{
	char out[SIGN_VERIFIER_SIZE], other[SIGN_VERIFIER_SIZE];

	(void)state;
	sign_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", out);
	assert_string_equal(out, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	sign_verifier(out);
	sign_verifier(other);
	assert_int_equal(strlen(out), 43);
	assert_string_not_equal(out, other);
	assert_int_equal(strspn(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
	    "opqrstuvwxyz0123456789-_"), 43);
}

static void
parameters(void **state)
{
	static const struct {
		const char	*query, *name, *value;
	} rows[] = {
		{ "code=1", "code", "1" },
		{ "state=a%20b+c&code=%C5%BE#x", "code", "\xc5\xbe" },
		{ "state=a%20b+c&code=1", "state", "a b c" },
		{ "barcode=2&code=1", "code", "1" },
		{ "code=&code=1", "code", "" },
		{ "code", "code", NULL },
		{ "&&=&code", "code", NULL },
		{ "a=1#code=2&code=3", "code", NULL },
		{ "", "code", NULL },
		{ "code=%", "code", "%" },
		{ "code=%4", "code", "%4" },
		{ "code=%zz", "code", "%zz" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *value = sign_parameter(rows[i].query, rows[i].name);

		print_message("%s\n", rows[i].query);
		if (rows[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, rows[i].value);
		free(value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_of_x),
		cmocka_unit_test(other_programs),
		cmocka_unit_test(header),
		cmocka_unit_test(challenge),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
