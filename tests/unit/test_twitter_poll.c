/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backends/twitter/config.h"
#include "backends/twitter/filter.h"
#include "backends/twitter/poll.h"

#define NOW	1.8e9

static void
is_about(double got, double want, double spread)
{
	assert_true(got >= want * (1 - spread) && got <= want * (1 + spread));
}

static void
pauses(void **state)
{
	(void)state;
	is_about(poll_pause("online", 0), 120, 0);
	is_about(poll_pause(NULL, 599), 120, 0);
	is_about(poll_pause("chat", 601), 900, 0);
	is_about(poll_pause("invisible", 601), 900, 0);
	is_about(poll_pause("away", 0), 3600, 0);
	is_about(poll_pause("xa", 0), 3600, 0);
	is_about(poll_pause("dnd", 9999), 3600, 0);
	config.poll_active = 0;
	is_about(poll_pause(NULL, 0), 1, 0);
	config.poll_active = 120;
}

static void
spread(void **state)
{
	double least = NOW, most = 0, at;
	struct poll p;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		poll_begin(&p, NOW);
		at = poll_due(&p, 120, NOW) - NOW;
		assert_true(at >= 0 && at <= 15);
		poll_ok(&p, NOW, 0);
		at = poll_due(&p, 120, NOW) - NOW;
		is_about(at, 120, 0.15);
		least = at < least ? at : least;
		most = at > most ? at : most;
		/* The pause that counts is that of now. */
		is_about(poll_due(&p, 3600, NOW) - NOW, 3600, 0.15);
	}
	assert_true(least < 108 && most > 132);
}

static void
waits(void **state)
{
	struct poll p;
	double at, last = 0;

	(void)state;
	poll_begin(&p, NOW);
	/* As X wants it, and not all at once. */
	poll_ok(&p, NOW, (time_t)NOW + 900);
	at = poll_due(&p, 120, NOW) - NOW;
	assert_true(at >= 900 && at <= 950);
	poll_soon(&p, NOW);
	assert_true(poll_due(&p, 120, NOW) - NOW >= 900);
	/* Not for ever; and what is over is no reason. */
	poll_ok(&p, NOW, (time_t)NOW + 1000000000);
	assert_true(poll_due(&p, 120, NOW) - NOW < 100000);
	poll_ok(&p, NOW, (time_t)NOW - 5);
	is_about(poll_due(&p, 120, NOW) - NOW, 120, 0.15);
	/* Later and later. */
	for (int i = 0; i < 50; i++) {
		poll_failed(&p, NOW, 0);
		at = poll_due(&p, 1, NOW) - NOW;
		assert_true(at > last * 0.6 && at <= 3600 * 1.15);
		last = at;
	}
	is_about(at, 3600, 0.15);
	poll_failed(&p, NOW, (time_t)NOW + 7200);
	assert_true(poll_due(&p, 1, NOW) - NOW >= 7200);
	poll_ok(&p, NOW, 0);
	poll_failed(&p, NOW, 0);
	is_about(poll_due(&p, 1, NOW) - NOW, 120, 0.15);
}

static void
soon(void **state)
{
	struct poll p;

	(void)state;
	poll_begin(&p, NOW);
	poll_soon(&p, NOW);
	is_about(poll_due(&p, 120, NOW), NOW, 0);
	poll_ok(&p, NOW, 0);
	poll_soon(&p, NOW);
	is_about(poll_due(&p, 120, NOW) - NOW, 5, 0);
	poll_ok(&p, NOW, 0);
	poll_soon(&p, NOW + 60);
	is_about(poll_due(&p, 120, NOW + 60), NOW + 60, 0);
	/* The clock is put back. */
	poll_begin(&p, NOW + 1e6);
	assert_true(poll_due(&p, 120, NOW) - NOW < 100);
	poll_ok(&p, NOW + 1e6, (time_t)(NOW + 1e6 + 900));
	assert_true(poll_due(&p, 120, NOW) - NOW < 200000);
	poll_ok(&p, NOW + 1e6, 0);
	is_about(poll_due(&p, 120, NOW) - NOW, 120, 0.15);
}

/* ------------------------------------------------------------------ filters */

static void
wants(const struct filter *f, const struct post *p, bool want)
{
	struct filter with_id = *f;

	with_id.own_id = "1";
	if (with_id.languages == NULL)
		with_id.languages = "";
	assert_int_equal(filter_wants(&with_id, p), want);
}

static void
language(const char *languages, const char *lang, bool want)
{
	wants(&(struct filter){ .languages = languages },
	    &(struct post){ .author_id = "2", .lang = lang }, want);
}

static void
languages(void **state)
{
	(void)state;
	language("", "de", true);
	language(" , ", "de", true);
	language("en", "de", false);
	language("en de", "de", true);
	language("EN,De", "de", true);
	language("en-GB", "en", true);
	language("en", "en-gb", true);
	language("en", "eng", false);
	language("en", "e", false);
	language("en", NULL, true);
	language("en", "und", true);
	language("en", "zxx", true);
	language("en", "qme", true);
	language("en", "qst", true);
	language("en", "art", true);
	language("id", "in", true);
	language("he", "iw", true);
	wants(&(struct filter){ .languages = "en" },
	    &(struct post){ .author_id = "1", .lang = "de" }, true);
}

static void
kinds(void **state)
{
	const struct post risky = { .author_id = "3", .sensitive = true };
	const struct post plain = { .author_id = "3" };
	const struct post quoting = { .author_id = "3", .quoted = &risky };
	const struct post of_risky = { .author_id = "2", .reposted = &risky,
	    .reposted_id = "9" };
	const struct post of_quoting = { .author_id = "2", .reposted_id = "9",
	    .reposted = &quoting };
	const struct post of_unknown = { .author_id = "2",
	    .reposted_id = "9" };
	const struct post to_other = { .author_id = "2", .reply_to_id = "9",
	    .reply_to_author_id = "3" };
	const struct post to_me = { .author_id = "2", .reply_to_id = "9",
	    .reply_to_author_id = "1" };
	const struct post thread = { .author_id = "2", .reply_to_id = "9",
	    .reply_to_author_id = "2" };
	const struct post nobody = { .reply_to_id = "9" };
	const struct filter none = { 0 };
	const struct filter calm = { .no_sensitive = true };
	const struct filter no_replies = { .no_replies = true };
	const struct filter no_reposts = { .no_reposts = true };

	(void)state;
	wants(&none, &of_risky, true);
	wants(&calm, &plain, true);
	wants(&calm, &risky, false);
	wants(&calm, &quoting, false);
	wants(&calm, &of_risky, false);
	wants(&calm, &of_quoting, false);
	wants(&no_replies, &to_other, false);
	wants(&no_replies, &to_me, true);
	wants(&no_replies, &thread, true);
	wants(&no_replies, &nobody, false);
	wants(&no_replies, &of_unknown, true);
	wants(&no_reposts, &of_unknown, false);
	wants(&no_reposts, &of_risky, false);
	wants(&no_reposts, &to_other, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses), cmocka_unit_test(spread),
		cmocka_unit_test(waits), cmocka_unit_test(soon),
		cmocka_unit_test(languages), cmocka_unit_test(kinds),
	};

	config.poll_active = 120;
	config.poll_idle = 900;
	config.poll_away = 3600;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
