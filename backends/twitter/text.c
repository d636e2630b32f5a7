/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X escapes three characters as HTML does and puts https://t.co/... in place of
 * each address.  Where these stand is told by offsets too, but a text that we
 * take from elsewhere, or cut, has others; so they are found by their names. */
#include "backends/twitter/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/macros.h"
#include "util/utf8.h"

#define ADDRESS_MIN	10		/* http://a.b */
#define ADDRESS_MAX	2048

static const struct {
	const char	*name, *text;
} entities[] = {
	{ "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" },
	{ "&quot;", "\"" }, { "&#39;", "'" }, { "&apos;", "'" },
};

bool
text_is_address(const char *s)
{
	size_t n = strlen(s);

	if (n < ADDRESS_MIN || n > ADDRESS_MAX ||
	    (strncasecmp(s, "https://", 8) != 0 &&
	    strncasecmp(s, "http://", 7) != 0))
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

/* One that is a beginning of another is not taken for it. */
static const struct link *
link_at(const char *at, const struct link *links, size_t n)
{
	const struct link *best = NULL;
	size_t len, most = 0;

	if (strncasecmp(at, "http", 4) != 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		len = strlen(links[i].address);
		if (len > most && strncmp(at, links[i].address, len) == 0 &&
		    !isalnum((unsigned char)at[len])) {
			best = &links[i];
			most = len;
		}
	}
	return best;
}

/* How many bytes were taken; 0: it is not one. */
static size_t
take_entity(struct buf *b, const char *at)
{
	size_t len;

	for (size_t i = 0; *at == '&' && i < LENGTH(entities); i++) {
		len = strlen(entities[i].name);
		if (strncmp(at, entities[i].name, len) == 0) {
			buf_adds(b, entities[i].text);
			return len;
		}
	}
	return 0;
}

static size_t
take_link(struct buf *b, const char *at, const struct link *links, size_t n,
    size_t *room)
{
	const struct link *l = link_at(at, links, n);
	size_t len, real;

	if (l == NULL)
		return 0;
	len = strlen(l->address);
	real = l->real != NULL ? strlen(l->real) : 0;
	if (real > len + *room)
		return 0;
	if (real > len)
		*room -= real - len;
	if (real > 0)
		buf_add(b, l->real, real);
	return len;
}

static char *
finish(struct arena *a, struct buf *b)
{
	const char *s = buf_data(b);
	size_t n = buf_len(b);
	char *out;

	for (; n > 0 && isspace((unsigned char)*s); s++)
		n--;
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	out = arena_strndup(a, n > 0 ? s : "", n);
	utf8_xml_clean(out, n);
	buf_free(b);
	return out;
}

char *
text_read(struct arena *a, const char *text, const struct link *links,
    size_t nlinks)
{
	struct buf b = { 0 };
	size_t room = TEXT_GROWS, step;

	for (; *text != '\0'; text += step) {
		step = take_entity(&b, text);
		if (step == 0)
			step = take_link(&b, text, links, nlinks, &room);
		if (step == 0) {
			buf_addc(&b, *text);
			step = 1;
		}
	}
	return finish(a, &b);
}

char *
text_line(struct arena *a, const char *text, size_t max)
{
	char *s = text_read(a, text, NULL, 0);

	s[utf8_cut(s, strlen(s), max)] = '\0';
	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return s;
}
