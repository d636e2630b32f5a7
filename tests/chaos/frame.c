/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does a stanza end, and what does its first tag say? */
#include <string.h>

#include "tests/chaos/load.h"

/* The byte after the tag that begins at s, or 0: not all of it is there. */
static size_t
tag_len(const char *s, size_t len)
{
	char quote = '\0';

	for (size_t i = 1; i < len; i++) {
		if (quote != '\0') {
			if (s[i] == quote)
				quote = '\0';
		} else if (s[i] == '"' || s[i] == '\'') {
			quote = s[i];
		} else if (s[i] == '>') {
			return i + 1;
		}
	}
	return 0;
}

static enum frame_kind
take(struct buf *in, struct frame *f, size_t skip, enum frame_kind kind,
    const char **s, size_t *len)
{
	*s = buf_data(in) + skip;
	*len = f->seen - skip;
	buf_consume(in, f->seen);
	f->seen = 0;
	return kind;
}

enum frame_kind
frame_next(struct frame *f, struct buf *in, const char **s, size_t *len)
{
	while (buf_len(in) > f->seen) {
		const char *data = buf_data(in), *tag;
		size_t left = buf_len(in) - f->seen, n;

		tag = memchr(data + f->seen, '<', left);
		if (tag == NULL) {
			if (f->depth <= 1) {		/* white space */
				buf_clear(in);
				f->seen = 0;
			} else {
				f->seen += left;
			}
			return FRAME_MORE;
		}
		left -= (size_t)(tag - data) - f->seen;
		if ((n = tag_len(tag, left)) == 0)
			return FRAME_MORE;
		if (f->depth <= 1 && tag > data) {
			buf_consume(in, (size_t)(tag - data));
			f->seen = 0;
			continue;
		}
		f->seen = (size_t)(tag - data) + n;
		if (tag[1] == '?') {
			buf_consume(in, f->seen);
			f->seen = 0;
		} else if (f->depth == 0) {
			f->depth = 1;
			return take(in, f, 0, FRAME_OPEN, s, len);
		} else if (tag[1] == '/') {
			if (--f->depth == 0)
				return take(in, f, 0, FRAME_CLOSE, s, len);
			if (f->depth == 1)
				return take(in, f, 0, FRAME_STANZA, s, len);
		} else if (tag[n - 2] == '/') {
			if (f->depth == 1)
				return take(in, f, 0, FRAME_STANZA, s, len);
		} else {
			f->depth++;
		}
	}
	return FRAME_MORE;
}

bool
frame_is(const char *s, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n + 1 && memcmp(s + 1, name, n) == 0 &&
	    strchr(" />", s[n + 1]) != NULL;
}

bool
frame_has(const char *s, size_t len, const char *what)
{
	return memmem(s, len, what, strlen(what)) != NULL;
}

const char *
frame_attr(const char *s, size_t len, const char *name)
{
	static char value[4][512];
	static unsigned next;
	size_t n = strlen(name), end = tag_len(s, len), size;
	const char *close;

	for (size_t i = 1; i + n + 2 < end; i++) {
		if (s[i - 1] != ' ' || memcmp(s + i, name, n) != 0 ||
		    s[i + n] != '=')
			continue;
		i += n + 2;
		close = memchr(s + i, s[i - 1], end - i);
		size = close ? (size_t)(close - s) - i : 0;
		if (close == NULL || size >= sizeof(value[0]))
			return NULL;
		next = (next + 1) % LENGTH(value);
		memcpy(value[next], s + i, size);
		value[next][size] = '\0';
		return value[next];
	}
	return NULL;
}
