/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/files.h"
#include "util/macros.h"

#define A	"https://up.example/a/cat.png"
#define B	"https://up.example/b/dog.mp4"

static void
kinds(void **state)
{
	static const struct {
		const char	*bytes;
		size_t		 n;
		enum file_kind	 kind;
		const char	*type;
	} cases[] = {
#define CASE(bytes, kind, type) { bytes, sizeof(bytes) - 1, kind, type }
		CASE("\xff\xd8\xff\xe0", FILE_PICTURE, "image/jpeg"),
		CASE("\x89PNG\r\n\x1a\n\0", FILE_PICTURE, "image/png"),
		CASE("\x89PNG\r\n\x1a\n", FILE_OTHER, NULL),	/* cut */
		CASE("RIFF\1\2\3\4WEBPVP8 ", FILE_PICTURE, "image/webp"),
		CASE("RIFF\1\2\3\4WAVEfmt ", FILE_OTHER, NULL),
		CASE("GIF89a\1", FILE_ANIMATION, "image/gif"),
		CASE("GIF87a\1", FILE_ANIMATION, "image/gif"),
		CASE("\0\0\0\x18" "ftypmp42", FILE_VIDEO, "video/mp4"),
		CASE("\0\0\0\x18" "ftypisom\0", FILE_VIDEO, "video/mp4"),
		CASE("\0\0\0\x18" "ftypqt  \0", FILE_VIDEO,
		    "video/quicktime"),
		CASE("\0\0\0\x18" "ftypheic\0", FILE_OTHER, NULL),
		CASE("\0\0\0\x18" "ftypavif\0", FILE_OTHER, NULL),
		CASE("\0\0\0\x18" "ftypmp4", FILE_OTHER, NULL),
		CASE("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", FILE_VIDEO,
		    "video/webm"),
		CASE("\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", FILE_OTHER,
		    NULL),
		CASE("\x1a\x45\xdf\xa3", FILE_OTHER, NULL),
		CASE("<html><img src=\"webm\">", FILE_OTHER, NULL),
		CASE("%PDF-1.7", FILE_OTHER, NULL),
		CASE("", FILE_OTHER, NULL),
#undef CASE
	};
	const char *type;
	char *copy;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		copy = malloc(cases[i].n + 1);	/* sees what is read beyond */
		copy = realloc(copy, cases[i].n > 0 ? cases[i].n : 1);
		memcpy(copy, cases[i].bytes, cases[i].n);
		if (files_kind(copy, cases[i].n, &type) != cases[i].kind)
			fail_msg("case %zu: another kind", i);
		if ((type == NULL) != (cases[i].type == NULL) ||
		    (type != NULL && strcmp(type, cases[i].type) != 0))
			fail_msg("case %zu: %s", i, type ? type : "none");
		free(copy);
	}
}

static void
texts(void **state)
{
	static const char *const cases[][2] = {
		{ A, "" }, { "\n " A " \r\n\n", "" },
		{ "Look!\n" A, "Look!" }, { A "\nLook!", "Look!" },
		{ "one\n" A "\n" B "\ntwo", "one\ntwo" },
		{ "see " A " there", "see " A " there" },
		{ A "?x\n" A, A "?x" },
		{ "  a\n\nb \n", "a\n\nb" }, { "", "" }, { "\n\n", "" },
		{ "other\nhttps://up.example/", "other\nhttps://up.example/" },
	};
	struct msg_attachment files[] = { { .url = A }, { .url = B } };
	char *text;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		text = files_text(cases[i][0], files, 2);
		if (strcmp(text, cases[i][1]) != 0)
			fail_msg("case %zu: \"%s\"", i, text);
		free(text);
	}
	text = files_text("x\n" A, files, 0);
	assert_string_equal(text, "x\n" A);
	free(text);
}

static void
descriptions(void **state)
{
	static const struct {
		const char	*name;
		bool		 says;
	} cases[] = {
		{ NULL, false }, { "", false }, { "cat.png", false },
		{ "IMG 2024.JPG", false }, { "holiday", false },
		{ "a cat on a wall", true }, { "What a day. Really", true },
		{ "my file.jpeg", false }, { "Anna v. Bob", true },
		{ "a cat on a wall.", true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct msg_attachment a = { .name = cases[i].name };

		if ((files_description(&a) != NULL) != cases[i].says)
			fail_msg("case %zu", i);
	}
}

static void
multipart(void **state)
{
	static const char want[] = "--XyZ\r\n"
	    "Content-Disposition: form-data; name=\"segment_index\"\r\n\r\n"
	    "7\r\n--XyZ\r\n"
	    "Content-Disposition: form-data; name=\"media\"; "
	    "filename=\"media\"\r\n"
	    "Content-Type: application/octet-stream\r\n\r\n"
	    "a\0\r\n--b\r\n--XyZ--\r\n";
	struct buf b = { 0 };

	(void)state;
	files_multipart(&b, "XyZ", 7, "a\0\r\n--b", 7);
	assert_int_equal(buf_len(&b), sizeof(want) - 1);
	assert_memory_equal(buf_data(&b), want, sizeof(want) - 1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(texts),
		cmocka_unit_test(descriptions),
		cmocka_unit_test(multipart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
