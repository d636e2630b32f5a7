/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 well-formedness by the table of RFC 3629 section 4. */
#include "util/utf8.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080

static bool
tail(const char *s, size_t i)
{
	return ((unsigned char)s[i] & 0xc0) == 0x80;
}

size_t
utf8_next(const char *s, size_t n, uint32_t *cp)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 0)
		return 0;
	if (u[0] < 0x80) {
		*cp = u[0];
		return 1;
	}
	if (u[0] >= 0xc2 && u[0] < 0xe0 && n >= 2 && tail(s, 1)) {
		*cp = (uint32_t)(u[0] & 0x1f) << 6 | (u[1] & 0x3f);
		return 2;
	}
	if ((u[0] & 0xf0) == 0xe0 && n >= 3 && tail(s, 1) && tail(s, 2)) {
		*cp = (uint32_t)(u[0] & 0x0f) << 12 |
		    (uint32_t)(u[1] & 0x3f) << 6 | (u[2] & 0x3f);
		return *cp >= 0x800 && (*cp < 0xd800 || *cp > 0xdfff) ? 3 : 0;
	}
	if ((u[0] & 0xf8) == 0xf0 && n >= 4 && tail(s, 1) && tail(s, 2) &&
	    tail(s, 3)) {
		*cp = (uint32_t)(u[0] & 0x07) << 18 |
		    (uint32_t)(u[1] & 0x3f) << 12 |
		    (uint32_t)(u[2] & 0x3f) << 6 | (u[3] & 0x3f);
		return *cp >= 0x10000 && *cp <= 0x10ffff ? 4 : 0;
	}
	return 0;
}

/* Nearly all that passes is ASCII: eight bytes at a time. */
size_t
utf8_ascii(const char *s, size_t n)
{
	size_t i = 0;
	uint64_t word;

	for (; n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if (word & HIGH_BITS)
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

bool
utf8_valid(const char *s, size_t n)
{
	uint32_t cp;

	for (size_t i = utf8_ascii(s, n); i < n;) {
		size_t step;

		if ((unsigned char)s[i] < 0x80) {
			i++;
			continue;
		}
		if ((step = utf8_next(s + i, n - i, &cp)) == 0)
			return false;
		i += step;
	}
	return true;
}

bool
utf8_xml_char(uint32_t cp)
{
	if (cp < 0x20)
		return cp == '\t' || cp == '\n' || cp == '\r';
	return cp != 0xfffe && cp != 0xffff && cp <= 0x10ffff &&
	    (cp < 0xd800 || cp > 0xdfff);
}

void
utf8_xml_clean(char *s, size_t n)
{
	uint32_t cp;

	for (size_t i = 0; i < n;) {
		size_t step = utf8_next(s + i, n - i, &cp);

		if (step != 0 && utf8_xml_char(cp)) {
			i += step;
			continue;
		}
		for (step = step ? step : 1; step > 0; step--)
			s[i++] = '?';
	}
}

size_t
utf8_cut(const char *s, size_t n, size_t max)
{
	if (n <= max)
		return n;
	while (max > 0 && tail(s, max))
		max--;
	return max;
}
