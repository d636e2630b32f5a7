/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rich text made harmless: a walk over the parsed tree that writes what
 * XEP-0071 section 7 recommends and leaves out the rest. */
#include "manager/gateway/xhtml.h"

#include <string.h>
#include <strings.h>

#include "manager/gateway/ns.h"
#include "manager/xmpp/parser.h"
#include "util/macros.h"

#define XHTML_MAX	(64 * 1024)	/* bytes */

static const struct {
	const char *name, *attrs;	/* space separated */
} elements[] = {
	{ "a", "href" },		{ "blockquote", "style" },
	{ "br", "" },			{ "cite", "style" },
	{ "em", "" },			{ "strong", "" },
	{ "img", "alt height src width" }, { "li", "style" },
	{ "ol", "style" },		{ "p", "style" },
	{ "span", "style" },		{ "ul", "style" },
	{ "b", "" },			{ "i", "" },
	{ "u", "" },			{ "s", "" },
};

static const char *const styles[] = {
	"background-color", "color", "font-family", "font-size", "font-style",
	"font-weight", "margin-left", "margin-right", "text-align",
	"text-decoration",
};

static const char *const schemes[] = {
	"http://", "https://", "mailto:", "xmpp:", "cid:",
};

static bool
has_word(const char *words, const char *word)
{
	size_t len;

	for (; *words != '\0'; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (len == strlen(word) && memcmp(words, word, len) == 0)
			return true;
	}
	return false;
}

static bool
harmless_url(const char *url)
{
	for (size_t i = 0; i < LENGTH(schemes); i++) {
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	}
	return false;
}

/* "property: value; ...", each property known and no value that could load or
 * run something. */
static bool
harmless_style(const char *style)
{
	while (*(style += strspn(style, "; \t\n")) != '\0') {
		size_t len = strcspn(style, ": \t"), i;
		size_t end = strcspn(style, ";");

		for (i = 0; i < LENGTH(styles); i++) {
			if (strlen(styles[i]) == len &&
			    strncasecmp(style, styles[i], len) == 0)
				break;
		}
		if (i == LENGTH(styles) || memchr(style, '(', end) != NULL ||
		    memchr(style, '\\', end) != NULL)
			return false;
		style += end;
	}
	return true;
}

static bool
harmless(const struct attr *attr)
{
	if (strcmp(attr->name, "href") == 0 || strcmp(attr->name, "src") == 0)
		return harmless_url(attr->value);
	if (strcmp(attr->name, "style") == 0)
		return harmless_style(attr->value);
	return true;
}

static const char *
attrs_of(const char *name)
{
	for (size_t i = 0; i < LENGTH(elements); i++) {
		if (strcmp(name, elements[i].name) == 0)
			return elements[i].attrs;
	}
	return NULL;
}

/* Names come from the table or were parsed, and need no escaping. */
static void
put_children(struct buf *out, const struct stanza *parent, unsigned depth)
{
	for (const struct stanza *c = parent->children; c; c = c->next) {
		const char *allowed = c->name ? attrs_of(c->name) : NULL;

		if (c->name == NULL) {
			xml_escape(out, c->text, strlen(c->text));
			continue;
		}
		if (allowed == NULL || depth == 0) {
			if (depth > 0)
				put_children(out, c, depth - 1);
			continue;
		}
		buf_addf(out, "<%s", c->name);
		for (const struct attr *at = c->attrs; at; at = at->next) {
			if (at->ns != NULL || !has_word(allowed, at->name) ||
			    !harmless(at))
				continue;
			buf_addf(out, " %s='", at->name);
			xml_escape(out, at->value, strlen(at->value));
			buf_addc(out, '\'');
		}
		buf_addc(out, '>');
		put_children(out, c, depth - 1);
		buf_addf(out, "</%s>", c->name);
	}
}

#define DEPTH_MAX 16

struct found {
	struct buf	out;
	unsigned	count;
};

static void
got_body(void *ctx, struct arena *a, const struct stanza *body)
{
	struct found *found = ctx;

	(void)a;
	if (found->count++ == 0)
		put_children(&found->out, body, DEPTH_MAX);
}

static void
no_matter(void *ctx, struct arena *a, const struct stanza *stanza)
{
	(void)ctx;
	(void)a;
	(void)stanza;
}

static void
ended(void *ctx)
{
	(void)ctx;
}

void
xhtml_put(struct xml *x, const char *content)
{
	static const char head[] = "<stream:stream xmlns:stream='" NS_STREAM
	    "' xmlns='" NS_XHTML "'><body>";
	static const struct parser_events events = {
		.opened = no_matter, .stanza = got_body, .ended = ended,
	};
	struct found found = { 0 };
	struct parser *parser;
	const char *why;
	size_t len = strlen(content);

	if (len > XHTML_MAX)
		return;
	parser = parser_create(NS_XHTML, XHTML_MAX + 256, &events, &found);
	if (parser_feed(parser, head, sizeof(head) - 1, &why) == 0 &&
	    parser_feed(parser, content, len, &why) == 0 &&
	    parser_feed(parser, "</body>", 7, &why) == 0 && found.count == 1 &&
	    buf_len(&found.out) > 0) {
		xml_open_ns(x, "html", NS_XHTML_IM);
		xml_open_ns(x, "body", NS_XHTML);
		xml_raw(x, buf_data(&found.out), buf_len(&found.out));
		xml_close(x);
		xml_close(x);
	}
	parser_destroy(parser);
	buf_free(&found.out);
}

char *
xhtml_get(struct arena *a, const struct stanza *message)
{
	const struct stanza *html = stanza_child(message, "html", NS_XHTML_IM);
	const struct stanza *body = stanza_child(html, "body", NS_XHTML);
	struct buf out = { 0 };
	char *text;

	if (body == NULL)
		return NULL;
	put_children(&out, body, DEPTH_MAX);
	text = arena_strndup(a, buf_len(&out) ? buf_data(&out) : "",
	    buf_len(&out));
	buf_free(&out);
	return text;
}
