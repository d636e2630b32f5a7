/* SPDX-License-Identifier: GPL-2.0-or-later */
/* markup.h - messages between libpurple, where they are HTML, and XMPP, where
 * they are a text and, beside it, XHTML-IM (XEP-0071).  Nothing here knows
 * libpurple; nothing that comes in can do harm going out. */
#ifndef BACKENDS_PURPLE_MARKUP_H
#define BACKENDS_PURPLE_MARKUP_H

#include <stdbool.h>

#include "util/buf.h"

#define MARKUP_MAX		(512 * 1024)	/* bytes; the rest is cut off */
#define MARKUP_RICH_MAX		(64 * 1024)	/* of XHTML, or there is none */
#define MARKUP_IMAGES_MAX	16

/* Zero-initialised is valid, and can be used again and again. */
struct markup {
	struct buf	plain;		/* a string, as a person would read it;
					 * links are "text <address>" */
	struct buf	xhtml;		/* a string, content of an XHTML-IM
					 * body; "" when it says no more */
	int		images[MARKUP_IMAGES_MAX];	/* of <img id=N>: not
							 * in the text */
	size_t		nimages;
};

/* What is not text in UTF-8 is replaced by '?'. */
void		 markup_read(struct markup *, const char *html);
void		 markup_free(struct markup *);

/* What the other side can show. */
enum {
	MARKUP_RICH = 1,		/* anything at all */
	MARKUP_SIZES = 2,
	MARKUP_BACKGROUND = 4,
	MARKUP_LINKS = 8,		/* with a text of their own */
};

/* Text of a user as libpurple's HTML, with <br> between lines: a string in
 * scratch.  xhtml may be NULL, and counts only where it says in other looks
 * what the body says. */
const char	*markup_html(const char *body, const char *xhtml, unsigned can,
		    struct buf *scratch);

#endif
