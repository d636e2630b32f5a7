/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* What strangers call their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "backends/purple/filename.h"
#include "util/macros.h"
#include "util/utf8.h"

static const struct {
	const char	*name, *format, *public, *type;
} names[] = {
	{ "notes.txt", NULL, "notes.txt", "text/plain" },
	{ "Movie Night (1).MP4", NULL, "Movie_Night_1.mp4", "video/mp4" },
	{ "photo.jpg", "jpeg", "photo.jpg", NULL },
	{ "photo", "png", "photo.png", NULL },
	{ "photo.png.exe", "png", "photo_png.png", NULL },
	/* No picture, whatever it says. */
	{ "photo.png", NULL, "photo.bin", "application/octet-stream" },
	{ "evil.php", NULL, "evil.bin", "application/octet-stream" },
	{ "evil.php.txt", NULL, "evil_php.txt", "text/plain" },
	{ "page.html", NULL, "page.bin", "application/octet-stream" },
	{ "page.svg", NULL, "page.bin", "application/octet-stream" },
	{ ".htaccess", NULL, "file.bin", "application/octet-stream" },
	{ "../../etc/passwd", NULL, "passwd.bin", "application/octet-stream" },
	{ "..\\..\\boot.ini", NULL, "boot.bin", "application/octet-stream" },
	{ "", NULL, "file.bin", "application/octet-stream" },
	{ "...", NULL, "file.bin", "application/octet-stream" },
	{ "\u00fcbung.pdf", NULL, "bung.pdf", "application/pdf" },
	{ "a\"><b>.pdf", NULL, "a_b.pdf", "application/pdf" },
	{ "x.", NULL, "x.bin", "application/octet-stream" },
};

static void
test_public(void **state)
{
	char out[FILENAME_MAX_BYTES];
	const char *type;

	(void)state;
	for (size_t i = 0; i < LENGTH(names); i++) {
		print_message("%s\n", names[i].name);
		type = filename_public(names[i].name, names[i].format, out);
		assert_string_equal(out, names[i].public);
		if (names[i].type != NULL)
			assert_string_equal(type, names[i].type);
	}
}

static void
test_shown(void **state)
{
	char out[FILENAME_MAX_BYTES], longest[1000];

	(void)state;
	filename_shown("a/b/\u00fcbung 1.pdf", out);
	assert_string_equal(out, "\u00fcbung 1.pdf");
	filename_shown(".profile", out);
	assert_string_equal(out, "_profile");
	filename_shown("..", out);
	assert_string_equal(out, "_.");
	filename_shown("dir/", out);
	assert_string_equal(out, "file");
	filename_shown("a\nb\x7f.txt\xff", out);
	assert_string_equal(out, "a_b_.txt?");
	memset(longest, 'x', sizeof(longest));
	strcpy(longest + sizeof(longest) - 5, ".pdf");
	filename_shown(longest, out);
	assert_int_equal(strlen(out), FILENAME_MAX_BYTES - 1);
	assert_string_equal(out + strlen(out) - 4, ".pdf");
	filename_public(longest, NULL, out);
	assert_true(strlen(out) < FILENAME_MAX_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
