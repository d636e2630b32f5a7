/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How text becomes XML: escaping, and tags that are closed in order. */
#include "manager/xmpp/xml.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/log.h"
#include "util/utf8.h"

/* What has to be done about a byte. */
enum { CLEAN, ENTITY, IN_ATTR, ILLEGAL, WIDE };

/* Line ends and tabs stay as they are in text; in a value a parser would turn
 * them into spaces (XML 1.0 3.3.3). */
static const uint8_t classes[128] = {
	ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL,
	ILLEGAL, IN_ATTR, IN_ATTR, ILLEGAL, ILLEGAL, ENTITY,  ILLEGAL, ILLEGAL,
	ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL,
	ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL,
	['&'] = ENTITY, ['<'] = ENTITY, ['>'] = ENTITY, ['\''] = ENTITY,
	['"'] = ENTITY,
};

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\'':
		return "&apos;";
	case '"':
		return "&quot;";
	case '\r':
		return "&#13;";
	case '\n':
		return "&#10;";
	default:
		return "&#9;";
	}
}

static int
class_of(const char *s, size_t n, size_t *step)
{
	unsigned char c = (unsigned char)*s;
	uint32_t cp;

	*step = 1;
	if (c < 0x80)
		return classes[c];
	if ((*step = utf8_next(s, n, &cp)) == 0) {
		*step = 1;
		return ILLEGAL;
	}
	return utf8_xml_char(cp) ? WIDE : ILLEGAL;
}

#define EACH(byte)	(UINT64_MAX / 255 * (byte))

/* Has the word a byte of zero? */
static uint64_t
has_zero(uint64_t word)
{
	return (word - EACH(1)) & ~word & EACH(0x80);
}

/* Are the next eight bytes CLEAN?  Two that differ in one bit are looked for
 * at once. */
static bool
eight_are_clean(const char *s)
{
	uint64_t w;

	memcpy(&w, s, sizeof(w));
	return ((w | ((w - EACH(0x20)) & ~w)) & EACH(0x80)) == 0 &&
	    (has_zero((w & ~EACH(1)) ^ EACH('&' & '\'')) |
	    has_zero((w & ~EACH(2)) ^ EACH('<' & '>')) |
	    has_zero(w ^ EACH('"'))) == 0;
}

/* How many bytes need no care. */
static size_t
clean(const char *s, size_t len)
{
	size_t i = 0;

	while (len - i >= 8 && eight_are_clean(s + i))
		i += 8;
	while (i < len && (unsigned char)s[i] < 0x80 &&
	    classes[(unsigned char)s[i]] == CLEAN)
		i++;
	return i;
}

static void
escape(struct buf *b, const char *s, size_t len, bool attr)
{
	size_t run = 0, step;

	for (size_t i = clean(s, len); i < len;
	    i += step + clean(s + i + step, len - i - step)) {
		int class = class_of(s + i, len - i, &step);

		if (class == CLEAN || class == WIDE ||
		    (class == IN_ATTR && !attr))
			continue;
		buf_add(b, s + run, i - run);
		run = i + step;
		buf_adds(b, class == ILLEGAL ? "\xef\xbf\xbd" : entity(s[i]));
	}
	buf_add(b, s + run, len - run);
}

void
xml_escape(struct buf *b, const char *text, size_t len)
{
	escape(b, text, len, false);
}

void
xml_escape_attr(struct buf *b, const char *value, size_t len)
{
	escape(b, value, len, true);
}

void
xml_begin(struct xml *x, struct buf *out)
{
	x->out = out;
	x->depth = 0;
	x->in_tag = false;
}

static void
finish_tag(struct xml *x)
{
	if (x->in_tag)
		buf_addc(x->out, '>');
	x->in_tag = false;
}

void
xml_open(struct xml *x, const char *name)
{
	if (x->depth == XML_DEPTH)
		fatal("<%s/> is nested too deep", name);
	finish_tag(x);
	buf_addc(x->out, '<');
	buf_adds(x->out, name);
	x->names[x->depth++] = name;
	x->in_tag = true;
}

void
xml_open_ns(struct xml *x, const char *name, const char *ns)
{
	xml_open(x, name);
	xml_attr(x, "xmlns", ns);
}

static void
attr_bytes(struct xml *x, const char *name, const char *value, size_t len)
{
	if (!x->in_tag)
		fatal("attribute %s outside of a start tag", name);
	buf_addc(x->out, ' ');
	buf_adds(x->out, name);
	buf_add(x->out, "='", 2);
	escape(x->out, value, len, true);
	buf_addc(x->out, '\'');
}

void
xml_attr(struct xml *x, const char *name, const char *value)
{
	if (value != NULL)
		attr_bytes(x, name, value, strlen(value));
}

void
xml_attrf(struct xml *x, const char *name, const char *fmt, ...)
{
	struct buf value = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&value, fmt, ap);
	va_end(ap);
	attr_bytes(x, name, buf_data(&value), buf_len(&value));
	buf_free(&value);
}

void
xml_text(struct xml *x, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	finish_tag(x);
	escape(x->out, text, strlen(text), false);
}

void
xml_raw(struct xml *x, const char *markup, size_t len)
{
	if (len == 0)
		return;
	finish_tag(x);
	buf_add(x->out, markup, len);
}

void
xml_textf(struct xml *x, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	finish_tag(x);
	escape(x->out, buf_data(&text), buf_len(&text), false);
	buf_free(&text);
}

void
xml_element(struct xml *x, const char *name, const char *ns, const char *text)
{
	xml_open(x, name);
	xml_attr(x, "xmlns", ns);
	xml_text(x, text);
	xml_close(x);
}

void
xml_copy(struct xml *x, const struct stanza *s, const char *ns)
{
	finish_tag(x);
	stanza_write(x->out, s, ns);
}

void
xml_close(struct xml *x)
{
	if (x->depth == 0)
		fatal("more end tags than start tags");
	x->depth--;
	if (x->in_tag) {
		buf_add(x->out, "/>", 2);
		x->in_tag = false;
		return;
	}
	buf_add(x->out, "</", 2);
	buf_adds(x->out, x->names[x->depth]);
	buf_addc(x->out, '>');
}

void
xml_close_to(struct xml *x, unsigned depth)
{
	while (x->depth > depth)
		xml_close(x);
}
