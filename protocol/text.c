/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this text?  Well-formedness itself is util/utf8's business; here is the
 * short way round it for plain ASCII. */
#include "protocol/text.h"

#include <stdint.h>
#include <string.h>

#include "util/utf8.h"

#define HIGH_BITS	UINT64_C(0x8080808080808080)

/* How many of the first bytes are surely ASCII: all, or a multiple of 8. */
static size_t
ascii_prefix(const char *s, size_t n)
{
	size_t i = 0;
	uint64_t word;

	for (; n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if ((word & HIGH_BITS) != 0)
			return i;
	}
	word = 0;
	memcpy(&word, s + i, n - i);
	return (word & HIGH_BITS) == 0 ? n : i;
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
