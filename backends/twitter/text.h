/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h - text as X gives it, made what people read. */
#ifndef BACKENDS_TWITTER_TEXT_H
#define BACKENDS_TWITTER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"

/* An address in a text, https://t.co/..., and what it stands for. */
struct link {
	const char	*address;
	const char	*real;		/* NULL: it is not to be read */
};

/* The text with its links put in and &amp; and the like decoded, once; without
 * blanks at its ends, and legal in XML.  It grows by TEXT_GROWS bytes at most:
 * links past that stay as they are. */
#define TEXT_GROWS	8192
char	*text_read(struct arena *, const char *text, const struct link *,
	    size_t nlinks);
/* The same of a name: in one line, of max bytes at most, without links. */
char	*text_line(struct arena *, const char *text, size_t max);
/* http or https, without blanks, and of a length that can be meant. */
bool	text_is_address(const char *);

#endif
