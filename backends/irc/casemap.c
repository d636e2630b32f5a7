/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lower case as the server sees it, so that Bob[] and bob{} are one person
 * where it says so and two where it does not. */
#include "backends/irc/casemap.h"

#include <strings.h>

#include "util/utf8.h"

enum casemap
casemap_parse(const char *name)
{
	if (strcasecmp(name, "rfc1459") == 0)
		return CASEMAP_RFC1459;
	if (strcasecmp(name, "strict-rfc1459") == 0 ||
	    strcasecmp(name, "rfc1459-strict") == 0)
		return CASEMAP_STRICT;
	return CASEMAP_ASCII;
}

/* The letters are 'A' to the last one that has a lower case, all of them
 * 32 below theirs. */
static const char last[] = {
	[CASEMAP_RFC1459] = '^',
	[CASEMAP_STRICT] = ']',
	[CASEMAP_ASCII] = 'Z',
};

static char
lower(enum casemap map, char c)
{
	return c >= 'A' && c <= last[map] ? (char)(c + 32) : c;
}

char *
casemap_fold(enum casemap map, char out[NAME_MAX_BYTES], const char *name)
{
	size_t n = 0;

	while (name[n] != '\0' && n < NAME_MAX_BYTES - 1) {
		out[n] = lower(map, name[n]);
		n++;
	}
	if (name[n] != '\0')
		n = utf8_cut(name, n + 1, n);
	out[n] = '\0';
	return out;
}

bool
casemap_equal(enum casemap map, const char *a, const char *b)
{
	while (*a != '\0' && lower(map, *a) == lower(map, *b)) {
		a++;
		b++;
	}
	return lower(map, *a) == lower(map, *b);
}
