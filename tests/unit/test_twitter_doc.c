/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text protocol util */
/* Does spectrum2_twitter_backend(8) know every command and every setting?  The
 * settings are a table inside of config.c: its source is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/macros.h"
#include "util/xalloc.h"

#define PAGE	"man/spectrum2_twitter_backend.8.scd"
#define CONFIG	"backends/twitter/config.c"

static const struct {
	const char	*word, *others;
} words[] = {
#define WORD(name, others, ...)	{ #name, others },
#include "backends/twitter/words.def"
#undef WORD
};
static const char *const prices[] = {
#define PRICE(name, millicents, help)	"price_" #name,
#include "backends/twitter/price.def"
#undef PRICE
};

static char *page;

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text;
	size_t n;

	assert_non_null(f);
	text = xcalloc(1, 1 << 18);
	n = fread(text, 1, (1 << 18) - 1, f);
	assert_in_range(n, 1, (1 << 18) - 2);
	fclose(f);
	return text;
}

/* Returns how many of it the page has not. */
static int
missing(const char *format, const char *name)
{
	char *text;
	int bad;

	text = xasprintf(*format == '#' ? "*#%s*" : *format == '*' ? "*%s*" :
	    "_%s_", name);
	bad = strstr(page, text) == NULL;
	if (bad)
		print_error("%s: no %s\n", PAGE, text);
	free(text);
	return bad;
}

static void
commands(void **state)
{
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(words); i++) {
		char *others = xstrdup(words[i].others), *at = others, *one;

		bad += missing("#", words[i].word);
		while ((one = strsep(&at, " ")) != NULL)
			bad += *one != '\0' ? missing("_", one) : 0;
		free(others);
	}
	assert_int_equal(bad, 0);
}

static void
settings(void **state)
{
	char *source = read_file(CONFIG), *at = source, name[64];
	int bad = 0, n = 0;

	(void)state;
	while ((at = strstr(at, "\tROW(\"")) != NULL) {
		at += strlen("\tROW(\"");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "\""),
		    at);
		bad += missing("*", name);
		n++;
	}
	assert_in_range(n, 15, 100);
	for (size_t i = 0; i < LENGTH(prices); i++)
		bad += missing("*", prices[i]);
	free(source);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(settings),
	};
	int failed;

	page = read_file(PAGE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(page);
	return failed;
}
