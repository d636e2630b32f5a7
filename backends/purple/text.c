/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No plug-in can be trusted to hand out text: some pass on what the network has
 * sent as it is. */
#include "backends/purple/text.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/markup.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define ID_MAX		1023	/* RFC 7622 3.3 */
#define HTML_MAX	65536

char *
text_clean(const char *s, size_t max)
{
	char *copy;
	size_t n;

	if (s == NULL)
		return NULL;
	n = strnlen(s, max + 4);
	copy = xstrndup(s, utf8_cut(s, n, max));
	utf8_xml_clean(copy, strlen(copy));
	return copy;
}

/* What is between the blanks; NULL, and s is freed, when that is nothing. */
static char *
trim(char *s)
{
	static const char blanks[] = " \t\r\n";
	char *start = s + strspn(s, blanks), *end = start + strlen(start);

	while (end > start && strchr(blanks, end[-1]) != NULL)
		end--;
	*end = '\0';
	memmove(s, start, (size_t)(end - start) + 1);
	if (*s != '\0')
		return s;
	free(s);
	return NULL;
}

char *
text_line(const char *s, size_t max)
{
	char *copy = text_clean(s, max);

	if (copy == NULL)
		return NULL;
	for (char *p = copy; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ')
			*p = ' ';
	}
	return trim(copy);
}

char *
text_plain(const char *html, size_t max)
{
	char *clean = text_clean(html, HTML_MAX), *plain;
	struct markup m = { 0 };

	if (clean == NULL)
		return NULL;
	markup_read(&m, clean);
	free(clean);
	plain = text_clean(buf_data(&m.plain), max);
	markup_free(&m);
	return plain != NULL ? trim(plain) : NULL;
}

bool
text_is_id(const char *s)
{
	size_t n, step;
	uint32_t c;

	if (s == NULL || *s == '\0')
		return false;
	n = strnlen(s, ID_MAX + 1);
	if (n > ID_MAX)
		return false;
	for (; n > 0; s += step, n -= step) {
		step = utf8_next(s, n, &c);
		if (step == 0 || c < ' ' || c == 0x7f || !utf8_xml_char(c))
			return false;
	}
	return true;
}
