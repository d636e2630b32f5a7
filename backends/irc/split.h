/* SPDX-License-Identifier: GPL-2.0-or-later */
/* split.h - one message as the pieces that fit into IRC lines. */
#ifndef BACKENDS_IRC_SPLIT_H
#define BACKENDS_IRC_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

struct split {
	const char	*at;		/* what is left */
	size_t		 max;		/* bytes of text per piece, >= 32 */
	bool		 action;	/* the text began with "/me " */
};

/* body: what the user typed, lines separated by LF or CR.  room: bytes that
 * one line has for the text; ACTION's wrapping is counted here. */
void	split_init(struct split *, const char *body, size_t room);

/* The next piece, never empty, without control characters at its ends; false
 * when there are no more.  It is cut at the last space of its latter two thirds,
 * else between characters. */
bool	split_next(struct split *, const char **piece, size_t *len);

/* Where a line of len bytes is cut that may have max: <= max, > 0 unless the
 * line is empty; as above, and never inside the code of a colour. */
size_t	split_cut(const char *line, size_t len, size_t max);

/* Bytes for text in "PRIVMSG target :text" when it reaches others with our
 * prefix in front of it; prefix is strlen("nick!user@host"). */
size_t	split_room(size_t line_len, size_t prefix, size_t target);

#endif
