/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/budget.h"
#include "backends/twitter/config.h"
#include "util/macros.h"

#define DAY	86400

static char ann_jid[] = "ann@example.org", bob_jid[] = "bob@example.org";
static struct session ann = { .user = ann_jid };
static struct session bob = { .user = bob_jid };

static int
begin(void **state)
{
	static struct pair pairs[] = {
		{ "client_id", "me" }, { "budget_user", "0.10" },
		{ "budget", "0.15" }, { "reads_user", "15" },
	};
	struct section s = { .name = "twitter",
	    .pairs = { pairs, LENGTH(pairs) } };
	char *why;

	(void)state;
	if (config_read(&(struct sections){ &s, 1 }, &why) < 0)
		return -1;
	budget_begin(&ann);
	budget_begin(&bob);
	return 0;
}

static int
end(void **state)
{
	struct session *const both[] = { &ann, &bob };

	(void)state;
	for (size_t i = 0; i < LENGTH(both); i++) {
		budget_end(both[i]);
		texts_finish(&both[i]->settings);
	}
	budget_finish();
	config_finish();
	return 0;
}

/* A page of so many posts, from this id on, all by the author 7. */
static void
read_posts(struct session *s, int from, int n)
{
	json_t *list = json_array();
	json_t *page = json_pack("{s:o,s:{s:[{s:s}]}}", "data", list,
	    "includes", "users", "id", "7");
	char id[20];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%d", from + i);
		json_array_append_new(list, json_pack("{s:s}", "id", id));
	}
	budget_spend(s, E_timeline, page);
	json_decref(page);
}

static void
write_post(struct session *s, const char *text)
{
	json_t *answer = json_pack("{s:{s:s,s:s}}", "data", "id", "1",
	    "text", text);

	budget_spend(s, E_post_create, answer);
	json_decref(answer);
}

static bool
allowed(struct session *s, enum endpoint e, bool background,
    const char *text)
{
	json_t *body = text != NULL ? json_pack("{s:s}", "text", text) : NULL;
	const struct api_request r = { .endpoint = e, .body = body,
	    .background = background };
	time_t until = 0;
	const char *why = NULL;
	bool yes = budget_allows(s, &r, &until, &why);

	json_decref(body);
	if (!yes) {
		assert_non_null(strstr(why, "midnight"));
		assert_true(until > time(NULL));
		assert_true(until <= time(NULL) + DAY);
	}
	return yes;
}

static void
says(struct session *s, const char *what)
{
	char *text = budget_text(s);

	print_message("%s\n", text);
	assert_non_null(strstr(text, what));
	free(text);
}

/* Nothing is paid for twice, whoever reads it. */
static void
each_once(void **state)
{
	json_t *quote = json_pack("{s:{s:s},s:{s:[{s:s},{s:s}],s:[{s:s}]}}",
	    "data", "id", "500", "includes", "posts", "id", "501", "id", "100",
	    "tweets", "id", "502");

	(void)state;
	read_posts(&ann, 100, 4);	/* and their author: 4 * 0.5 + 1 */
	says(&ann, "You: $0.030 of $0.10 spent, 5 of 15 things");
	read_posts(&ann, 102, 4);
	says(&ann, "You: $0.040 of $0.10 spent, 7 of 15 things");
	read_posts(&bob, 100, 6);
	says(&bob, "You: $0.000");
	says(&bob, "All users here: $0.040 of $0.15 spent, 7 things");
	read_posts(&bob, 200, 1);
	says(&bob, "You: $0.005 of $0.10 spent, 1 of 15 things read");
	says(&bob, "a post with a link $0.2;");
	budget_spend(&bob, E_post, quote);
	json_decref(quote);
	says(&bob, "You: $0.020 of $0.10 spent, 4 of 15 things");
}

static void
stops(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		write_post(&ann, "hello");		/* 0.075 */
	assert_true(allowed(&ann, E_timeline, true, NULL));
	assert_true(allowed(&ann, E_post_create, false, "hello"));
	assert_false(allowed(&ann, E_post_create, false, "see https://x.org"));
	assert_false(allowed(&ann, E_post_create, false, "see example.org"));
	assert_true(allowed(&ann, E_post_create, false, "me@example.org"));
	read_posts(&ann, 1, 1);				/* 0.09 */
	assert_false(allowed(&ann, E_timeline, true, NULL));
	assert_true(allowed(&ann, E_timeline, false, NULL));
	assert_false(allowed(&ann, E_post_create, false, "hello"));
	/* What is free is free. */
	assert_true(allowed(&ann, E_media_append, false, NULL));
	/* All others may go on, up to the limit of all. */
	assert_true(allowed(&bob, E_timeline, true, NULL));
	write_post(&bob, "hello");
	write_post(&bob, "hello");			/* 0.12 of 0.15 */
	assert_false(allowed(&bob, E_timeline, true, NULL));
	assert_true(allowed(&bob, E_timeline, false, NULL));
	write_post(&bob, "hello");
	write_post(&bob, "hello");
	assert_false(allowed(&bob, E_timeline, false, NULL));
}

static void
stops_at_reads(void **state)
{
	(void)state;
	read_posts(&ann, 1, 10);		/* 11 of 15 */
	assert_true(allowed(&ann, E_timeline, true, NULL));
	read_posts(&ann, 11, 2);
	assert_false(allowed(&ann, E_timeline, true, NULL));
	assert_true(allowed(&ann, E_timeline, false, NULL));
	read_posts(&ann, 13, 2);
	assert_false(allowed(&ann, E_timeline, false, NULL));
	assert_true(allowed(&ann, E_like, false, NULL));
}

static void
pages(void **state)
{
	(void)state;
	assert_int_equal(budget_results(&ann, E_timeline, 100), 15);
	assert_int_equal(budget_results(&ann, E_timeline, 12), 12);
	write_post(&ann, "hello");
	write_post(&ann, "hello");		/* 0.07 are left */
	assert_int_equal(budget_results(&ann, E_timeline, 100), 14);
	read_posts(&ann, 1, 10);
	assert_int_equal(budget_results(&ann, E_timeline, 100), 10);
	assert_int_equal(budget_results(&ann, E_timeline, 5), 5);
}

static void
is_kept(void **state)
{
	char old[80];

	(void)state;
	read_posts(&ann, 1, 4);
	assert_string_equal(session_setting(&ann, "spent", "-"), "-");
	budget_end(&ann);
	assert_non_null(strstr(session_setting(&ann, "spent", "-"),
	    " 3000 5"));
	/* In the same process. */
	budget_begin(&ann);
	says(&ann, "You: $0.030");
	says(&ann, "All users here: $0.030");
	/* In another one. */
	budget_end(&ann);
	budget_end(&bob);
	budget_finish();
	budget_begin(&ann);
	budget_begin(&bob);
	says(&ann, "You: $0.030");
	says(&bob, "All users here: $0.030");
	/* Of another day, and rubbish. */
	snprintf(old, sizeof(old), "%ld 9999 9",
	    (long)(api_now() / DAY) - 1);
	for (size_t i = 0; i < 3; i++) {
		budget_end(&ann);
		budget_end(&bob);
		budget_finish();
		texts_put(&ann.settings, "spent", (const char *[]){ old, "1 2",
		    "99999999999999999999 -1 x" }[i]);
		budget_begin(&ann);
		budget_begin(&bob);
		says(&ann, "You: $0.000");
	}
}

/* By X's clock. */
static void
next_day(void **state)
{
	const struct http_response r = { .status = 401,
	    .date = time(NULL) + DAY };

	(void)state;
	for (int i = 0; i < 8; i++)
		write_post(&ann, "hello");
	assert_false(allowed(&ann, E_post_create, false, "hello"));
	assert_true(api_clock_off(&r));
	assert_true(allowed(&ann, E_post_create, false, "hello"));
	says(&ann, "You: $0.000");
	says(&ann, "All users here: $0.000");
	read_posts(&ann, 1, 1);
	assert_true(api_clock_off(&(struct http_response){ .status = 401,
	    .date = time(NULL) }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_once, begin, end),
		cmocka_unit_test_setup_teardown(stops, begin, end),
		cmocka_unit_test_setup_teardown(stops_at_reads, begin, end),
		cmocka_unit_test_setup_teardown(pages, begin, end),
		cmocka_unit_test_setup_teardown(is_kept, begin, end),
		cmocka_unit_test_setup_teardown(next_day, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
