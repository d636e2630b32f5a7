/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/texts.h"

static void
kept(void **state)
{
	struct texts t = { 0 };

	(void)state;
	assert_null(texts_get(&t, "a"));
	texts_put(&t, "a", NULL);
	texts_put(&t, "a", "one");
	texts_put(&t, "b", "");
	assert_string_equal(texts_get(&t, "a"), "one");
	assert_string_equal(texts_get(&t, "b"), "");
	assert_int_equal(texts_count(&t), 2);
	assert_int_equal(t.bytes, 3);

	/* A new value may be a part of the old one. */
	texts_put(&t, "a", texts_get(&t, "a") + 1);
	assert_string_equal(texts_get(&t, "a"), "ne");
	assert_int_equal(t.bytes, 2);

	texts_put(&t, "a", NULL);
	assert_null(texts_get(&t, "a"));
	assert_int_equal(texts_count(&t), 1);
	assert_int_equal(t.bytes, 0);
	texts_finish(&t);
	assert_int_equal(texts_count(&t), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
