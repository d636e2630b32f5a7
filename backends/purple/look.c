/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours, sizes and fonts out of attributes of <font> and out of CSS: copied
 * only letter by letter from what is allowed in them, so that they can stand
 * in an attribute again as they are. */
#include "backends/purple/look.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/macros.h"

#define SIZE_LARGEST	7

bool
look_equal(const struct look *a, const struct look *b)
{
	return a->bits == b->bits && a->size == b->size &&
	    a->href == b->href && strcmp(a->color, b->color) == 0 &&
	    strcmp(a->background, b->background) == 0 &&
	    strcmp(a->face, b->face) == 0;
}

bool
look_is_plain(const struct look *l)
{
	return l->bits == 0 && l->size == 0 && *l->color == '\0' &&
	    *l->background == '\0' && *l->face == '\0';
}

static void
strip(const char **s, size_t *len)
{
	while (*len > 0 && isspace((unsigned char)**s)) {
		(*s)++;
		(*len)--;
	}
	while (*len > 0 && isspace((unsigned char)(*s)[*len - 1]))
		(*len)--;
}

static bool
all(const char *s, size_t len, int (*is)(int))
{
	for (size_t i = 0; i < len; i++) {
		if ((s[i] & 0x80) != 0 || !is((unsigned char)s[i]))
			return false;
	}
	return true;
}

static bool
is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

/* ----------------------------------------------------------------- colour */

/* rgb(1, 2, 3) */
static bool
rgb(const char *s, size_t len, char out[static 8])
{
	char copy[40];
	unsigned r, g, b;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, s, len);
	copy[len] = '\0';
	if (sscanf(copy, "rgb(%3u ,%3u ,%3u", &r, &g, &b) != 3 ||
	    r > 255 || g > 255 || b > 255)
		return false;
	snprintf(out, 8, "#%02x%02x%02x", r, g, b);
	return true;
}

static void
color(char *out, size_t size, const char *s, size_t len)
{
	bool hex, name;

	strip(&s, &len);
	hex = (len == 4 || len == 7) && *s == '#' &&
	    all(s + 1, len - 1, isxdigit);
	name = len >= 3 && len < size && all(s, len, isalpha);
	if (hex || name) {
		memcpy(out, s, len);
		out[len] = '\0';
	} else {
		rgb(s, len, out);
	}
}

void
look_color(struct look *l, const char *value, size_t len)
{
	color(l->color, sizeof(l->color), value, len);
}

void
look_background(struct look *l, const char *value, size_t len)
{
	color(l->background, sizeof(l->background), value, len);
}

/* ------------------------------------------------------------------- font */

static int
is_face(int c)
{
	return isalnum(c) || c == ' ' || c == '-';
}

/* The first of a list; whether it is in quotes is all the same. */
void
look_face(struct look *l, const char *value, size_t len)
{
	const char *comma = memchr(value, ',', len);

	if (comma != NULL)
		len = (size_t)(comma - value);
	strip(&value, &len);
	if (len >= 2 && (*value == '\'' || *value == '"') &&
	    value[len - 1] == *value) {
		value++;
		len -= 2;
	}
	if (len > 12 && strncasecmp(value, "&quot;", 6) == 0 &&
	    strncasecmp(value + len - 6, "&quot;", 6) == 0) {
		value += 6;
		len -= 12;
	}
	if (len == 0 || len >= sizeof(l->face) || !all(value, len, is_face))
		return;
	if (is_word(value, len, "monospace")) {
		l->bits |= LOOK_MONO;
		*l->face = '\0';
		return;
	}
	l->bits &= (unsigned char)~LOOK_MONO;
	memcpy(l->face, value, len);
	l->face[len] = '\0';
}

static void
set_size(struct look *l, int size)
{
	if (size < 1)
		size = 1;
	if (size > SIZE_LARGEST)
		size = SIZE_LARGEST;
	l->size = size == LOOK_SIZE_NORMAL ? 0 : (unsigned char)size;
}

void
look_size(struct look *l, const char *value, size_t len)
{
	bool relative;
	int n;

	strip(&value, &len);
	relative = len > 1 && (*value == '+' || *value == '-');
	if (len == 0 || len > 3 ||
	    !all(value + relative, len - relative, isdigit))
		return;
	n = atoi(value);
	if (relative)
		n += l->size != 0 ? l->size : LOOK_SIZE_NORMAL;
	set_size(l, n);
}

static const char *const size_names[SIZE_LARGEST + 1] = {
	NULL, "x-small", "small", NULL, "large", "x-large", "xx-large",
	"xx-large",
};

const char *
look_size_name(unsigned size)
{
	return size <= SIZE_LARGEST ? size_names[size] : NULL;
}

/* Points of the sizes of <font>, by which lengths are told apart. */
static void
css_size(struct look *l, const char *s, size_t len)
{
	static const struct {
		const char	*unit;
		double		 points;
	} units[] = {
		{ "pt", 1 }, { "px", 0.75 }, { "em", 12 }, { "rem", 12 },
		{ "%", 0.12 },
	};
	static const double points[] = { 8.5, 11, 13, 16, 21, 30 };
	char copy[16], *unit;
	double n;
	int size = 1;

	for (int i = 1; i <= SIZE_LARGEST; i++) {
		if (size_names[i] != NULL && is_word(s, len, size_names[i])) {
			set_size(l, i);
			return;
		}
	}
	if (len == 0 || len >= sizeof(copy) || !isdigit((unsigned char)*s))
		return;
	memcpy(copy, s, len);
	copy[len] = '\0';
	n = strtod(copy, &unit);
	for (size_t i = 0; i < LENGTH(units); i++) {
		if (strcasecmp(unit, units[i].unit) != 0)
			continue;
		while ((size_t)size <= LENGTH(points) &&
		    n * units[i].points >= points[size - 1])
			size++;
		set_size(l, size);
	}
}

/* -------------------------------------------------------------------- CSS */

static bool
has(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++) {
		if (strncasecmp(s + i, word, n) == 0)
			return true;
	}
	return false;
}

static void
weight(struct look *l, const char *v, size_t n)
{
	if (has(v, n, "bold") || (n == 3 && *v >= '6' && *v <= '9'))
		l->bits |= LOOK_BOLD;
	else if (is_word(v, n, "normal"))
		l->bits &= (unsigned char)~LOOK_BOLD;
}

static void
slant(struct look *l, const char *v, size_t n)
{
	if (is_word(v, n, "italic") || is_word(v, n, "oblique"))
		l->bits |= LOOK_ITALIC;
	else if (is_word(v, n, "normal"))
		l->bits &= (unsigned char)~LOOK_ITALIC;
}

static void
decoration(struct look *l, const char *v, size_t n)
{
	if (has(v, n, "underline"))
		l->bits |= LOOK_UNDERLINE;
	if (has(v, n, "line-through"))
		l->bits |= LOOK_STRIKE;
}

static const struct {
	const char	*name;
	void		(*apply)(struct look *, const char *, size_t);
} properties[] = {
	{ "color", look_color },
	{ "background", look_background },
	{ "background-color", look_background },
	{ "font-family", look_face },
	{ "font-size", css_size },
	{ "font-weight", weight },
	{ "font-style", slant },
	{ "text-decoration", decoration },
};

static void
apply(struct look *l, const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len), *v;
	size_t name_len, value_len;

	if (colon == NULL)
		return;
	name_len = (size_t)(colon - s);
	v = colon + 1;
	value_len = len - name_len - 1;
	strip(&s, &name_len);
	strip(&v, &value_len);
	for (size_t i = 0; value_len > 0 && i < LENGTH(properties); i++) {
		if (is_word(s, name_len, properties[i].name))
			properties[i].apply(l, v, value_len);
	}
}

/* A ';' ends a property, but not the one of "&quot;". */
static size_t
property_len(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == ';' &&
		    !(i >= 5 && strncasecmp(s + i - 5, "&quot", 5) == 0))
			return i;
	}
	return len;
}

void
look_style(struct look *l, const char *style, size_t len)
{
	while (len > 0) {
		size_t n = property_len(style, len);

		apply(l, style, n);
		n += n < len;
		style += n;
		len -= n;
	}
}
