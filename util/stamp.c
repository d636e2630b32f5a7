/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time stamps: a date, a time, perhaps a fraction, and how far from UTC. */
#include "util/stamp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ".5" is 500 ms, ".1234" is 123; *s moves on. */
static int64_t
parse_fraction(const char **s)
{
	int64_t ms = 0, unit = 100;

	if (**s != '.')
		return 0;
	for (++*s; isdigit((unsigned char)**s); ++*s, unit /= 10)
		ms += (**s - '0') * unit;
	return ms;
}

/* In minutes; -1: it is no offset. */
static int
parse_offset(const char *s, int *minutes)
{
	int h = 0, m = 0;

	*minutes = 0;
	if (*s == '\0' || strcmp(s, "Z") == 0)
		return 0;
	if ((*s != '+' && *s != '-') || sscanf(s + 1, "%2d:%2d", &h, &m) != 2)
		return -1;
	*minutes = (h * 60 + m) * (*s == '-' ? -1 : 1);
	return 0;
}

int64_t
stamp_parse(const char *s)
{
	struct tm tm = { 0 };
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ms;
	int minutes;
	time_t t;

	if (rest == NULL) {
		memset(&tm, 0, sizeof(tm));
		rest = strptime(s, "%Y%m%dT%H:%M:%S", &tm);
	}
	if (rest == NULL)
		return 0;
	ms = parse_fraction(&rest);
	if (parse_offset(rest, &minutes) < 0 ||
	    (t = timegm(&tm)) == (time_t)-1)
		return 0;
	return ((int64_t)t - minutes * 60) * 1000 + ms;
}
