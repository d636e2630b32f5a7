/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/api_error.h"
#include "backends/twitter/config.h"
#include "util/macros.h"

/* ------------------------------------------------------------------ answers */

static const struct {
	long		 status;
	const char	*body;
	bool		 read;
	enum outcome	 outcome;
	const char	*says;
} answers[] = {
	{ 200, "{\"data\":{}}", true, API_OK, NULL },
	{ 204, "", false, API_OK, NULL },
	{ 200, "", true, API_FAILED, "sensibly" },
	{ 200, "[1]", true, API_FAILED, "sensibly" },
	{ 200, "{\"da", true, API_FAILED, "sensibly" },
	{ 201, "{\"da", false, API_UNCERTAIN, "whether" },
	{ 302, "{}", false, API_FAILED, "302" },
	{ 400, "{\"errors\":[{\"message\":\"bad id\"}]}", true, API_REFUSED,
	    "bad id" },
	{ 401, "{\"title\":\"Unauthorized\"}", true, API_REVOKED,
	    "Unauthorized" },
	{ 401, "{\"errors\":[{\"code\":89}]}", true, API_REVOKED, "any more" },
	{ 401, "{\"errors\":[{\"code\":64,\"message\":\"suspended\"}]}", true,
	    API_FORBIDDEN, "suspended" },
	{ 402, "{}", true, API_UNPAID, "money" },
	{ 403, "{\"detail\":\"duplicate content\"}", false, API_FORBIDDEN,
	    "not allow to post: duplicate content" },
	{ 403, "<html>", false, API_FORBIDDEN, "not allow to post." },
	{ 404, "{}", true, API_NOT_FOUND, "does not know" },
	{ 429, "{}", true, API_LIMITED, "so often" },
	{ 500, "{}", true, API_FAILED, "500" },
	{ 500, "{}", false, API_UNCERTAIN, "whether" },
	{ 503, "{}", false, API_FAILED, "503" },
	{ 400, "{\"errors\":7,\"detail\":[]}", true, API_REFUSED,
	    "refuses to post." },
};

static void
meanings(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(answers); i++) {
		const struct http_response r = { .status = answers[i].status,
		    .body = answers[i].body,
		    .length = strlen(answers[i].body) };
		json_t *json = json_loads(answers[i].body, 0, NULL);
		char *text = NULL;

		print_message("%ld %s\n", r.status, r.body);
		assert_int_equal(api_outcome(&r, json, answers[i].read, "post",
		    &text), answers[i].outcome);
		if (answers[i].says == NULL) {
			assert_null(text);
		} else {
			assert_non_null(strstr(text, answers[i].says));
			assert_non_null(api_error_code(answers[i].outcome));
		}
		free(text);
		json_decref(json);
	}
}

static void
no_answer(void **state)
{
	struct http_response r = { .error = "it is gone" };
	char *text;

	(void)state;
	assert_int_equal(api_outcome(&r, NULL, false, "post", &text),
	    API_FAILED);
	assert_non_null(strstr(text, "it is gone"));
	free(text);
	r.sent = true;
	assert_int_equal(api_outcome(&r, NULL, false, "post", &text),
	    API_UNCERTAIN);
	free(text);
	assert_int_equal(api_outcome(&r, NULL, true, "post", &text),
	    API_FAILED);
	free(text);
}

/* The user is told when it works again. */
static void
waits(void **state)
{
	static const struct {
		enum outcome	 outcome;
		long		 left;
		const char	*want;
	} rows[] = {
		{ API_LIMITED, 600, "No.  It works again in 10 minutes." },
		{ API_BUDGET, 7200, "No.  It works again in 2 hours." },
		{ API_LIMITED, 0, "No." },
		{ API_LIMITED, -5, "No." },
		{ API_FORBIDDEN, 600, "No." },
	};
	char *text;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		text = api_text(rows[i].outcome, "No.", rows[i].left == 0 ? 0 :
		    time(NULL) + rows[i].left);
		assert_string_equal(text, rows[i].want);
		free(text);
	}
	text = api_text(API_LIMITED, "No.", time(NULL) + 60);
	assert_non_null(strstr(text, " seconds."));
	free(text);
}

/* ------------------------------------------------------------ configuration */

static int
read_config(struct pair *pairs, size_t n, char **why)
{
	struct section s = { .name = "twitter", .pairs = { pairs, n } };
	const struct sections sections = { &s, 1 };

	*why = NULL;
	return config_read(&sections, why);
}

static void
settings(void **state)
{
	struct pair good[] = {
		{ "client_id", "me" }, { "base_url", "http://127.0.0.1:1//" },
		{ "budget_user", "0.005" }, { "price_post_read", "0.01" },
		{ "poll_idle", "7" }, { "reads", "5" },
		{ "fetch_timeout", "90000" },
	};
	char *why;

	(void)state;
	assert_int_equal(read_config(good, LENGTH(good), &why), 0);
	assert_string_equal(config.base_url, "http://127.0.0.1:1");
	assert_string_equal(config.web_url, "https://x.com");
	assert_int_equal(config.budget_user, 500);
	assert_int_equal(config.price[PRICE_post_read], 1000);
	assert_int_equal(config.price[PRICE_post_create], 1500);
	assert_int_equal(config.poll_idle, 7);
	assert_int_equal(config.poll_active, 90);
	assert_int_equal(config.reads_all, 5);
	assert_null(config.consumer_key);
	config_finish();
}

static void
wrong_settings(void **state)
{
	static struct {
		struct pair	 pairs[2];
		size_t		 n;
		const char	*says;
	} rows[] = {
		{ { { NULL, NULL } }, 0, "developer console" },
		{ { { "client_id", "" } }, 1, "developer console" },
		{ { { "consumer_key", "a" } }, 1,
		    "[twitter] consumer_key: consumer_key and consumer_s" },
		{ { { "client_id", "a" }, { "consumer_secret", "a" } }, 2,
		    "belong together" },
		{ { { "base_url", "api.x.com" } }, 1,
		    "[twitter] base_url=api.x.com: must be an address" },
		{ { { "base_url", "https://" } }, 1, "must be an address" },
		{ { { "client_id", "a" }, { "redirect_uri", "" } }, 2,
		    "[twitter] redirect_uri: must be an address" },
		{ { { "client_id", "a" }, { "ca_file", "/dev/null/no" } }, 2,
		    "[twitter] ca_file=/dev/null/no: cannot be read: " },
		{ { { "budget_user", "much" } }, 1, "US dollars" },
		{ { { "budget", "-1" } }, 1, "US dollars" },
		{ { { "budget", "nan" } }, 1, "US dollars" },
		{ { { "poll_idle", "-1" } }, 1, "seconds" },
		{ { { "poll_idle", "9999999999999999999" } }, 1, "seconds" },
		{ { { "reads", "1.5" } }, 1, "a number" },
		{ { { "media_max", "0" } }, 1, "1 to 512" },
		{ { { "private_urls", "maybe" } }, 1, "0 or 1" },
		{ { { "pol_idle", "1" } }, 1, "no such setting" },
		{ { { "client_id", "a" }, { "poll_away", "0" } }, 2,
		    "[twitter] poll_away=0: must be a second at least" },
		{ { { "client_id", "a" }, { "fetch_timeout", "0" } }, 2,
		    "a second at least" },
		{ { { "fetch_timeout", "fast" } }, 1, "milliseconds" },
	};
	char *why;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(read_config(rows[i].pairs, rows[i].n, &why),
		    -1);
		print_message("%s\n", why);
		assert_non_null(strstr(why, rows[i].says));
		free(why);
		config_finish();
	}
}

static void
proxies(void **state)
{
	static struct {
		struct pair	 pairs[4];
		const char	*is, *says;
	} rows[] = {
		{ { { "host", "" }, { "port", "0" } }, NULL, NULL },
		/* As the C++ program had them. */
		{ { { "server", "a.example" }, { "port", "8080" },
		    { "user", "me" }, { "password", "secret" } },
		    "http://a.example:8080", NULL },
		{ { { "host", "::1" }, { "port", "8080" } },
		    "http://[::1]:8080", NULL },
		{ { { "type", "tor" }, { "host", "a" }, { "port", "9050" },
		    { "server", "" } }, "socks5h://a:9050", NULL },
		{ { { "type", "ftp" }, { "host", "a" }, { "port", "1" } },
		    NULL, "socks5 or tor" },
		{ { { "host", "a" } }, NULL, "1 to 65535" },
		{ { { "host", "a" }, { "port", "65536" } }, NULL,
		    "1 to 65535" },
		{ { { "host", "me:pw@a" }, { "port", "1" } }, NULL,
		    "a name or an address" },
	};
	struct pair app = { "client_id", "a" };
	struct section s[] = {
		{ .name = "twitter", .pairs = { &app, 1 } },
		{ .name = "proxy" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *why = NULL;
		size_t n = 0;

		while (n < LENGTH(rows[i].pairs) && rows[i].pairs[n].key)
			n++;
		s[1].pairs = (struct pairs){ rows[i].pairs, n };
		print_message("%zu\n", i);
		assert_int_equal(config_read(&(struct sections){ s, 2 }, &why),
		    rows[i].says != NULL ? -1 : 0);
		if (rows[i].says != NULL)
			assert_non_null(strstr(why, rows[i].says));
		else if (rows[i].is != NULL)
			assert_string_equal(config.proxy, rows[i].is);
		else
			assert_null(config.proxy);
		if (i == 1) {
			assert_string_equal(config.proxy_user, "me");
			assert_string_equal(config.proxy_password, "secret");
		}
		free(why);
		config_finish();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meanings),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(waits),
		cmocka_unit_test(settings),
		cmocka_unit_test(wrong_settings),
		cmocka_unit_test(proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
