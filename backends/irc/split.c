/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where may a message be cut?  IRC counts bytes and knows one line at a time;
 * people write paragraphs and count characters. */
#include "backends/irc/split.h"

#include <string.h>

#include "util/utf8.h"

#define ACTION_WRAP	(sizeof("\1ACTION \1") - 1)
#define PIECE_MIN	32

size_t
split_room(size_t line_len, size_t prefix, size_t target)
{
	/* ":prefix PRIVMSG target :text\r\n" */
	size_t used = 1 + prefix + 1 + 7 + 1 + target + 2 + 2;

	return used + PIECE_MIN < line_len ? line_len - used : PIECE_MIN;
}

void
split_init(struct split *s, const char *body, size_t room)
{
	*s = (struct split){ .at = body, .max = room };
	if (strncmp(body, "/me ", 4) == 0) {
		s->action = true;
		s->at += 4;
		s->max = room > ACTION_WRAP ? room - ACTION_WRAP : 0;
	}
	if (s->max < PIECE_MIN)
		s->max = PIECE_MIN;
}

/* \3 and its digits mean something together only. */
static size_t
before_colour(const char *s, size_t cut)
{
	size_t at = cut;

	while (at > 0 && cut - at < 5 &&
	    (s[at - 1] == ',' || (s[at - 1] >= '0' && s[at - 1] <= '9')))
		at--;
	return at > 1 && s[at - 1] == '\3' ? at - 1 : cut;
}

/* A long word such as an URL moves to the next piece whole, unless the piece
 * it leaves behind would be absurdly short. */
size_t
split_cut(const char *s, size_t len, size_t max)
{
	size_t cut = utf8_cut(s, len, max);

	if (cut == len || s[cut] == ' ')
		return cut;
	for (size_t i = cut; i > max / 3; i--)
		if (s[i - 1] == ' ')
			return i;
	return before_colour(s, cut);
}

bool
split_next(struct split *s, const char **piece, size_t *len)
{
	size_t line, cut, trimmed;

	for (;;) {
		s->at += strspn(s->at, "\r\n");
		if (*s->at == '\0')
			return false;
		line = strcspn(s->at, "\r\n");
		cut = split_cut(s->at, line, s->max);
		*piece = s->at;
		s->at += cut;
		/* The space that was cut at stays behind. */
		if (cut < line && *s->at == ' ')
			s->at++;
		for (trimmed = cut; trimmed > 0; trimmed--)
			if ((*piece)[trimmed - 1] != ' ')
				break;
		if (trimmed > 0) {
			*len = trimmed;
			return true;
		}
	}
}
