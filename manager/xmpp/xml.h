/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml.h - write XML straight into an output buffer.
 *
 *	xml_open(&x, "message");
 *	xml_attr(&x, "to", to);
 *	xml_element(&x, "body", NULL, text);
 *	xml_close(&x);
 *
 * Text and values are escaped, and what XML cannot carry (control characters,
 * bytes that are not UTF-8) becomes U+FFFD: a backend is not trusted. */
#ifndef MANAGER_XMPP_XML_H
#define MANAGER_XMPP_XML_H

#include <stdbool.h>

#include "manager/xmpp/stanza.h"
#include "util/buf.h"

#define XML_DEPTH 12

struct xml {
	struct buf	*out;		/* borrowed */
	unsigned	 depth;
	bool		 in_tag;	/* "<name attr='..'" is still open */
	const char	*names[XML_DEPTH];	/* borrowed: use literals */
};

void	xml_begin(struct xml *, struct buf *out);
void	xml_open(struct xml *, const char *name);
void	xml_open_ns(struct xml *, const char *name, const char *ns);
/* Nothing is written for a NULL value. */
void	xml_attr(struct xml *, const char *name, const char *value);
void	xml_attrf(struct xml *, const char *name, const char *fmt, ...)
	    PRINTF(3, 4);
void	xml_text(struct xml *, const char *text);	/* NULL: nothing */
void	xml_textf(struct xml *, const char *fmt, ...) PRINTF(2, 3);
/* Content that is well-formed markup already, written as it is. */
void	xml_raw(struct xml *, const char *markup, size_t len);
/* <name xmlns='ns'>text</name>; ns NULL: no xmlns; text NULL: empty. */
void	xml_element(struct xml *, const char *name, const char *ns,
	    const char *text);
/* A received element, passed on; ns is the namespace around it. */
void	xml_copy(struct xml *, const struct stanza *, const char *ns);
void	xml_close(struct xml *);
void	xml_close_to(struct xml *, unsigned depth);

/* Escaped for text and attribute values alike; the second also keeps line
 * ends and tabs, which a parser takes for spaces in a value. */
void	xml_escape(struct buf *, const char *text, size_t len);
void	xml_escape_attr(struct buf *, const char *value, size_t len);

#endif
