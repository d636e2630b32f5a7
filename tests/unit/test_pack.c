/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: util */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/pack.h"

static void
test_tree(void **state)
{
	struct packer p = { 0 };
	struct unpacker *u;
	const struct packed *root, *list;
	size_t len;

	(void)state;
	pack_map(&p, NULL);
	pack_str(&p, "name", "ana");
	pack_str(&p, "none", NULL);
	pack_int(&p, "least", INT64_MIN);
	pack_num(&p, "when", 1.5);
	pack_bool(&p, "yes", true);
	pack_bin(&p, "bytes", "a\0b", 3);
	pack_list(&p, "rooms");
	for (int i = 0; i < 300; i++) {
		pack_map(&p, NULL);
		pack_int(&p, "i", i);
		pack_end(&p);
	}
	pack_str(&p, NULL, "last");
	pack_end(&p);
	pack_end(&p);

	u = unpack_open(buf_data(&p.out), buf_len(&p.out));
	assert_non_null(u);
	root = unpack_root(u);
	assert_string_equal(packed_str(root, "name"), "ana");
	assert_null(packed_str(root, "none"));
	assert_null(packed_str(root, "least"));
	assert_true(packed_int(root, "least", 0) == INT64_MIN);
	assert_int_equal(packed_int(root, "name", 7), 7);
	assert_true(packed_num(root, "when", 0) == 1.5);
	assert_true(packed_bool(root, "yes", false));
	assert_true(packed_bool(root, "no", true));
	assert_memory_equal(packed_bin(root, "bytes", &len), "a\0b", 3);
	assert_int_equal(len, 3);
	list = packed_get(root, "rooms");
	assert_int_equal(packed_count(list), 301);
	assert_int_equal(packed_int(packed_at(list, 299), "i", -1), 299);
	assert_string_equal(packed_str(packed_at(list, 300), NULL), "last");
	assert_null(packed_at(list, 301));
	assert_int_equal(packed_count(packed_get(root, "absent")), 0);
	assert_null(packed_get(NULL, "x"));
	unpack_close(u);
	pack_free(&p);
}

static void
test_descriptors(void **state)
{
	struct packer p = { 0 };
	struct unpacker *u;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	pack_map(&p, NULL);
	pack_fd(&p, "null", fd);
	pack_fd(&p, "none", -1);
	pack_int(&p, "closed", 1000000);
	pack_end(&p);
	pack_keep_fds(&p, true);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	pack_keep_fds(&p, false);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	pack_keep_fds(&p, true);
	u = unpack_open(buf_data(&p.out), buf_len(&p.out));
	assert_non_null(u);
	assert_int_equal(packed_fd(unpack_root(u), "null"), fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(packed_fd(unpack_root(u), "none"), -1);
	assert_int_equal(packed_fd(unpack_root(u), "closed"), -1);
	unpack_close(u);
	pack_free(&p);
	close(fd);
}

static void
test_garbage(void **state)
{
	struct packer p = { 0 };

	(void)state;
	assert_null(unpack_open("", 0));
	assert_null(unpack_open("\xc1", 1));
	assert_null(unpack_open("\x05", 1));	/* no map */
	pack_map(&p, NULL);
	pack_str(&p, "name", "ana");
	pack_end(&p);
	for (size_t n = 0; n < buf_len(&p.out); n++)
		assert_null(unpack_open(buf_data(&p.out), n));
	pack_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
