/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/meant.h"
#include "util/macros.h"

#define POST	"1900000000000000001"

static void
posts(void **state)
{
	static const char *const cases[][2] = {
		{ POST, POST }, { POST ".1", POST }, { POST ".12", POST },
		{ "7", "7" }, { "18446744073709551615",
		    "18446744073709551615" },
		{ "184467440737095516150", NULL },
		{ "", NULL }, { "0", NULL }, { "007", NULL }, { ".1", NULL },
		{ POST ".", NULL }, { POST ".x", NULL },
		{ POST ".1.1", NULL }, { POST "x", NULL },
		{ " " POST, NULL }, { "-1", NULL }, { "dm-" POST, NULL },
		{ "a1b2", NULL },
	};
	char id[PAGE_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		bool is = meant_post(cases[i][0], id);

		if (is != (cases[i][1] != NULL) ||
		    (is && strcmp(id, cases[i][1]) != 0))
			fail_msg("%s", cases[i][0]);
	}
}

static void
commands(void **state)
{
	static const char *const cases[][2] = {
		{ "#like", "#like " POST },
		{ " #repost\n", "#repost " POST "\n" },
		{ "#delete", "#delete " POST }, { "#del", "#del " POST },
		{ "#thread", "#thread " POST },
		{ "#quote be careful", "#quote " POST " be careful" },
		{ "#reply\nTwo lines", "#reply " POST "\nTwo lines" },
		{ "#undo", "#undo " POST },
		/* These say what they mean, or mean no post. */
		{ "#like 4f", NULL }, { "#post Hello", NULL },
		{ "#thread It goes on", NULL }, { "#help", NULL },
		{ "#quote", NULL }, { "#hashtag", NULL }, { "#", NULL },
		{ "like", NULL }, { "", NULL }, { "a #like", NULL },
		{ "#follow", NULL }, { "#mode", NULL },
	};
	char *line;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		line = meant_command(cases[i][0], POST);
		if ((line == NULL) != (cases[i][1] == NULL) ||
		    (line != NULL && strcmp(line, cases[i][1]) != 0))
			fail_msg("%s: %s", cases[i][0], line ? line : "none");
		free(line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
