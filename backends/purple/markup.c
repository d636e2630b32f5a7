/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What html.c reads is written down twice: as plain text, and as one flat run
 * of text after the other, each with the tags for its look around it.  So what
 * comes out is well-formed, however the tags were mixed up that came in. */
#include "backends/purple/markup.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/purple/dialect.h"
#include "backends/purple/html.h"
#include "util/macros.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define CUT	"\n[...]"	/* there was more */
#define NBSP	"\u00a0"

struct sheet {
	enum dialect	 dialect;
	unsigned	 can;		/* MARKUP_ */
	bool		 addresses;	/* plain has them, "text <address>" */
	struct buf	*plain;
	struct buf	*rich;
	struct look	 shown;		/* of the run that is open */
	bool		 open;
	bool		 block;		/* a line begins before what comes */
	bool		 says_more;	/* rich does, than plain */
	bool		 full;		/* rich is too large */
	size_t		 link;		/* where in plain the link began */
	struct markup	*markup;	/* takes the images; or NULL */
};

/* ------------------------------------------------------------------- rich */

/* Well-formed, so of what XML does not allow there are the control characters
 * and U+FFFE, U+FFFF.  How long is it without? */
static size_t
clean_len(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c < 0x20 && c != '\t') || (c == 0xef && len - i > 2 &&
		    (unsigned char)s[i + 1] == 0xbf &&
		    (unsigned char)s[i + 2] >= 0xbe))
			break;
	}
	return i;
}

/* An address of a link, without what could not stand in one. */
static void
address_of(struct buf *out, const char *s, size_t len)
{
	struct buf text = { 0 };

	html_decode(&text, s, len);
	s = buf_data(&text);
	len = buf_len(&text);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c <= 0x20 || c == 0x7f || strchr("<>\"'`\\", c) != NULL)
			buf_addf(out, "%%%02X", c);
		else if (clean_len(s + i, len - i) == 0)
			i += 2;
		else
			buf_addc(out, (char)c);
	}
	buf_free(&text);
}

static void
open_href(const struct sheet *p, const struct look *l)
{
	struct buf address = { 0 };

	if (l->href == NULL || !(p->can & MARKUP_LINKS))
		return;
	address_of(&address, l->href, l->href_len);
	buf_adds(p->rich, "<a href=\"");
	dialect_escape(p->rich, buf_data(&address), buf_len(&address));
	buf_adds(p->rich, "\">");
	buf_free(&address);
}

static void
close_href(const struct sheet *p, const struct look *l)
{
	if (l->href != NULL && (p->can & MARKUP_LINKS))
		buf_adds(p->rich, "</a>");
}

static void
close_run(struct sheet *p)
{
	if (!p->open)
		return;
	p->open = false;
	dialect_close(p->dialect, p->rich, &p->shown);
	close_href(p, &p->shown);
}

static void
open_run(struct sheet *p, const struct look *wanted)
{
	struct look l = *wanted;

	if (!(p->can & MARKUP_SIZES))
		l.size = 0;
	/* There is no word of CSS for the largest. */
	if (p->dialect == DIALECT_XHTML && l.size == 7)
		l.size = 6;
	if (!(p->can & MARKUP_BACKGROUND))
		*l.background = '\0';
	if (p->open && look_equal(&l, &p->shown))
		return;
	close_run(p);
	open_href(p, &l);
	dialect_open(p->dialect, p->rich, &l);
	p->shown = l;
	p->open = true;
	if (!look_is_plain(&l))
		p->says_more = true;
}

/* What is open is closed and small against the limit. */
static bool
rich_wanted(struct sheet *p)
{
	if (!p->full && buf_len(p->rich) > (p->dialect == DIALECT_XHTML ?
	    MARKUP_RICH_MAX - 1024 : 4 * MARKUP_MAX)) {
		p->full = true;
		p->says_more = false;
	}
	return !p->full && (p->can & MARKUP_RICH);
}

/* ----------------------------------------------------------------- events */

static void
line(void *ctx)
{
	struct sheet *p = ctx;

	if (p->block && buf_len(p->plain) > 0) {
		p->block = false;
		line(p);
	}
	buf_addc(p->plain, '\n');
	if (!rich_wanted(p))
		return;
	close_run(p);
	buf_adds(p->rich, p->dialect == DIALECT_XHTML ? "<br/>" : "<br>");
}

static void
block(void *ctx)
{
	struct sheet *p = ctx;
	size_t n = buf_len(p->plain);

	if (n > 0 && buf_data(p->plain)[n - 1] != '\n')
		p->block = true;
}

static bool
is_blank(const char *s, size_t len)
{
	while (len > 0 && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	return len == 0;
}

static void
put(struct sheet *p, const struct look *l, const char *s, size_t len)
{
	if (len == strlen(NBSP) && memcmp(s, NBSP, len) == 0)
		buf_addc(p->plain, ' ');
	else
		buf_add(p->plain, s, len);
	if (!rich_wanted(p))
		return;
	open_run(p, l);
	dialect_escape(p->rich, s, len);
}

static void
text(void *ctx, const struct look *l, const char *s, size_t len)
{
	struct sheet *p = ctx;
	size_t n;

	if (p->block) {
		/* That is how the source was laid out, nothing to be seen. */
		if (is_blank(s, len))
			return;
		p->block = false;
		line(p);
	}
	while (len > 0) {
		n = clean_len(s, len);
		if (n > 0)
			put(p, l, s, n);
		s += n;
		len -= n;
		if (len > 0) {
			n = *s == '\xef' ? 3 : 1;
			s += n;
			len -= n;
		}
	}
}

/* ------------------------------------------------------------------ links */

static void
link_begins(void *ctx)
{
	struct sheet *p = ctx;

	p->link = buf_len(p->plain);
}

/* Without what people leave out. */
static void
core_of(const char **s, size_t *len)
{
	static const char *const prefixes[] = {
		"http://", "https://", "mailto:", "xmpp:", "www.",
	};

	while (*len > 0 && isspace((unsigned char)**s)) {
		(*s)++;
		(*len)--;
	}
	for (size_t i = 0; i < LENGTH(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (*len > n && strncasecmp(*s, prefixes[i], n) == 0) {
			*s += n;
			*len -= n;
		}
	}
	while (*len > 0 && (isspace((unsigned char)(*s)[*len - 1]) ||
	    (*s)[*len - 1] == '/'))
		(*len)--;
}

static bool
same_address(const char *a, size_t alen, const char *b, size_t blen)
{
	core_of(&a, &alen);
	core_of(&b, &blen);
	return alen == blen && strncasecmp(a, b, alen) == 0;
}

/* Worth telling, but not to be followed by a click. */
static bool
worth_telling(const char *address, size_t len)
{
	static const char *const schemes[] = {
		"http:", "https:", "mailto:", "xmpp:", "ftp:", "ftps:", "sip:",
		"sips:", "tel:", "geo:", "magnet:", "irc:", "ircs:",
	};

	for (size_t i = 0; i < LENGTH(schemes); i++) {
		if (len > strlen(schemes[i]) && strncasecmp(address,
		    schemes[i], strlen(schemes[i])) == 0)
			return true;
	}
	return false;
}

/* " <address>", or only that where the link has no text. */
static void
put_address(struct sheet *p, const char *address, size_t len, bool bare,
    bool in_rich)
{
	const struct look usual = { 0 };

	if (!bare)
		buf_adds(p->plain, " <");
	buf_add(p->plain, address, len);
	if (!bare)
		buf_addc(p->plain, '>');
	if (!in_rich || !rich_wanted(p))
		return;
	open_run(p, &usual);
	if (!bare)
		buf_adds(p->rich, " &lt;");
	dialect_escape(p->rich, address, len);
	if (!bare)
		buf_adds(p->rich, "&gt;");
}

static void
link_ends(void *ctx, const struct html_attribute *href)
{
	struct sheet *p = ctx;
	bool shown = (p->can & MARKUP_LINKS) && (p->can & MARKUP_RICH) &&
	    p->open && p->shown.href == href->value;
	size_t start = p->link < buf_len(p->plain) ?
	    p->link : buf_len(p->plain);
	size_t len = buf_len(p->plain) - start;
	struct buf address = { 0 };

	if (href->value == NULL)
		return;
	address_of(&address, href->value, href->len);
	if (buf_len(&address) > 0 &&
	    worth_telling(buf_data(&address), buf_len(&address)) &&
	    (len == 0 || !same_address(buf_data(p->plain) + start, len,
	    buf_data(&address), buf_len(&address)))) {
		p->says_more |= shown || !p->addresses;
		if (p->addresses || len == 0)
			put_address(p, buf_data(&address), buf_len(&address),
			    len == 0, !shown || len == 0);
	}
	buf_free(&address);
}

/* ----------------------------------------------------------------- images */

static void
keep_image(struct markup *m, const struct html_attribute *id)
{
	char digits[12];

	if (id->len == 0 || id->len >= sizeof(digits) ||
	    m->nimages == LENGTH(m->images))
		return;
	memcpy(digits, id->value, id->len);
	digits[id->len] = '\0';
	m->images[m->nimages++] = atoi(digits);
}

/* One from elsewhere is not loaded by the reader's client on its own: that
 * would tell its owner who reads.  It becomes a link. */
static void
image(void *ctx, const struct look *l, const struct html_attribute *id,
    const struct html_attribute *src, const struct html_attribute *alt)
{
	struct sheet *p = ctx;
	struct look linked = *l;
	struct buf words = { 0 };
	bool far = src->value != NULL && l->href == NULL && src->len > 8 &&
	    (strncasecmp(src->value, "http://", 7) == 0 ||
	    strncasecmp(src->value, "https://", 8) == 0);
	const struct html_attribute *shown = alt;

	if (id->value != NULL) {
		if (p->markup != NULL)
			keep_image(p->markup, id);
		return;
	}
	if (far) {
		linked.href = src->value;
		linked.href_len = src->len;
		link_begins(p);
		if (alt->value == NULL || alt->len == 0)
			shown = src;
	}
	if (shown->value != NULL && shown->len > 0) {
		html_decode(&words, shown->value, shown->len);
		text(p, &linked, buf_data(&words), buf_len(&words));
		buf_free(&words);
	}
	if (far)
		link_ends(p, src);
}

static const struct html_reader reader = {
	.text = text, .line = line, .block = block,
	.link = link_begins, .link_end = link_ends, .image = image,
};

/* -------------------------------------------------------------------- all */

static void
write_sheet(struct sheet *p, const char *html, size_t len)
{
	char *repaired = NULL;
	size_t n;

	buf_clear(p->plain);
	buf_clear(p->rich);
	if (!utf8_valid(html, len)) {
		repaired = xmalloc(len + 1);
		memcpy(repaired, html, len);
		utf8_xml_clean(repaired, len);
		html = repaired;
	}
	html_read(html, len, &reader, p);
	close_run(p);
	free(repaired);
	while ((n = buf_len(p->plain)) > 0 &&
	    buf_data(p->plain)[n - 1] == '\n')
		buf_truncate(p->plain, n - 1);
}

/* Mostly there is nothing to be done. */
static bool
is_just_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '<' || s[i] == '&' || (unsigned char)s[i] < 0x20 ||
		    s[i] == '\xef')
			return false;
	}
	return utf8_valid(s, len);
}

void
markup_read(struct markup *m, const char *html)
{
	size_t len = strlen(html), most = utf8_cut(html, len, MARKUP_MAX);
	struct sheet p = {
		.dialect = DIALECT_XHTML, .plain = &m->plain, .rich = &m->xhtml,
		.can = MARKUP_RICH | MARKUP_SIZES | MARKUP_BACKGROUND |
		    MARKUP_LINKS,
		.addresses = true, .markup = m,
	};
	bool cut;

	m->nimages = 0;
	if (is_just_text(html, most)) {
		buf_clear(&m->plain);
		buf_clear(&m->xhtml);
		buf_add(&m->plain, html, most);
	} else {
		write_sheet(&p, html, most);
	}
	cut = most < len || buf_len(&m->plain) > MARKUP_MAX;
	if (cut) {
		buf_truncate(&m->plain, utf8_cut(buf_data(&m->plain),
		    buf_len(&m->plain), MARKUP_MAX));
		buf_adds(&m->plain, CUT);
	}
	if (!p.says_more || cut || buf_len(&m->xhtml) > MARKUP_RICH_MAX)
		buf_clear(&m->xhtml);
	buf_addc(&m->plain, '\0');
	buf_addc(&m->xhtml, '\0');
}

void
markup_free(struct markup *m)
{
	buf_free(&m->plain);
	buf_free(&m->xhtml);
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

static const char *
escape_body(const char *body, struct buf *out)
{
	buf_clear(out);
	for (const char *s = body;; s++) {
		size_t len = strcspn(s, "\n");

		dialect_escape(out, s, len);
		s += len;
		if (*s == '\0')
			break;
		buf_adds(out, "<br>");
	}
	buf_addc(out, '\0');
	return buf_data(out);
}

const char *
markup_html(const char *body, const char *xhtml, unsigned can,
    struct buf *out)
{
	struct buf plain = { 0 };
	struct sheet once = {
		.dialect = DIALECT_PURPLE, .plain = &plain, .rich = out,
		.can = can,
	}, again = once;
	const unsigned both = MARKUP_RICH | MARKUP_LINKS;

	if (xhtml == NULL)
		return escape_body(body, out);
	write_sheet(&once, xhtml, strlen(xhtml));
	buf_addc(&plain, '\0');
	if (!once.says_more || !says_the_same(buf_data(&plain), body)) {
		buf_free(&plain);
		return escape_body(body, out);
	}
	if ((can & both) != both) {
		again.addresses = true;
		write_sheet(&again, xhtml, strlen(xhtml));
		buf_addc(&plain, '\0');
	}
	if (can & MARKUP_RICH)
		buf_addc(out, '\0');
	else
		escape_body(buf_data(&plain), out);
	buf_free(&plain);
	return buf_data(out);
}
