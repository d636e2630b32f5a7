/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours and styles of IRC.  The codes switch attributes on and off in any
 * order, XML wants nesting: so each run of equal attributes is one span. */
#include "backends/irc/format.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/macros.h"

enum code {
	BOLD = 0x02, COLOUR = 0x03, HEX_COLOUR = 0x04, RESET = 0x0f,
	MONOSPACE = 0x11, REVERSE = 0x16, ITALIC = 0x1d, STRIKE = 0x1e,
	UNDERLINE = 0x1f,
};

#define NO_COLOUR UINT32_MAX

struct look {
	uint32_t	fg, bg;		/* 0xrrggbb or NO_COLOUR */
	bool		bold, italic, underline, strike, mono, reverse;
};

static const struct look plain = { .fg = NO_COLOUR, .bg = NO_COLOUR };

static const uint32_t colours[] = {
	0xffffff, 0x000000, 0x00007f, 0x009300, 0xff0000, 0x7f0000,
	0x9c009c, 0xfc7f00, 0xffff00, 0x00fc00, 0x009393, 0x00ffff,
	0x0000fc, 0xff00ff, 0x7f7f7f, 0xd2d2d2,
	0x470000, 0x472100, 0x474700, 0x324700, 0x004700, 0x00472c,
	0x004747, 0x002747, 0x000047, 0x2e0047, 0x470047, 0x47002a,
	0x740000, 0x743a00, 0x747400, 0x517400, 0x007400, 0x007449,
	0x007474, 0x004074, 0x000074, 0x4b0074, 0x740074, 0x740045,
	0xb50000, 0xb56300, 0xb5b500, 0x7db500, 0x00b500, 0x00b571,
	0x00b5b5, 0x0063b5, 0x0000b5, 0x7500b5, 0xb500b5, 0xb5006b,
	0xff0000, 0xff8c00, 0xffff00, 0xb2ff00, 0x00ff00, 0x00ffa0,
	0x00ffff, 0x008cff, 0x0000ff, 0xa500ff, 0xff00ff, 0xff0098,
	0xff5959, 0xffb459, 0xffff71, 0xcfff60, 0x6fff6f, 0x65ffc9,
	0x6dffff, 0x59b4ff, 0x5959ff, 0xc459ff, 0xff66ff, 0xff59bc,
	0xff9c9c, 0xffd39c, 0xffff9c, 0xe2ff9c, 0x9cff9c, 0x9cffdb,
	0x9cffff, 0x9cd3ff, 0x9c9cff, 0xdc9cff, 0xff9cff, 0xff94d3,
	0x000000, 0x131313, 0x282828, 0x363636, 0x4d4d4d, 0x656565,
	0x818181, 0x9f9f9f, 0xbcbcbc, 0xe2e2e2, 0xffffff,
};

/* One or two digits; *at moves past them. */
static uint32_t
indexed(const char **at)
{
	unsigned n = 0;

	for (int i = 0; i < 2 && isdigit((unsigned char)**at); i++)
		n = n * 10 + (unsigned)(*(*at)++ - '0');
	return n < LENGTH(colours) ? colours[n] : NO_COLOUR;
}

static bool
is_hex6(const char *s)
{
	for (int i = 0; i < 6; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

static uint32_t
hex6(const char **at)
{
	uint32_t n = 0;

	for (int i = 0; i < 6; i++) {
		int c = tolower((unsigned char)*(*at)++);

		n = n << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return n;
}

/* What follows the colour code: FG, FG,BG or nothing (colours off).  A comma
 * that no colour follows belongs to the text. */
static const char *
take_colour(struct look *look, const char *s, bool hex)
{
	bool fg = hex ? is_hex6(s) : isdigit((unsigned char)*s);

	if (!fg) {
		look->fg = look->bg = NO_COLOUR;
		return s;
	}
	look->fg = hex ? hex6(&s) : indexed(&s);
	if (*s == ',' &&
	    (hex ? is_hex6(s + 1) : isdigit((unsigned char)s[1]))) {
		s++;
		look->bg = hex ? hex6(&s) : indexed(&s);
	}
	return s;
}

/* Apply the control character at s; returns what is behind it and its
 * arguments. */
static const char *
take_code(struct look *look, const char *s)
{
	switch ((enum code)*s++) {
	case BOLD: look->bold = !look->bold; break;
	case ITALIC: look->italic = !look->italic; break;
	case UNDERLINE: look->underline = !look->underline; break;
	case STRIKE: look->strike = !look->strike; break;
	case MONOSPACE: look->mono = !look->mono; break;
	case REVERSE: look->reverse = !look->reverse; break;
	case RESET: *look = plain; break;
	case COLOUR: return take_colour(look, s, false);
	case HEX_COLOUR: return take_colour(look, s, true);
	}
	return s;
}

static bool
is_control(const char *s)
{
	unsigned char c = (unsigned char)*s;

	return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
}

/* U+FFFE and U+FFFF are UTF-8 and yet not XML. */
static bool
is_noncharacter(const char *s)
{
	return s[0] == '\xef' && s[1] == '\xbf' &&
	    (s[2] == '\xbe' || s[2] == '\xbf');
}

/* Bytes from s on that need no attention. */
static size_t
harmless(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0' && !is_control(s + n) && !is_noncharacter(s + n))
		n++;
	return n;
}

const char *
format_plain(const char *text, struct buf *out)
{
	struct look look = plain;
	size_t n = harmless(text);

	if (text[n] == '\0')
		return text;
	buf_clear(out);
	for (const char *s = text;; n = harmless(s)) {
		buf_add(out, s, n);
		s += n;
		if (*s == '\0')
			break;
		if (is_control(s)) {
			s = take_code(&look, s);
		} else {
			buf_addc(out, '?');
			s += 3;
		}
	}
	buf_addc(out, '\0');
	return buf_data(out);
}

bool
format_is_styled(const char *text)
{
	return text[strcspn(text,
	    "\x02\x03\x04\x11\x16\x1d\x1e\x1f")] != '\0';
}

/* ---- from one line to the next */

unsigned
format_nearest(uint32_t rgb)
{
	unsigned best = 0;
	long least = -1;

	for (unsigned i = 0; i < LENGTH(colours); i++) {
		long distance = 0;

		for (int shift = 0; shift <= 16; shift += 8) {
			long d = (long)(rgb >> shift & 0xff) -
			    (long)(colours[i] >> shift & 0xff);

			distance += d * d;
		}
		if (least < 0 || distance < least) {
			least = distance;
			best = i;
		}
	}
	return best;
}

static void
go_through(struct look *look, const char *s, const char *end)
{
	while (s < end)
		s = is_control(s) ? take_code(look, s) : s + 1;
}

void
format_carry(char carry[FORMAT_CARRY_MAX], const char *text, size_t len)
{
	struct look l = plain;
	size_t n = 0;

	/* Most lines have none. */
	if (*carry == '\0' && text[strcspn(text, "\x02\x03\x04\x11\x16\x1d"
	    "\x1e\x1f")] == '\0')
		return;
	go_through(&l, carry, carry + strlen(carry));
	go_through(&l, text, text + len);
	if (l.bold)
		carry[n++] = BOLD;
	if (l.italic)
		carry[n++] = ITALIC;
	if (l.underline)
		carry[n++] = UNDERLINE;
	if (l.strike)
		carry[n++] = STRIKE;
	if (l.mono)
		carry[n++] = MONOSPACE;
	if (l.reverse)
		carry[n++] = REVERSE;
	carry[n] = '\0';
	if (l.fg == NO_COLOUR)
		return;
	n += (size_t)snprintf(carry + n, FORMAT_CARRY_MAX - n, "\3%02u",
	    format_nearest(l.fg));
	if (l.bg != NO_COLOUR && n < FORMAT_CARRY_MAX)
		snprintf(carry + n, FORMAT_CARRY_MAX - n, ",%02u",
		    format_nearest(l.bg));
}

/* ---- as XHTML */

/* Member by member: padding bytes are nobody's. */
static bool
same_look(const struct look *a, const struct look *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->bold == b->bold &&
	    a->italic == b->italic && a->underline == b->underline &&
	    a->strike == b->strike && a->mono == b->mono &&
	    a->reverse == b->reverse;
}

static void
open_span(struct buf *out, const struct look *l)
{
	uint32_t fg = l->reverse ? l->bg : l->fg;
	uint32_t bg = l->reverse ? l->fg : l->bg;

	buf_adds(out, "<span style='");
	if (l->bold)
		buf_adds(out, "font-weight:bold;");
	if (l->italic)
		buf_adds(out, "font-style:italic;");
	if (l->underline || l->strike)
		buf_addf(out, "text-decoration:%s%s%s;",
		    l->underline ? "underline" : "",
		    l->underline && l->strike ? " " : "",
		    l->strike ? "line-through" : "");
	if (l->mono)
		buf_adds(out, "font-family:monospace;");
	if (fg != NO_COLOUR)
		buf_addf(out, "color:#%06x;", (unsigned)fg);
	if (bg != NO_COLOUR)
		buf_addf(out, "background-color:#%06x;", (unsigned)bg);
	buf_adds(out, "'>");
}

static void
add_escaped(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		switch (s[i]) {
		case '<': buf_adds(out, "&lt;"); break;
		case '>': buf_adds(out, "&gt;"); break;
		case '&': buf_adds(out, "&amp;"); break;
		case '\n': buf_adds(out, "<br/>"); break;
		default: buf_addc(out, s[i]);
		}
}

static void
add_run(struct buf *out, const struct look *look, const char *s, size_t n)
{
	bool styled = !same_look(look, &plain);

	if (styled)
		open_span(out, look);
	add_escaped(out, s, n);
	if (styled)
		buf_adds(out, "</span>");
}

const char *
format_xhtml(const char *text, struct buf *out)
{
	struct look look = plain;

	buf_clear(out);
	for (const char *s = text;;) {
		size_t n = harmless(s);

		if (n > 0)
			add_run(out, &look, s, n);
		s += n;
		if (*s == '\0')
			break;
		if (is_control(s)) {
			s = take_code(&look, s);
		} else {
			add_run(out, &look, "?", 1);
			s += 3;
		}
	}
	buf_addc(out, '\0');
	return buf_data(out);
}
