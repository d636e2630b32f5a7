/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those that people's clients write; the others stay as they are. */
#include "backends/purple/entity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/macros.h"
#include "util/utf8.h"

#define ENTITY_MAX	12	/* bytes, with & and ; */

static const struct {
	const char	*name;
	const char	*text;
} entities[] = {
	{ "amp", "&" },		{ "lt", "<" },		{ "gt", ">" },
	{ "quot", "\"" },	{ "apos", "'" },	{ "nbsp", "\u00a0" },
	{ "copy", "\u00a9" },	{ "reg", "\u00ae" },	{ "trade", "\u2122" },
	{ "euro", "\u20ac" },	{ "pound", "\u00a3" },	{ "yen", "\u00a5" },
	{ "cent", "\u00a2" },	{ "sect", "\u00a7" },	{ "para", "\u00b6" },
	{ "deg", "\u00b0" },	{ "plusmn", "\u00b1" },	{ "times", "\u00d7" },
	{ "divide", "\u00f7" },	{ "micro", "\u00b5" },	{ "middot", "\u00b7" },
	{ "laquo", "\u00ab" },	{ "raquo", "\u00bb" },	{ "ndash", "\u2013" },
	{ "mdash", "\u2014" },	{ "lsquo", "\u2018" },	{ "rsquo", "\u2019" },
	{ "ldquo", "\u201c" },	{ "rdquo", "\u201d" },	{ "bdquo", "\u201e" },
	{ "bull", "\u2022" },	{ "hellip", "\u2026" },	{ "larr", "\u2190" },
	{ "rarr", "\u2192" },	{ "shy", "\u00ad" },
};

static void
put(uint32_t cp, char *out)
{
	size_t n = 0;

	if (cp < 0x80) {
		out[n++] = (char)cp;
	} else if (cp < 0x800) {
		out[n++] = (char)(0xc0 | cp >> 6);
		out[n++] = (char)(0x80 | (cp & 0x3f));
	} else if (cp < 0x10000) {
		out[n++] = (char)(0xe0 | cp >> 12);
		out[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (cp & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | cp >> 18);
		out[n++] = (char)(0x80 | (cp >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (cp & 0x3f));
	}
	out[n] = '\0';
}

/* &#65; and &#x41;, without & and ; */
static int
numeric(const char *s, size_t len, char *out)
{
	int base = len > 1 && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	char digits[ENTITY_MAX], *end;
	size_t skip = base == 16 ? 2 : 1;
	unsigned long cp;

	if (len <= skip || s[skip] == '-' || s[skip] == '+')
		return -1;
	memcpy(digits, s + skip, len - skip);
	digits[len - skip] = '\0';
	cp = strtoul(digits, &end, base);
	if (*end != '\0' || cp == 0 || cp > 0x10ffff ||
	    !utf8_xml_char((uint32_t)cp))
		return -1;
	put((uint32_t)cp, out);
	return 0;
}

size_t
entity_read(const char *s, size_t n, char out[static 5])
{
	const char *end = memchr(s, ';', n < ENTITY_MAX ? n : ENTITY_MAX);
	size_t len;

	if (end == NULL || end - s < 2)
		return 0;
	len = (size_t)(end - s) - 1;
	if (s[1] == '#')
		return numeric(s + 1, len, out) == 0 ? len + 2 : 0;
	for (size_t i = 0; i < LENGTH(entities); i++) {
		if (strlen(entities[i].name) == len &&
		    memcmp(entities[i].name, s + 1, len) == 0) {
			strcpy(out, entities[i].text);
			return len + 2;
		}
	}
	return 0;
}
