/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/map.h"
#include "util/xalloc.h"

static void
put_get_remove(void **state)
{
	struct map m = { 0 };
	int one = 1, two = 2;

	(void)state;
	assert_null(map_get(&m, "a"));
	assert_null(map_remove(&m, "a"));
	assert_null(map_put(&m, "a", &one));
	assert_ptr_equal(map_put(&m, "a", &two), &one);
	assert_ptr_equal(map_get(&m, "a"), &two);
	assert_int_equal(map_count(&m), 1);
	assert_ptr_equal(map_remove(&m, "a"), &two);
	assert_null(map_get(&m, "a"));
	assert_int_equal(map_count(&m), 0);
	map_finish(&m);
}

/* Removing every other entry while walking must visit each entry once. */
static void
remove_while_walking(void **state)
{
	struct map m = { 0 };
	size_t at = 0, seen = 0;
	char *key;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		key = xasprintf("key %d", i);
		map_put(&m, key, key);
	}
	while ((key = map_next(&m, &at)) != NULL) {
		if (++seen % 2 == 0)
			continue;
		assert_ptr_equal(map_remove(&m, key), key);
		free(key);
	}
	assert_int_equal(seen, 1000);
	assert_int_equal(map_count(&m), 500);
	for (at = 0; (key = map_next(&m, &at)) != NULL;)
		free(key);
	map_finish(&m);
}

/* A key that comes and goes for ever must not make the table grow. */
static void
graves_are_cleared(void **state)
{
	struct map m = { 0 };
	char key[16];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		map_put(&m, key, &m);
		map_remove(&m, key);
	}
	assert_true(m.size <= 16);
	map_finish(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_get_remove),
		cmocka_unit_test(remove_while_walking),
		cmocka_unit_test(graves_are_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
