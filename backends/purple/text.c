/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No plug-in can be trusted to hand out text: some pass on what the network has
 * sent as it is. */
#include "backends/purple/text.h"

#include <purple.h>
#include <stdlib.h>
#include <string.h>

#include "util/utf8.h"
#include "util/xalloc.h"

#define ID_MAX		1023	/* RFC 7622 3.3 */
#define MARKUP_MAX	65536

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

char *
text_line(const char *s, size_t max)
{
	char *copy = text_clean(s, max), *start = copy, *end;

	if (copy == NULL)
		return NULL;
	for (char *p = copy; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ')
			*p = ' ';
	}
	while (*start == ' ')
		start++;
	end = start + strlen(start);
	while (end > start && end[-1] == ' ')
		end--;
	*end = '\0';
	memmove(copy, start, (size_t)(end - start) + 1);
	if (*copy != '\0')
		return copy;
	free(copy);
	return NULL;
}

char *
text_plain(const char *markup, size_t max)
{
	char *clean = text_clean(markup, MARKUP_MAX), *stripped, *plain;

	if (clean == NULL)
		return NULL;
	stripped = purple_markup_strip_html(clean);
	free(clean);
	plain = text_clean(stripped, max);
	g_free(stripped);
	if (plain != NULL && *plain == '\0') {
		free(plain);
		plain = NULL;
	}
	return plain;
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
