/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/show.h"

static const struct person anna = { .username = "anna", .name = "Anna A." };
static const struct person bob = { .username = "bob", .name = "bob" };
static const struct media cat = { .kind = MEDIA_PHOTO, .alt = "a cat",
	.url = "https://pbs.example/1" };
static const struct media film = { .kind = MEDIA_VIDEO,
	.url = "https://pbs.example/2" };
static const struct media *both[] = { &cat, &film };
static const struct post plain = { .text = "Hi", .author = &anna };
static const struct post lost = { .text = "Hi" };
static const struct post lines = { .text = "one\ntwo", .author = &bob,
	.sensitive = true };
static const struct post quote = { .text = "See", .author = &anna,
	.quoted = &lines, .media = both, .nmedia = 2 };
static const struct post repost = { .text = "RT @anna: Se", .author = &bob,
	.reposted = &quote };
static const struct post risky = { .text = "RT", .author = &anna,
	.reposted = &lines };

static const struct person dora = { .username = "dora", .name = "Dora",
	.is_protected = true };
static const struct person eve = { .username = "eve", .name = "eve",
	.is_protected = true };
static const struct post locked = { .text = "Psst", .author = &dora };
static const struct post locked2 = { .text = "Psst", .author = &eve };

static void
check_how(const struct post *p, const struct show *how, const char *want)
{
	struct buf b = { 0 };
	char *got;

	show_post(&b, p, how);
	got = buf_steal(&b);
	assert_string_equal(got, want);
	free(got);
}

static void
check(const struct post *p, const char *id, bool author, const char *want)
{
	check_how(p, &(struct show){ .short_id = id, .author = author }, want);
}

static void
shown(void **state)
{
	size_t n;

	(void)state;
	check(&plain, NULL, false, "Hi");
	check(&plain, "4f", true, "[4f] Anna A. (@anna): Hi");
	check(&lost, "4f", true, "[4f] somebody: Hi");
	check(&lines, NULL, true, "[sensitive] @bob: one\ntwo");
	check(&quote, NULL, false, "See\n> [sensitive] @bob: one\n> two\n"
	    "Picture (a cat): https://pbs.example/1\n"
	    "Video: https://pbs.example/2");
	check(&repost, "00", true, "[00] @bob reposted Anna A. (@anna): See\n"
	    "> [sensitive] @bob: one\n> two\n"
	    "Picture (a cat): https://pbs.example/1\n"
	    "Video: https://pbs.example/2");
	check(&risky, NULL, false, "[sensitive] Reposted @bob: one\ntwo");
	check(&locked, NULL, true, "Dora (@dora, protected): Psst");
	check(&locked2, NULL, true, "@eve (protected): Psst");
	check_how(&risky, &(struct show){ .unmarked = true },
	    "Reposted @bob: one\ntwo");
	check_how(&quote, &(struct show){ .files = true, .unmarked = true },
	    "See\n> @bob: one\n> two\nPicture: a cat\n"
	    "https://pbs.example/1\nhttps://pbs.example/2");
	assert_ptr_equal(show_media(&repost, &n), both);
	assert_int_equal(n, 2);
	(void)show_media(&plain, &n);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shown) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
