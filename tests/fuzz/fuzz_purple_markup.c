/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* Any bytes as HTML of a plug-in: the text is text, the XHTML is well-formed,
 * has nothing but the harmless elements and attributes, says what the text
 * says, and comes out the same when it is read again; and so does what is made
 * of it for a plug-in. */
#include <expat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/purple/markup.h"
#include "util/utf8.h"

static void
check_attributes(const char *element, const char *const *attrs)
{
	for (; attrs[0] != NULL; attrs += 2) {
		if (strcmp(element, "a") == 0 &&
		    strcmp(attrs[0], "href") == 0) {
			if (strncasecmp(attrs[1], "http", 4) != 0 &&
			    strncasecmp(attrs[1], "mailto:", 7) != 0 &&
			    strncasecmp(attrs[1], "xmpp:", 5) != 0)
				abort();
		} else if (strcmp(element, "span") != 0 ||
		    strcmp(attrs[0], "style") != 0 ||
		    strpbrk(attrs[1], "(\\<>@'\"") != NULL) {
			abort();
		}
	}
}

static void
start(void *ctx, const char *element, const char **attrs)
{
	static const char *const allowed[] = {
		"body", "a", "br", "em", "span", "strong",
	};
	size_t i;

	(void)ctx;
	for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (strcmp(element, allowed[i]) == 0)
			break;
	if (i == sizeof(allowed) / sizeof(*allowed))
		abort();
	check_attributes(element, attrs);
}

static void
check_xhtml(const char *xhtml)
{
	XML_Parser p = XML_ParserCreate("UTF-8");

	XML_SetStartElementHandler(p, start);
	if (XML_Parse(p, "<body>", 6, 0) != XML_STATUS_OK ||
	    XML_Parse(p, xhtml, (int)strlen(xhtml), 0) != XML_STATUS_OK ||
	    XML_Parse(p, "</body>", 7, 1) != XML_STATUS_OK)
		abort();
	XML_ParserFree(p);
}

static void
check_plain(const char *s, size_t n)
{
	uint32_t cp;

	for (size_t i = 0, step; i < n; i += step) {
		step = utf8_next(s + i, n - i, &cp);
		if (step == 0 || !utf8_xml_char(cp))
			abort();
	}
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned cans[] = { 0, MARKUP_RICH, ~0u };
	struct markup once = { 0 }, twice = { 0 };
	struct buf scratch = { 0 };
	char *in;

	if (size > 4096)
		return 0;
	in = strndup((const char *)data, size);
	markup_read(&once, in);
	check_plain(buf_data(&once.plain), buf_len(&once.plain) - 1);
	check_xhtml(buf_data(&once.xhtml));
	if (*buf_data(&once.xhtml) != '\0') {
		markup_read(&twice, buf_data(&once.xhtml));
		if (strcmp(buf_data(&once.xhtml), buf_data(&twice.xhtml)) != 0)
			abort();
	}
	for (size_t i = 0; i < sizeof(cans) / sizeof(*cans); i++) {
		/* What users send goes through the same. */
		markup_read(&twice, markup_html(buf_data(&once.plain), NULL,
		    cans[i], &scratch));
		check_plain(buf_data(&twice.plain),
		    buf_len(&twice.plain) - 1);
		check_xhtml(markup_html(buf_data(&once.plain), in, 0,
		    &scratch) ? buf_data(&twice.xhtml) : "");
	}
	markup_free(&once);
	markup_free(&twice);
	buf_free(&scratch);
	free(in);
	return 0;
}
