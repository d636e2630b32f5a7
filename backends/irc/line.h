/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line.h - one line of IRC: bytes <-> its parts (RFC 1459 2.3, IRCv3 tags). */
#ifndef BACKENDS_IRC_LINE_H
#define BACKENDS_IRC_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/macros.h"

#define LINE_PARAMS	15
#define LINE_IN_MAX	(16 * 1024)	/* longer ones end the connection */
#define LINE_OUT_MAX	512		/* CR LF included, tags not */

/* All strings are valid UTF-8, never NULL, and live in the buffer that was
 * given to line_parse(). */
struct line {
	const char	*tags;		/* as sent, escaped; "" when none */
	const char	*nick;		/* or the server's name; "" when none */
	const char	*user, *host;	/* "" when none */
	const char	*command;	/* upper case */
	int		 numeric;	/* 0 .. 999, or -1 */
	unsigned	 nparams;
	/* Those past nparams are "", so handlers need not count. */
	const char	*params[LINE_PARAMS + 1];
};

/* Copy len bytes from an IRC server into out (terminated), making valid UTF-8
 * of them: what is malformed is taken as CP1252, as IRC clients of old sent
 * it; NUL is dropped.  Cuts at size.  Returns the length. */
size_t	line_decode(char *out, size_t size, const char *bytes, size_t len);

/* Take a line without its CR LF apart, in place.  Returns -1 when there is no
 * command in it. */
int	line_parse(struct line *, char *text) MUST_CHECK;

/* The unescaped value of a tag, in out; NULL when the line has no such tag.
 * A value too long for out is cut. */
const char *line_tag(const struct line *, const char *key, char *out,
		    size_t size);
/* Milliseconds since 1970 of the tag time (IRCv3 server-time), 0: none. */
long long line_time(const struct line *);

#define LINE_TAGS_MAX	4094		/* of what a client sends, IRCv3 */

/* Append key=value, escaped, behind what tags has already; value NULL or "":
 * the key alone.  What would pass LINE_TAGS_MAX is left out: returns false. */
bool	line_add_tag(struct buf *tags, const char *key, const char *value);

/* Append "COMMAND param ... :last CR LF"; the list of params ends with NULL.
 * CR and LF inside a param become spaces, so no text can smuggle in a second
 * command; the last param is cut at a UTF-8 boundary where the line would pass
 * max bytes.  Returns -1 and appends nothing when a param other than the last
 * is empty, has a space, or begins with ':', or when even an empty last one
 * would not fit. */
int	line_put(struct buf *, size_t max, const char *command, ...)
	    __attribute__((sentinel));
int	line_putv(struct buf *, size_t max, const char *command,
	    const char *const *params, size_t n);

#endif
