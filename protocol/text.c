/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this text?  Well-formedness itself is util/utf8's business; here is the
 * short way round it for plain ASCII. */
#include "protocol/text.h"

#include <stdint.h>
#include <string.h>

#include "util/utf8.h"

#define WORD		sizeof(uint64_t)
#define HIGH_BITS	UINT64_C(0x8080808080808080)

static bool
is_ascii_word(const char *s)
{
	uint64_t word;

	memcpy(&word, s, sizeof(word));
	return (word & HIGH_BITS) == 0;
}

/* How many of the first bytes are surely ASCII. */
static size_t
ascii_prefix(const char *s, size_t n)
{
	size_t i = 0;

	while (n - i >= WORD && is_ascii_word(s + i))
		i += WORD;
	/* The last word may overlap the one before it. */
	if (i > 0 && n - i < WORD && is_ascii_word(s + n - WORD))
		return n;
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

bool
text_valid(const char *s, size_t n)
{
	size_t ascii = ascii_prefix(s, n);

	return (n == 0 || memchr(s, '\0', n) == NULL) &&
	    utf8_valid(s + ascii, n - ascii);
}

void
text_repair(char *s, size_t n)
{
	uint32_t cp;

	for (size_t i = ascii_prefix(s, n); i < n;) {
		size_t step = utf8_next(s + i, n - i, &cp);

		if (step == 0)
			s[i++] = '?';
		i += step;
	}
}
