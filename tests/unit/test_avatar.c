/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* The pictures at hand: how many, under which names, and base64. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/avatar.h"

static void
named(void **state)
{
	const struct avatar *a;

	(void)state;
	a = avatar_keep(kit.gw, "image/gif", "abc", 3);
	assert_string_equal(a->id, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_string_equal(a->type, "image/gif");
	assert_ptr_equal(avatar_find(kit.gw, a->id), a);
	assert_null(avatar_find(kit.gw, NULL));
	assert_null(avatar_find(kit.gw, "a9993e"));
	/* The same once more: the newest word on what it is. */
	assert_ptr_equal(avatar_keep(kit.gw, NULL, "abc", 3), a);
	assert_string_equal(a->type, "image/gif");
	avatar_keep(kit.gw, "image/webp", "abc", 3);
	assert_string_equal(a->type, "image/webp");
	avatar_keep(kit.gw, "text/html", "abc", 3);
	assert_string_equal(a->type, "image/png");
	assert_null(avatar_keep(kit.gw, "image/png", "", 0));
}

static void
bounded(void **state)
{
	static unsigned char huge[AVATAR_MAX + 1];
	char first[AVATAR_ID_SIZE], second[AVATAR_ID_SIZE];

	(void)state;
	assert_null(avatar_keep(kit.gw, NULL, huge, sizeof(huge)));
	memcpy(first, avatar_keep(kit.gw, NULL, huge, AVATAR_MAX)->id,
	    sizeof(first));
	huge[0] = 1;
	memcpy(second, avatar_keep(kit.gw, NULL, huge, AVATAR_MAX)->id,
	    sizeof(second));
	for (int i = 2; i < 100; i++) {
		huge[0] = (unsigned char)i;
		assert_non_null(avatar_keep(kit.gw, NULL, huge, AVATAR_MAX));
		/* Who is asked for stays. */
		assert_non_null(avatar_find(kit.gw, first));
		later_run();
	}
	assert_null(avatar_find(kit.gw, second));
}

/* One user's are one, unless the network has told of them, too. */
static void
published(void **state)
{
	char one[AVATAR_ID_SIZE], two[AVATAR_ID_SIZE];

	(void)state;
	appear();
	memcpy(one, avatar_publish(ana(), "one", 3)->id, sizeof(one));
	assert_non_null(avatar_publish(ana(), "one", 3));
	assert_non_null(avatar_find(kit.gw, one));
	memcpy(two, avatar_publish(ana(), "two", 3)->id, sizeof(two));
	assert_null(avatar_find(kit.gw, one));
	avatar_keep(kit.gw, "image/png", "two", 3);
	assert_non_null(avatar_publish(ana(), "one", 3));
	assert_non_null(avatar_find(kit.gw, two));
	assert_null(avatar_publish(ana(), "", 0));
}

static void
base64(void **state)
{
	static const struct {
		const char *text, *data;
	} cases[] = {
		{ "YWJj", "abc" }, { "YWI=", "ab" }, { "YQ==", "a" },
		{ " YW\n Jj\r\n", "abc" }, { "YWJ", NULL }, { "", NULL },
		{ "Y===", NULL }, { "!!!!", NULL }, { "====", NULL },
	};
	struct arena a = { 0 };
	struct bin b;
	char *text;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		b = avatar_decode(&a, cases[i].text);
		if (cases[i].data == NULL)
			assert_int_equal(b.len, 0);
		else if (b.len != strlen(cases[i].data) ||
		    memcmp(b.data, cases[i].data, b.len) != 0)
			fail_msg("%s", cases[i].text);
	}
	text = avatar_encode("ab", 2);
	assert_string_equal(text, "YWI=");
	free(text);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(named),
		gateway_test(bounded),
		gateway_test(published),
		gateway_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
