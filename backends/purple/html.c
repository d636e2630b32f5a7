/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk over tags and text.  The look of each open element is on a stack; an
 * end tag closes what is open in it, too.  As in libpurple's own windows blanks
 * count, a line feed is a line break, and a tag that is none of HTML is text:
 * plug-ins forget to escape what people wrote. */
#include "backends/purple/html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "backends/purple/entity.h"
#include "util/macros.h"

#define DEPTH_MAX 32

enum kind {
	INLINE,		/* may have a look */
	BLOCK,		/* a line of its own */
	ITEM, CELL, BREAK, RULE, FONT, LINK, IMAGE,
	SKIP,		/* with all that is in it */
};

struct tag {
	const char	*name;
	enum kind	 kind;
	unsigned char	 bits;
};

static const struct tag tags[] = {
	{ "a", LINK, 0 },		{ "abbr", INLINE, 0 },
	{ "acronym", INLINE, 0 },	{ "address", BLOCK, 0 },
	{ "b", INLINE, LOOK_BOLD },	{ "big", INLINE, 0 },
	{ "blockquote", BLOCK, 0 },	{ "body", INLINE, 0 },
	{ "bold", INLINE, LOOK_BOLD },	{ "br", BREAK, 0 },
	{ "center", BLOCK, 0 },		{ "cite", INLINE, LOOK_ITALIC },
	{ "code", INLINE, LOOK_MONO },	{ "dd", BLOCK, 0 },
	{ "del", INLINE, LOOK_STRIKE },	{ "dfn", INLINE, LOOK_ITALIC },
	{ "div", BLOCK, 0 },		{ "dl", BLOCK, 0 },
	{ "dt", BLOCK, 0 },		{ "em", INLINE, LOOK_ITALIC },
	{ "font", FONT, 0 },		{ "h1", BLOCK, LOOK_BOLD },
	{ "h2", BLOCK, LOOK_BOLD },	{ "h3", BLOCK, LOOK_BOLD },
	{ "h4", BLOCK, LOOK_BOLD },	{ "h5", BLOCK, LOOK_BOLD },
	{ "h6", BLOCK, LOOK_BOLD },	{ "head", INLINE, 0 },
	{ "hr", RULE, 0 },		{ "html", INLINE, 0 },
	{ "i", INLINE, LOOK_ITALIC },	{ "img", IMAGE, 0 },
	{ "ins", INLINE, LOOK_UNDERLINE }, { "italic", INLINE, LOOK_ITALIC },
	{ "kbd", INLINE, LOOK_MONO },	{ "li", ITEM, 0 },
	{ "link", BREAK, 0 },		{ "meta", BREAK, 0 },
	{ "nobr", INLINE, 0 },		{ "ol", BLOCK, 0 },
	{ "p", BLOCK, 0 },		{ "pre", BLOCK, LOOK_MONO },
	{ "q", INLINE, 0 },		{ "s", INLINE, LOOK_STRIKE },
	{ "samp", INLINE, LOOK_MONO },	{ "script", SKIP, 0 },
	{ "small", INLINE, 0 },		{ "span", INLINE, 0 },
	{ "strike", INLINE, LOOK_STRIKE }, { "strong", INLINE, LOOK_BOLD },
	{ "style", SKIP, 0 },		{ "sub", INLINE, 0 },
	{ "sup", INLINE, 0 },		{ "table", BLOCK, 0 },
	{ "tbody", INLINE, 0 },		{ "td", CELL, 0 },
	{ "th", CELL, LOOK_BOLD },	{ "thead", INLINE, 0 },
	{ "title", SKIP, 0 },		{ "tr", BLOCK, 0 },
	{ "tt", INLINE, LOOK_MONO },	{ "u", INLINE, LOOK_UNDERLINE },
	{ "ul", BLOCK, 0 },		{ "underline", INLINE, LOOK_UNDERLINE },
	{ "var", INLINE, LOOK_ITALIC },
};

struct open_tag {
	const struct tag *tag;
	struct look	 outside;	/* the look around it */
	struct html_attribute href;	/* of a link */
};

struct walk {
	const struct html_reader *reader;
	void		*ctx;
	const char	*end;
	struct look	 look;
	struct open_tag	 stack[DEPTH_MAX];
	unsigned	 depth;
	unsigned	 beyond;	/* open ones deeper than that */
	bool		 linked;	/* one on the stack is a link */
	bool		 no_end[SKIP + 2];	/* such an end does not come */
};

#define NO_END_COMMENT	(SKIP + 1)

static const struct tag *
find_tag(const char *name, size_t len)
{
	for (size_t i = 0; i < LENGTH(tags); i++) {
		if (tolower((unsigned char)*name) == *tags[i].name &&
		    strlen(tags[i].name) == len &&
		    strncasecmp(tags[i].name, name, len) == 0)
			return &tags[i];
	}
	return NULL;
}

/* ------------------------------------------------------------- attributes */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next one from *s on, which is behind the name of the tag.  False: no
 * more. */
static bool
next_attribute(const char **at, const char *end, const char **name,
    size_t *name_len, struct html_attribute *value)
{
	const char *s = *at, *stop;

	while (s < end && (is_blank(*s) || *s == '/'))
		s++;
	*name = s;
	while (s < end && !is_blank(*s) && *s != '=')
		s++;
	*name_len = (size_t)(s - *name);
	*value = (struct html_attribute){ "", 0 };
	while (s < end && is_blank(*s))
		s++;
	if (s < end && *s == '=') {
		for (s++; s < end && is_blank(*s); s++)
			;
		if (s < end && (*s == '"' || *s == '\'')) {
			stop = memchr(s + 1, *s, (size_t)(end - s - 1));
			value->value = s + 1;
			value->len = (size_t)((stop ? stop : end) - s - 1);
			s = stop ? stop + 1 : end;
		} else {
			for (stop = s; stop < end && !is_blank(*stop); stop++)
				;
			value->value = s;
			value->len = (size_t)(stop - s);
			s = stop;
		}
	}
	/* Always forward, "=" alone as well. */
	if (s == *at)
		return false;
	*at = s;
	return true;
}

static struct html_attribute
attribute(const char *s, const char *end, const char *wanted)
{
	struct html_attribute value;
	const char *name;
	size_t len;

	while (next_attribute(&s, end, &name, &len, &value)) {
		if (strlen(wanted) == len &&
		    strncasecmp(wanted, name, len) == 0)
			return value;
	}
	return (struct html_attribute){ NULL, 0 };
}

static void
apply_attributes(struct look *l, const struct tag *tag, const char *s,
    const char *end)
{
	struct html_attribute value;
	const char *name;
	size_t len;

	while (next_attribute(&s, end, &name, &len, &value)) {
		if (len == 5 && strncasecmp(name, "style", 5) == 0)
			look_style(l, value.value, value.len);
		else if (tag->kind != FONT)
			continue;
		else if (len == 5 && strncasecmp(name, "color", 5) == 0)
			look_color(l, value.value, value.len);
		else if (len == 4 && strncasecmp(name, "back", 4) == 0)
			look_background(l, value.value, value.len);
		else if (len == 4 && strncasecmp(name, "face", 4) == 0)
			look_face(l, value.value, value.len);
		else if (len == 4 && strncasecmp(name, "size", 4) == 0)
			look_size(l, value.value, value.len);
	}
}

/* ------------------------------------------------------------------- text */

static void
put(struct walk *w, const char *s, size_t len)
{
	if (len > 0)
		w->reader->text(w->ctx, &w->look, s, len);
}

static void
put_text(struct walk *w, const char *s, const char *end)
{
	char character[5];
	size_t len;

	while (s < end) {
		const char *run = s;

		while (s < end && *s != '&' && *s != '\n' && *s != '\r')
			s++;
		put(w, run, (size_t)(s - run));
		if (s == end)
			return;
		if (*s == '\r') {
			s++;
		} else if (*s == '\n') {
			w->reader->line(w->ctx);
			s++;
		} else if ((len = entity_read(s, (size_t)(end - s),
		    character)) > 0) {
			if (*character == '\n')
				w->reader->line(w->ctx);
			else if (*character != '\r')
				put(w, character, strlen(character));
			s += len;
		} else {
			put(w, s++, 1);
		}
	}
}

void
html_decode(struct buf *out, const char *s, size_t len)
{
	char character[5];
	size_t n;

	while (len > 0) {
		n = *s == '&' ? entity_read(s, len, character) : 0;
		if (n > 0) {
			buf_adds(out, character);
		} else {
			n = 1;
			buf_addc(out, *s);
		}
		s += n;
		len -= n;
	}
}

/* ------------------------------------------------------------------- tags */

static void
pop(struct walk *w)
{
	struct open_tag *top = &w->stack[--w->depth];

	w->look = top->outside;
	if (top->tag->kind == LINK) {
		w->linked = false;
		w->reader->link_end(w->ctx, &top->href);
	} else if (top->tag->kind == BLOCK || top->tag->kind == ITEM) {
		w->reader->block(w->ctx);
	}
}

static void
close_tag(struct walk *w, const struct tag *tag)
{
	if (w->beyond > 0) {
		w->beyond--;
		return;
	}
	for (unsigned i = w->depth; i > 0; i--) {
		if (w->stack[i - 1].tag != tag)
			continue;
		while (w->depth >= i)
			pop(w);
		return;
	}
}

static bool
may_follow(const struct html_attribute *href)
{
	static const char *const schemes[] = {
		"http://", "https://", "mailto:", "xmpp:",
	};

	for (size_t i = 0; i < LENGTH(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (href->len > len &&
		    strncasecmp(href->value, schemes[i], len) == 0)
			return true;
	}
	return false;
}

static void
begin_link(struct walk *w, struct open_tag *open, const char *s,
    const char *end)
{
	open->href = attribute(s, end, "href");
	if (open->href.value != NULL && may_follow(&open->href)) {
		w->look.href = open->href.value;
		w->look.href_len = open->href.len;
	}
	w->linked = true;
	w->reader->link(w->ctx);
}

static void
push(struct walk *w, const struct tag *tag, const char *s, const char *end)
{
	struct open_tag *open;

	/* A link in a link is a mistake: the first one was not closed. */
	if (tag->kind == LINK && w->linked)
		close_tag(w, tag);
	if (w->depth == DEPTH_MAX) {
		w->beyond++;
		return;
	}
	open = &w->stack[w->depth++];
	open->tag = tag;
	open->outside = w->look;
	if (tag->kind == LINK)
		begin_link(w, open, s, end);
	w->look.bits |= tag->bits;
	/* There is one font at a time, and the inner one counts. */
	if (tag->bits & LOOK_MONO)
		*w->look.face = '\0';
	apply_attributes(&w->look, tag, s, end);
}

/* <b/>; but the '/' of <a href=http://example.org/> is the address's. */
static bool
is_empty_element(const char *s, const char *end)
{
	return s < end && end[-1] == '/' && (end - 1 == s ||
	    is_blank(end[-2]) || end[-2] == '"' || end[-2] == '\'');
}

static void
open_tag(struct walk *w, const struct tag *tag, const char *s, const char *end)
{
	struct html_attribute id, src, alt;

	switch (tag->kind) {
	case BREAK:
		if (*tag->name == 'b')
			w->reader->line(w->ctx);
		return;
	case RULE:
		w->reader->block(w->ctx);
		put(w, "---", 3);
		w->reader->block(w->ctx);
		return;
	case IMAGE:
		id = attribute(s, end, "id");
		src = attribute(s, end, "src");
		alt = attribute(s, end, "alt");
		w->reader->image(w->ctx, &w->look, &id, &src, &alt);
		return;
	case BLOCK:
	case ITEM:
		w->reader->block(w->ctx);
		break;
	case CELL:
		put(w, " ", 1);
		break;
	default:
		break;
	}
	if (is_empty_element(s, end)) {
		if (tag->kind == BLOCK)
			w->reader->block(w->ctx);
		return;
	}
	push(w, tag, s, end);
	if (tag->kind == ITEM)
		put(w, "\u2022 ", strlen("\u2022 "));
}

/* The '>' of the tag that begins at s; NULL: it is none. */
static const char *
tag_end(const char *s, const char *end)
{
	char quote = '\0';

	for (s++; s < end; s++) {
		if (quote != '\0') {
			if (*s == quote)
				quote = '\0';
		} else if (*s == '>') {
			return s;
		} else if (*s == '<') {
			return NULL;
		} else if ((*s == '"' || *s == '\'') && (s[-1] == '=' ||
		    is_blank(s[-1]))) {
			quote = *s;
		}
	}
	return NULL;
}

/* Behind </name ...> of an element that is left out; NULL: it has no end. */
static const char *
skip_element(const struct walk *w, const struct tag *tag, const char *s)
{
	size_t len = strlen(tag->name);

	while ((s = memmem(s, (size_t)(w->end - s), "</", 2)) != NULL) {
		s += 2;
		if ((size_t)(w->end - s) > len &&
		    strncasecmp(s, tag->name, len) == 0)
			return memchr(s, '>', (size_t)(w->end - s));
	}
	return NULL;
}

/* <!-- -->, <!DOCTYPE >, <? ?> */
static const char *
skip_declaration(struct walk *w, const char *s)
{
	const char *end;

	if (w->end - s < 4 || memcmp(s, "<!--", 4) != 0)
		return tag_end(s, w->end);
	if (w->no_end[NO_END_COMMENT])
		return NULL;
	end = memmem(s + 4, (size_t)(w->end - s - 4), "-->", 3);
	w->no_end[NO_END_COMMENT] = end == NULL;
	return end ? end + 2 : NULL;
}

/* s is at a '<'.  Where the tag ends; NULL: it is text. */
static const char *
read_tag(struct walk *w, const char *s)
{
	bool closing = w->end - s > 1 && s[1] == '/';
	const char *name = s + 1 + closing, *name_end = name, *end, *skipped;
	const struct tag *tag;

	if (name < w->end && (*name == '!' || *name == '?'))
		return skip_declaration(w, s);
	while (name_end < w->end && isalnum((unsigned char)*name_end))
		name_end++;
	tag = name_end > name ? find_tag(name, (size_t)(name_end - name)) :
	    NULL;
	if (tag == NULL || (end = tag_end(name_end - 1, w->end)) == NULL)
		return NULL;
	if (name_end < end && !is_blank(*name_end) && *name_end != '/')
		return NULL;
	if (tag->kind == SKIP) {
		if (closing || w->no_end[SKIP])
			return end;
		skipped = skip_element(w, tag, end);
		w->no_end[SKIP] = skipped == NULL;
		return skipped ? skipped : end;
	}
	if (closing)
		close_tag(w, tag);
	else
		open_tag(w, tag, name_end, end);
	return end;
}

void
html_read(const char *html, size_t len, const struct html_reader *reader,
    void *ctx)
{
	struct walk w = { .reader = reader, .ctx = ctx, .end = html + len };
	const char *s = html, *tag, *end;

	while (s < w.end) {
		tag = memchr(s, '<', (size_t)(w.end - s));
		put_text(&w, s, tag ? tag : w.end);
		if (tag == NULL)
			break;
		end = read_tag(&w, tag);
		if (end == NULL)
			put(&w, "<", 1);
		s = end ? end + 1 : tag + 1;
	}
	while (w.depth > 0)
		pop(&w);
}
