/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "manager/store/seal.h"
#include "util/xalloc.h"

static char dir[] = "/tmp/test_seal.XXXXXX";
static char path[64];
static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/key", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	arena_free(&arena);
	return rmdir(dir);
}

static struct seal *
must_open(bool make)
{
	char *why = NULL;
	struct seal *s = seal_open(path, make, &why);

	if (s == NULL)
		fail_msg("%s", why);
	return s;
}

static void
must_refuse(const char *what)
{
	char *why = NULL;

	assert_null(seal_open(path, true, &why));
	if (strstr(why, what) == NULL || strstr(why, path) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, what);
	free(why);
}

static void
round_trips(void **state)
{
	static const char *const passwords[] = {
		"", "x", "correct horse", "h\xc3\xa5 \xe2\x82\xac", "$sp2$1$",
	};
	struct seal *s = must_open(true);
	const char *sealed;

	(void)state;
	for (size_t i = 0; i < LENGTH(passwords); i++) {
		sealed = seal_wrap(s, &arena, "a@b", passwords[i]);
		assert_string_equal(seal_unwrap(s, &arena, "a@b", sealed),
		    passwords[i]);
		if (i > 0) {
			assert_true(seal_is_sealed(sealed));
			assert_null(seal_unwrap(s, &arena, "c@b", sealed));
		}
	}
	assert_string_equal(seal_unwrap(s, &arena, "a@b", "plain"), "plain");
	seal_close(s);
	seal_close(NULL);
}

static void
fits_the_column(void **state)
{
	struct seal *s = must_open(true);
	char longest[147];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_true(strlen(seal_wrap(s, &arena, "a@b", longest)) <= 255);
	seal_close(s);
}

static void
damaged_texts(void **state)
{
	static const char *const cases[] = {
		"$sp2$1$", "$sp2$1$!", "$sp2$1$AAAA", "$sp2$1$AAAA=",
		"$sp2$1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	struct seal *s = must_open(true);
	char *bent;
	const char *sealed;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_null(seal_unwrap(s, &arena, "a@b", cases[i]));
	sealed = seal_wrap(s, &arena, "a@b", "secret");
	for (size_t i = 7; sealed[i] != '\0'; i++) {
		bent = arena_strdup(&arena, sealed);
		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		assert_null(seal_unwrap(s, &arena, "a@b", bent));
		bent = arena_strndup(&arena, sealed, i);
		assert_null(seal_unwrap(s, &arena, "a@b", bent));
	}
	seal_close(s);
}

/* Boxes open for the same purpose only, and not with a bit changed. */
static void
boxes(void **state)
{
	static const unsigned char data[] = "\0a\xff\0b";
	struct seal *s = must_open(true);
	size_t size, len;
	unsigned char *box, *copy;

	(void)state;
	box = seal_box(s, &arena, "spool/a@b", data, sizeof(data), &size);
	copy = arena_alloc(&arena, size);
	memcpy(copy, box, size);
	copy = seal_unbox(s, "spool/a@b", copy, size, &len);
	assert_non_null(copy);
	assert_int_equal(len, sizeof(data));
	assert_memory_equal(copy, data, sizeof(data));
	copy = arena_alloc(&arena, size);
	memcpy(copy, box, size);
	assert_null(seal_unbox(s, "a@b", copy, size, &len));
	for (size_t i = 0; i < size; i++) {
		memcpy(copy, box, size);
		copy[i] ^= 1;
		assert_null(seal_unbox(s, "spool/a@b", copy, size, &len));
		memcpy(copy, box, size);
		assert_null(seal_unbox(s, "spool/a@b", copy, i, &len));
	}
	box = seal_box(s, &arena, "", NULL, 0, &size);
	assert_non_null(seal_unbox(s, "", box, size, &len));
	assert_int_equal(len, 0);
	seal_close(s);
}

static void
key_is_kept(void **state)
{
	struct seal *s;
	struct stat st;
	const char *sealed;

	(void)state;
	unlink(path);
	s = must_open(true);
	sealed = seal_wrap(s, &arena, "a@b", "secret");
	seal_close(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	s = must_open(false);
	assert_string_equal(seal_unwrap(s, &arena, "a@b", sealed), "secret");
	seal_close(s);
	unlink(path);
	s = must_open(true);
	assert_null(seal_unwrap(s, &arena, "a@b", sealed));
	seal_close(s);
}

static void
put_file(const char *text, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, mode);
	close(fd);
}

static void
bad_key_files(void **state)
{
	static const char good[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
	char *why = NULL;

	(void)state;
	put_file("", 0600);
	must_refuse("damaged");
	put_file("AAAA\n", 0600);
	must_refuse("damaged");
	put_file("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 0600);
	must_refuse("damaged");
	put_file("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nA", 0600);
	must_refuse("damaged");
	put_file(good, 0640);
	must_refuse("0600");
	put_file(good, 0604);
	must_refuse("0600");
	put_file(good, 0600);
	seal_close(must_open(false));
	unlink(path);
	assert_null(seal_open(path, false, &why));
	assert_non_null(strstr(why, "No such file"));
	free(why);
	assert_null(seal_open("/nonexistent/key", true, &why));
	assert_non_null(strstr(why, "cannot be made"));
	free(why);
	/* A directory of that name. */
	assert_int_equal(mkdir(path, 0700), 0);
	must_refuse("");
	rmdir(path);
}

/* "secret" under the key "key": each byte is the sum. */
static void
masked_by_the_old_program(void **state)
{
	(void)state;
	assert_string_equal(seal_unmask(&arena, "key", "3src3crt"), "secret");
	assert_string_equal(seal_unmask(&arena, "", "plain"), "plain");
	assert_null(seal_unmask(&arena, "key", "not base64!"));
	assert_string_equal(seal_unmask(&arena, "key", ""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(fits_the_column),
		cmocka_unit_test(damaged_texts),
		cmocka_unit_test(boxes),
		cmocka_unit_test(key_is_kept),
		cmocka_unit_test(bad_key_files),
		cmocka_unit_test(masked_by_the_old_program),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
