/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is it meant to look?  Marks of XEP-0393 stay in the text, as XMPP clients
 * show them too: what was no mark at all is then just bold.  XHTML-IM is taken
 * only where it says in other looks what the body says; it comes from the main
 * process, well-formed and harmless, and is distrusted all the same. */
#include "backends/irc/markup.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/irc/format.h"
#include "util/macros.h"

#define DEPTH_MAX 32

enum { BOLD = 1, ITALIC = 2, UNDERLINE = 4, STRIKE = 8, MONO = 16 };

static const struct {
	unsigned char	 bit;
	char		 code;
} toggles[] = {
	{ BOLD, 0x02 }, { ITALIC, 0x1d }, { UNDERLINE, 0x1f },
	{ STRIKE, 0x1e }, { MONO, 0x11 },
};

/* ---- XEP-0393 */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* The mark that closes the one at s[at]; 0: none does. */
static size_t
find_end(const char *s, size_t at, size_t end)
{
	if (at + 2 >= end || is_space(s[at + 1]))
		return 0;
	for (size_t i = at + 1; i < end; i++)
		if (s[i] == s[at] && !is_space(s[i - 1]))
			return i > at + 1 ? i : 0;
	return 0;
}

static char
code_of(char mark)
{
	switch (mark) {
	case '*': return 0x02;
	case '_': return 0x1d;
	case '~': return 0x1e;
	case '`': return 0x11;
	}
	return '\0';
}

static void
style_spans(struct buf *out, const char *s, size_t from, size_t to,
    unsigned depth)
{
	for (size_t i = from; i < to; i++) {
		char code = code_of(s[i]);
		bool may = code != '\0' && depth > 0 && (i == from ||
		    is_space(s[i - 1]));
		size_t end = may ? find_end(s, i, to) : 0;

		if (end == 0) {
			buf_addc(out, s[i]);
			continue;
		}
		buf_addc(out, code);
		buf_addc(out, s[i]);
		if (s[i] == '`')
			buf_add(out, s + i + 1, end - i - 1);
		else
			style_spans(out, s, i + 1, end, depth - 1);
		buf_addc(out, s[end]);
		buf_addc(out, code);
		i = end;
	}
}

static const char *
styled(const char *body, struct buf *out)
{
	bool pre = false;

	/* Most have no mark at all. */
	if (body[strcspn(body, "*_~`")] == '\0')
		return body;
	buf_clear(out);
	for (const char *s = body; *s != '\0';) {
		size_t len = strcspn(s, "\n");
		bool fence = len >= 3 && memcmp(s, "```", 3) == 0 &&
		    (!pre || len == 3);

		if (fence || pre) {
			if (len > 0)
				buf_addc(out, 0x11);
			buf_add(out, s, len);
			pre ^= fence;
		} else {
			style_spans(out, s, 0, len, 4);
		}
		s += len;
		if (*s == '\n')
			buf_addc(out, *s++);
	}
	buf_addc(out, '\0');
	return buf_data(out);
}

/* ---- XHTML-IM */

struct look {
	unsigned char	 bits;
	int		 fg, bg;	/* number of the colour, -1: none */
};

struct walk {
	struct buf	*out;
	struct look	 stack[DEPTH_MAX + 1];
	const char	*href[DEPTH_MAX + 1];	/* in the input */
	size_t		 href_len[DEPTH_MAX + 1];
	size_t		 start[DEPTH_MAX + 1];	/* of what is in it, in out */
	unsigned	 depth, beyond;	/* open elements, and those too deep */
	struct look	 shown;		/* what the codes written so far say */
	bool		 links;		/* write where links go */
};

static void
show(struct walk *w, const struct look *l, char next)
{
	unsigned char before = w->shown.bits;
	bool colours = w->shown.fg != l->fg || w->shown.bg != l->bg;

	if (before == l->bits && !colours)
		return;
	/* To switch a colour off is to switch all off. */
	if (colours && (w->shown.fg >= 0 || w->shown.bg >= 0)) {
		buf_addc(w->out, 0x0f);
		before = 0;
	}
	for (size_t i = 0; i < LENGTH(toggles); i++)
		if ((before ^ l->bits) & toggles[i].bit)
			buf_addc(w->out, toggles[i].code);
	if (colours && (l->fg >= 0 || l->bg >= 0)) {
		buf_addf(w->out, "\3%02d", l->fg >= 0 ? l->fg : 99);
		if (l->bg >= 0)
			buf_addf(w->out, ",%02d", l->bg);
		else if (next == ',')	/* it belongs to the text */
			buf_adds(w->out, "\x02\x02");
	}
	w->shown = *l;
}

static void
put_text(struct walk *w, const char *s, size_t n)
{
	if (n == 0)
		return;
	show(w, &w->stack[w->depth], *s);
	for (size_t i = 0; i < n; i++)
		buf_addc(w->out, (unsigned char)s[i] < ' ' && s[i] != '\n' &&
		    s[i] != '\t' ? ' ' : s[i]);
}

static size_t
put_entity(struct walk *w, const char *s)
{
	static const struct {
		const char	*name;
		char		 c;
	} entities[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' }, { "&#39;", '\'' },
		{ "&#10;", '\n' }, { "&#xA;", '\n' },
	};

	for (size_t i = 0; i < LENGTH(entities); i++) {
		size_t len = strlen(entities[i].name);

		if (strncmp(s, entities[i].name, len) == 0) {
			put_text(w, &entities[i].c, 1);
			return len;
		}
	}
	put_text(w, s, 1);
	return 1;
}

static int
colour_of(const char *s, size_t len)
{
	static const struct {
		const char	*name;
		uint32_t	 rgb;
	} names[] = {
		{ "black", 0x000000 }, { "white", 0xffffff },
		{ "red", 0xff0000 }, { "green", 0x008000 },
		{ "blue", 0x0000ff }, { "yellow", 0xffff00 },
		{ "orange", 0xffa500 }, { "purple", 0x800080 },
		{ "gray", 0x808080 }, { "grey", 0x808080 },
		{ "maroon", 0x800000 }, { "navy", 0x000080 },
		{ "teal", 0x008080 }, { "lime", 0x00ff00 },
		{ "aqua", 0x00ffff }, { "cyan", 0x00ffff },
		{ "fuchsia", 0xff00ff }, { "magenta", 0xff00ff },
	};
	unsigned long rgb;
	char hex[7];

	if (*s == '#' && (len == 7 || len == 4)) {
		for (int i = 0; i < 6; i++)
			hex[i] = len == 7 ? s[1 + i] : s[1 + i / 2];
		hex[6] = '\0';
		rgb = strtoul(hex, NULL, 16);
		return (int)format_nearest((uint32_t)rgb & 0xffffff);
	}
	for (size_t i = 0; i < LENGTH(names); i++)
		if (strlen(names[i].name) == len &&
		    strncasecmp(names[i].name, s, len) == 0)
			return (int)format_nearest(names[i].rgb);
	return -1;
}

static bool
contains(const char *s, size_t len, const char *word)
{
	return memmem(s, len, word, strlen(word)) != NULL;
}

static bool
is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(s, word, len) == 0;
}

static void
apply_property(struct look *l, const char *name, size_t len, const char *v,
    size_t n)
{
	unsigned bits = 0;

	if (is_word(name, len, "color")) {
		l->fg = colour_of(v, n);
	} else if (is_word(name, len, "background-color")) {
		l->bg = colour_of(v, n);
	} else if (is_word(name, len, "font-weight")) {
		bits = contains(v, n, "bold") ? BOLD : 0;
	} else if (is_word(name, len, "font-style")) {
		bits = contains(v, n, "italic") ? ITALIC : 0;
	} else if (is_word(name, len, "font-family")) {
		bits = contains(v, n, "mono") ? MONO : 0;
	} else if (is_word(name, len, "text-decoration")) {
		bits = contains(v, n, "underline") ? UNDERLINE : 0;
		bits |= contains(v, n, "line-through") ? STRIKE : 0;
	}
	l->bits = (unsigned char)(l->bits | bits);
}

/* property: value; ... up to the end of the attribute */
static void
apply_style(struct look *l, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		const char *stop = memchr(s, ';', (size_t)(end - s));
		const char *colon, *v;
		size_t n;

		if (stop == NULL)
			stop = end;
		while (s < stop && isspace((unsigned char)*s))
			s++;
		colon = memchr(s, ':', (size_t)(stop - s));
		if (colon != NULL) {
			for (v = colon + 1; v < stop && *v == ' '; v++)
				;
			for (n = (size_t)(stop - v); n > 0 && v[n - 1] == ' ';
			    n--)
				;
			apply_property(l, s, (size_t)(colon - s), v, n);
		}
		s = stop + 1;
	}
}

/* The value of an attribute in a tag; NULL when it has none such. */
static const char *
attribute(const char *tag, size_t len, const char *name, size_t *vlen)
{
	size_t n = strlen(name);

	for (size_t i = 1; i + n + 2 < len; i++) {
		const char *v, *end;

		if (tag[i - 1] != ' ' || memcmp(tag + i, name, n) != 0 ||
		    tag[i + n] != '=' ||
		    (tag[i + n + 1] != '\'' && tag[i + n + 1] != '"'))
			continue;
		v = tag + i + n + 2;
		end = memchr(v, v[-1], len - (size_t)(v - tag));
		if (end == NULL)
			return NULL;
		*vlen = (size_t)(end - v);
		return v;
	}
	return NULL;
}

static const struct {
	const char	*name;
	unsigned char	 bits;
	bool		 block;		/* begins a line of its own */
} elements[] = {
	{ "strong", BOLD, false },	{ "b", BOLD, false },
	{ "em", ITALIC, false },	{ "i", ITALIC, false },
	{ "cite", ITALIC, false },	{ "u", UNDERLINE, false },
	{ "s", STRIKE, false },		{ "code", MONO, false },
	{ "pre", MONO, true },		{ "p", 0, true },
	{ "div", 0, true },		{ "li", 0, true },
	{ "blockquote", 0, true },
};

static void
new_line(struct walk *w)
{
	size_t n = buf_len(w->out);

	if (n > 0 && buf_data(w->out)[n - 1] != '\n')
		buf_addc(w->out, '\n');
}

static void
open_tag(struct walk *w, const char *tag, size_t len)
{
	size_t name = 0, vlen;
	const char *v;
	struct look l;

	while (name < len && (isalnum((unsigned char)tag[name])))
		name++;
	if (name == 2 && memcmp(tag, "br", 2) == 0)
		buf_addc(w->out, '\n');
	if (name == 3 && memcmp(tag, "img", 3) == 0 &&
	    (v = attribute(tag, len, "alt", &vlen)) != NULL)
		put_text(w, v, vlen);
	if (len > 0 && tag[len - 1] == '/')
		return;
	if (w->depth == DEPTH_MAX) {
		w->beyond++;
		return;
	}
	l = w->stack[w->depth];
	for (size_t i = 0; i < LENGTH(elements); i++)
		if (strlen(elements[i].name) == name &&
		    memcmp(elements[i].name, tag, name) == 0) {
			l.bits |= elements[i].bits;
			if (elements[i].block)
				new_line(w);
		}
	if ((v = attribute(tag, len, "style", &vlen)) != NULL)
		apply_style(&l, v, vlen);
	w->stack[++w->depth] = l;
	w->start[w->depth] = buf_len(w->out);
	w->href[w->depth] = name == 1 && *tag == 'a' ?
	    attribute(tag, len, "href", &w->href_len[w->depth]) : NULL;
}

static void
close_tag(struct walk *w)
{
	const char *href;
	size_t len, start;

	if (w->beyond > 0) {
		w->beyond--;
		return;
	}
	if (w->depth == 0)
		return;
	start = w->start[w->depth];
	len = w->href_len[w->depth];
	href = w->href[w->depth--];
	/* Mostly the text is the address. */
	if (href == NULL || !w->links || memmem(buf_data(w->out) + start,
	    buf_len(w->out) - start, href, len) != NULL)
		return;
	show(w, &w->stack[w->depth], ' ');
	buf_adds(w->out, " <");
	for (size_t i = 0; i < len;) {
		size_t n = 1;

		if (href[i] == '&')
			n = put_entity(w, href + i);
		else
			put_text(w, href + i, 1);
		i += n;
	}
	buf_addc(w->out, '>');
}

static void
walk(struct buf *out, const char *s, bool links)
{
	struct walk w = { .out = out, .links = links,
		.stack = { { 0, -1, -1 } }, .shown = { 0, -1, -1 } };

	while (*s != '\0') {
		const char *end;
		size_t n;

		if (*s == '<' && (end = strchr(s, '>')) != NULL) {
			if (s[1] == '/')
				close_tag(&w);
			else
				open_tag(&w, s + 1, (size_t)(end - s - 1));
			s = end + 1;
		} else if (*s == '&') {
			s += put_entity(&w, s);
		} else if ((n = strcspn(s, "<&")) > 0) {
			put_text(&w, s, n);
			s += n;
		} else {
			put_text(&w, s++, 1);
		}
	}
	buf_addc(out, '\0');
}

/* But for white space. */
static bool
says_the_same(const char *a, const char *b)
{
	for (;;) {
		while (isspace((unsigned char)*a))
			a++;
		while (isspace((unsigned char)*b))
			b++;
		if (*a != *b || *a == '\0')
			return *a == *b;
		a++;
		b++;
	}
}

const char *
markup_codes(const char *body, const char *xhtml, struct buf *out)
{
	static struct buf plain;

	if (xhtml == NULL)
		return styled(body, out);
	buf_clear(out);
	walk(out, xhtml, false);
	if (!says_the_same(format_plain(buf_data(out), &plain), body))
		return styled(body, out);
	if (strstr(xhtml, "href") != NULL) {
		buf_clear(out);
		walk(out, xhtml, true);
	} else if (!format_is_styled(buf_data(out))) {
		return styled(body, out);
	}
	return buf_data(out);
}
