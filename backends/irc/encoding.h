/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encoding.h - lines of a server whose users write in another character set
 * than UTF-8 (setting encoding: of the room, the server, the user). */
#ifndef BACKENDS_IRC_ENCODING_H
#define BACKENDS_IRC_ENCODING_H

#include "backends/irc/network.h"
#include "util/buf.h"

/* A line as it came, to UTF-8 (terminated, cut at size); returns its length.
 * What is UTF-8 already is taken as that. */
size_t	encoding_decode(struct network *, char *out, size_t size,
	    const char *bytes, size_t len);
/* The line that begins at that byte of the buffer and ends it, to what its
 * target wants.  A character that is not in the set becomes a similar one or
 * '?' in texts; a line with one elsewhere, one that would become longer than max
 * bytes without its tags, and one that would become another, stay UTF-8. */
void	encoding_encode(struct network *, struct buf *, size_t at, size_t max);

#endif
