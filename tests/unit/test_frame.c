/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: protocol util */
/* Every format of MessagePack, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/frame.h"

#define BYTES(literal)	literal, sizeof(literal) - 1

/* Each row is one value and nothing more. */
static const struct {
	const char	*name;
	const char	*bytes;
	size_t		 len;
} values[] = {
	{ "positive fixint",	BYTES("\x7f") },
	{ "negative fixint",	BYTES("\xe0") },
	{ "nil",		BYTES("\xc0") },
	{ "false",		BYTES("\xc2") },
	{ "true",		BYTES("\xc3") },
	{ "fixstr",		BYTES("\xa3" "abc") },
	{ "fixstr, empty",	BYTES("\xa0") },
	{ "str 8",		BYTES("\xd9\x02" "ab") },
	{ "str 16",		BYTES("\xda\x00\x02" "ab") },
	{ "str 32",		BYTES("\xdb\x00\x00\x00\x02" "ab") },
	{ "bin 8",		BYTES("\xc4\x01" "a") },
	{ "bin 16",		BYTES("\xc5\x00\x01" "a") },
	{ "bin 32",		BYTES("\xc6\x00\x00\x00\x01" "a") },
	{ "bin 8, empty",	BYTES("\xc4\x00") },
	{ "uint 8",		BYTES("\xcc\x01") },
	{ "uint 16",		BYTES("\xcd\x01\x02") },
	{ "uint 32",		BYTES("\xce\x01\x02\x03\x04") },
	{ "uint 64",		BYTES("\xcf\x01\x02\x03\x04\x05\x06\x07\x08") },
	{ "int 8",		BYTES("\xd0\x01") },
	{ "int 16",		BYTES("\xd1\x01\x02") },
	{ "int 32",		BYTES("\xd2\x01\x02\x03\x04") },
	{ "int 64",		BYTES("\xd3\x01\x02\x03\x04\x05\x06\x07\x08") },
	{ "float 32",		BYTES("\xca\x01\x02\x03\x04") },
	{ "float 64",		BYTES("\xcb\x01\x02\x03\x04\x05\x06\x07\x08") },
	{ "fixext 1",		BYTES("\xd4\x01" "a") },
	{ "fixext 2",		BYTES("\xd5\x01" "ab") },
	{ "fixext 4",		BYTES("\xd6\x01" "abcd") },
	{ "fixext 8",		BYTES("\xd7\x01" "abcdefgh") },
	{ "fixext 16",		BYTES("\xd8\x01" "abcdefghijklmnop") },
	{ "ext 8",		BYTES("\xc7\x02\x01" "ab") },
	{ "ext 16",		BYTES("\xc8\x00\x02\x01" "ab") },
	{ "ext 32",		BYTES("\xc9\x00\x00\x00\x02\x01" "ab") },
	{ "ext 8, empty",	BYTES("\xc7\x00\x01") },
	{ "fixarray",		BYTES("\x92\xc0\xa1" "a") },
	{ "fixarray, empty",	BYTES("\x90") },
	{ "array 16",		BYTES("\xdc\x00\x01\xc0") },
	{ "array 16, empty",	BYTES("\xdc\x00\x00") },
	{ "array 32",		BYTES("\xdd\x00\x00\x00\x02\xc0\xc0") },
	{ "fixmap",		BYTES("\x81\xa1" "k\xc0") },
	{ "fixmap, empty",	BYTES("\x80") },
	{ "map 16",		BYTES("\xde\x00\x01\xa1" "k\xc0") },
	{ "map 32",		BYTES("\xdf\x00\x00\x00\x01\xa1" "k\xc0") },
	{ "nested",		BYTES("\x93\x92\x81\xa1" "k\x90\x80\x91\x91\xa0"
				    "\xcd\x00\x01") },
	{ "16 levels",		BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
				    "\x91\x91\x91\x91\x91\x90") },
};

/* The first n bytes as a block of exactly that size. */
static int
scan(struct frame *f, const char *bytes, size_t n, size_t *len)
{
	char *block = malloc(n);
	const char *why;
	int got;

	memcpy(block, bytes, n);
	got = frame_scan(f, block, n, len, &why);
	free(block);
	return got;
}

static void
every_format_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct frame f = { 0 };
		size_t len = 0;

		for (size_t n = 0; n < values[i].len; n++) {
			if (scan(&f, values[i].bytes, n, &len) != 0)
				fail_msg("%s: whole after %zu bytes",
				    values[i].name, n);
		}
		if (scan(&f, values[i].bytes, values[i].len, &len) != 1 ||
		    len != values[i].len)
			fail_msg("%s: not whole", values[i].name);
	}
}

/* One after the other through one frame: it is ready for the next each time,
 * and does not look past the end. */
static void
every_format_in_a_row(void **state)
{
	struct frame f = { 0 };
	char all[512];
	size_t n = 0, at = 0, len;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		memcpy(all + n, values[i].bytes, values[i].len);
		n += values[i].len;
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_int_equal(frame_scan(&f, all + at, n - at, &len, &why),
		    1);
		if (len != values[i].len)
			fail_msg("%s: %zu bytes", values[i].name, len);
		at += len;
	}
	assert_int_equal(at, n);
}

/* A long message that comes in small pieces is not read from its beginning
 * each time: frame.at only grows. */
static void
goes_on_where_it_was(void **state)
{
	enum { N = 100000 };
	static char bytes[5 + N];
	struct frame f = { 0 };
	const char *why;
	size_t len;

	(void)state;
	memcpy(bytes, "\xdd\x00\x01\x86\xa0", 5);
	memset(bytes + 5, 0xc0, N);
	for (size_t n = 5; n < sizeof(bytes); n += 10) {
		size_t before = f.at;

		assert_int_equal(frame_scan(&f, bytes, n, &len, &why), 0);
		assert_true(f.at >= before && f.at == n);
	}
	assert_int_equal(frame_scan(&f, bytes, sizeof(bytes), &len, &why), 1);
	assert_int_equal(len, sizeof(bytes));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_byte_by_byte),
		cmocka_unit_test(every_format_in_a_row),
		cmocka_unit_test(goes_on_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
