/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text is a row of addresses, emoji and characters.  Each has a weight. */
#include "backends/twitter/count.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/macros.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define DOMAIN_MAX	253
#define JOINER		0x200d
#define AS_EMOJI	0xfe0f
#define KEYCAP		0x20e3

struct range {
	uint32_t	 first, last;
};

/* Of weight 1; all others 2. */
static const struct range light[] = {
	{ 0x0000, 0x10ff }, { 0x2000, 0x200d }, { 0x2010, 0x201f },
	{ 0x2032, 0x2037 },
};

/* What may be an emoji or begin one (Unicode, Extended_Pictographic; the gaps
 * are characters that nobody joins). */
static const struct range pictures[] = {
	{ 0x203c, 0x203c }, { 0x2049, 0x2049 }, { 0x2122, 0x2122 },
	{ 0x2139, 0x2139 }, { 0x2194, 0x21aa }, { 0x231a, 0x23ff },
	{ 0x24c2, 0x24c2 }, { 0x25aa, 0x27bf }, { 0x2934, 0x2935 },
	{ 0x2b05, 0x2b55 }, { 0x3030, 0x3030 }, { 0x303d, 0x303d },
	{ 0x3297, 0x3299 }, { 0x1f000, 0x1f1e5 }, { 0x1f200, 0x1faff },
};
static const struct range flag_letters[] = { { 0x1f1e6, 0x1f1ff } };
static const struct range skin_tones[] = { { 0x1f3fb, 0x1f3ff } };
static const struct range tags[] = { { 0xe0020, 0xe007f } };

/* Domains in which an address needs no https:// to be seen. */
static const char *const domains[] = {
	"com", "net", "org", "info", "biz", "edu", "gov", "io", "co", "tv",
	"app", "dev", "ai", "me",
};

static bool
within(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}
#define WITHIN(c, ranges)	within(c, ranges, LENGTH(ranges))

/* Its length; what is no UTF-8 is a character of one byte. */
static size_t
next(const char *s, uint32_t *c)
{
	size_t n = utf8_next(s, strnlen(s, 4), c);

	if (n > 0)
		return n;
	*c = *s != '\0' ? 0xfffd : 0;
	return *s != '\0';
}

/* The next one, if it is among these. */
static size_t
skip(const char *s, const struct range *ranges, size_t n)
{
	uint32_t c;
	size_t step = next(s, &c);

	return step > 0 && within(c, ranges, n) ? step : 0;
}
#define SKIP(s, ranges)		skip(s, ranges, LENGTH(ranges))

static size_t
skip_one(const char *s, uint32_t wanted)
{
	const struct range r = { wanted, wanted };

	return skip(s, &r, 1);
}

/* -------------------------------------------------------------------- emoji */

/* A picture with what colours it. */
static size_t
picture(const char *s)
{
	size_t n = SKIP(s, pictures), step;

	if (n == 0)
		return 0;
	n += skip_one(s + n, AS_EMOJI);
	n += SKIP(s + n, skin_tones);
	while ((step = SKIP(s + n, tags)) > 0)
		n += step;
	return n;
}

/* Its length in bytes; 0: there is none here. */
static size_t
emoji(const char *s)
{
	size_t n, step, joiner;

	if (*s != '\0' && strchr("0123456789#*", *s) != NULL) {
		n = 1 + skip_one(s + 1, AS_EMOJI);
		step = skip_one(s + n, KEYCAP);
		return step > 0 ? n + step : 0;
	}
	if ((n = skip_one(s, 0xa9)) > 0 || (n = skip_one(s, 0xae)) > 0) {
		step = skip_one(s + n, AS_EMOJI);
		return step > 0 ? n + step : 0;
	}
	if ((n = SKIP(s, flag_letters)) > 0)
		return n + SKIP(s + n, flag_letters);
	n = picture(s);
	while (n > 0 && (joiner = skip_one(s + n, JOINER)) > 0 &&
	    (step = picture(s + n + joiner)) > 0)
		n += joiner + step;
	return n;
}

/* ---------------------------------------------------------------- addresses */

static bool
is_host(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static bool
is_known_domain(const char *s, size_t n)
{
	for (size_t i = 0; i < LENGTH(domains); i++)
		if (strlen(domains[i]) == n &&
		    strncasecmp(s, domains[i], n) == 0)
			return true;
	return false;
}

/* The length of a name with a dot in it, which ends in letters. */
static size_t
host(const char *s, bool known)
{
	size_t n = 0, dot, len;

	while (n <= DOMAIN_MAX && is_host(s[n]))
		n++;
	while (n > 0 && strchr(".-_", s[n - 1]) != NULL)
		n--;
	for (dot = n; dot > 0 && s[dot - 1] != '.'; dot--)
		;
	len = n - dot;
	if (n > DOMAIN_MAX || dot < 2 || len < 2 || *s == '.' || *s == '-' ||
	    s[dot - 2] == '.')
		return 0;
	for (size_t i = dot; i < n; i++)
		if (isdigit((unsigned char)s[i]) || s[i] == '_')
			return 0;
	return !known || is_known_domain(s + dot, len) ? n : 0;
}

/* What follows the host, without the punctuation of the sentence. */
static size_t
rest(const char *s)
{
	size_t n = strspn(s, ":0123456789"), open = 0, closed = 0;

	if (s[0] != ':' || n < 2)
		n = 0;
	if (s[n] != '/' && s[n] != '?')
		return n;
	while (isalnum((unsigned char)s[n]) ||
	    (s[n] != '\0' && strchr("!*';:=+,.$/%#[]-_~&|@()?", s[n]))) {
		open += s[n] == '(';
		closed += s[n] == ')';
		n++;
	}
	for (; n > 0; n--) {
		if (s[n - 1] == ')' && closed <= open)
			break;
		closed -= s[n - 1] == ')';
		open -= s[n - 1] == '(';
		if (isalnum((unsigned char)s[n - 1]) ||
		    strchr("=_#/+-&", s[n - 1]) != NULL)
			break;
	}
	return n;
}

/* In bytes; 0: there is none here.  before: the byte in front, or 0. */
static size_t
address(const char *s, char before)
{
	size_t scheme = strncasecmp(s, "https://", 8) == 0 ? 8 :
	    strncasecmp(s, "http://", 7) == 0 ? 7 : 0;
	size_t n;

	if (isalnum((unsigned char)before) ||
	    (before != '\0' && strchr("@#$_-./", before) != NULL) ||
	    (unsigned char)before >= 0x80)
		return 0;
	n = host(s + scheme, scheme == 0);
	/* a@b.com */
	if (n == 0 || (scheme == 0 && s[n] == '@'))
		return 0;
	return scheme + n + rest(s + scheme + n);
}

/* ---------------------------------------------------------------------- all */

/* The length in bytes of what begins here. */
static size_t
token(const char *s, char before, size_t *weight)
{
	uint32_t c;
	size_t n = address(s, before);

	*weight = COUNT_ADDRESS;
	if (n > 0)
		return n;
	*weight = 2;
	if ((n = emoji(s)) > 0)
		return n;
	n = next(s, &c);
	*weight = WITHIN(c, light) ? 1 : 2;
	return n;
}

size_t
count_weight(const char *text)
{
	size_t total = 0, weight;
	char before = '\0';

	while (*text != '\0') {
		text += token(text, before, &weight);
		before = text[-1];
		total += weight;
	}
	return total;
}

bool
count_has_address(const char *text)
{
	size_t weight;
	char before = '\0';

	while (*text != '\0' && address(text, before) == 0) {
		text += token(text, before, &weight);
		before = text[-1];
	}
	return *text != '\0';
}

static size_t
cut(const char *text, size_t max)
{
	size_t at = 0, total = 0, word = 0, weight, step;

	while (text[at] != '\0') {
		step = token(text + at, at > 0 ? text[at - 1] : '\0', &weight);
		if (isspace((unsigned char)text[at]))
			word = at;
		total += weight;
		if (total > max)
			return word > 0 ? word : at;
		at += step;
	}
	return at;
}

/* What is cut off may have kept something from being an address, as does the @
 * of example.com@home. */
size_t
count_cut(const char *text, size_t max)
{
	size_t n = 0, weight;
	char *begin;

	for (size_t limit = max; limit > 0; limit--) {
		n = cut(text, limit);
		begin = xstrndup(text, n);
		weight = count_weight(begin);
		free(begin);
		if (weight <= max)
			return n;
	}
	return 0;
}
