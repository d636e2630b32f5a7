/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html.h - reads the HTML of messages, as libpurple's plug-ins write it, and
 * XHTML-IM: into runs of text with one look each.  It knows no errors: what is
 * not HTML is text.  Nothing here knows libpurple. */
#ifndef BACKENDS_PURPLE_HTML_H
#define BACKENDS_PURPLE_HTML_H

#include "backends/purple/look.h"
#include "util/buf.h"

struct html_attribute {
	const char	*value;		/* NULL: it is not there */
	size_t		 len;		/* entities as they stand there */
};

/* The look counts for the length of a call.  None may be NULL. */
struct html_reader {
	/* Some text, its entities resolved; no line break in it. */
	void	(*text)(void *ctx, const struct look *, const char *, size_t);
	/* A line ends here. */
	void	(*line)(void *ctx);
	/* What follows begins a line, if something else has been before. */
	void	(*block)(void *ctx);
	/* From here on, until it is ended, text is in a link. */
	void	(*link)(void *ctx);
	void	(*link_end)(void *ctx, const struct html_attribute *href);
	void	(*image)(void *ctx, const struct look *,
		    const struct html_attribute *id,
		    const struct html_attribute *src,
		    const struct html_attribute *alt);
};

/* html is valid UTF-8.  Time and stack are bounded by its length, whatever is
 * in it. */
void	html_read(const char *html, size_t len, const struct html_reader *,
	    void *ctx);
/* The text of an attribute: its entities resolved, appended. */
void	html_decode(struct buf *, const char *s, size_t len);

#endif
