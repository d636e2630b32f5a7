/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that say again what is answered, taken off and put on. */
#include "manager/gateway/quote.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ns.h"
#include "util/utf8.h"

/* Bytes of so many characters, at most all there are. */
static size_t
bytes_of(const char *s, long chars)
{
	size_t at = 0, len = strlen(s), step;
	uint32_t cp;

	for (; chars > 0 && at < len; chars--) {
		if ((step = utf8_next(s + at, len - at, &cp)) == 0)
			break;
		at += step;
	}
	return at;
}

/* The range of the body that is there for the reply alone. */
static long
fallback_end(const struct stanza *m)
{
	for (const struct stanza *f = stanza_first(m); f; f = stanza_next(f)) {
		const char *what = stanza_attr(f, "for"), *start, *end;
		const struct stanza *body;

		if (strcmp(f->name, "fallback") != 0 || what == NULL ||
		    strcmp(what, NS_REPLY) != 0)
			continue;
		body = stanza_child(f, "body", NS_FALLBACK);
		start = stanza_attr(body, "start");
		end = stanza_attr(body, "end");
		if (end == NULL || (start != NULL && strtol(start, NULL, 10)))
			continue;
		return strtol(end, NULL, 10);
	}
	return 0;
}

const char *
quote_take(struct arena *a, const struct stanza *m, const char *body,
    const char **quoted)
{
	long end = fallback_end(m);
	size_t len;
	char *text, *to;

	*quoted = NULL;
	if (body == NULL || end <= 0 || (len = bytes_of(body, end)) == 0 ||
	    body[len] == '\0')
		return body;
	text = to = arena_strndup(a, body, len);
	for (const char *s = text; *s != '\0';) {
		s += s[0] == '>' ? s[1] == ' ' ? 2 : 1 : 0;
		while (*s != '\0' && (*to++ = *s++) != '\n')
			;
	}
	while (to > text && to[-1] == '\n')
		to--;
	*to = '\0';
	*quoted = *text != '\0' ? text : NULL;
	return body + len;
}

void
quote_add(struct buf *out, const char *quoted)
{
	while (*quoted != '\0') {
		size_t len = strcspn(quoted, "\n");

		buf_adds(out, "> ");
		buf_add(out, quoted, len);
		buf_addc(out, '\n');
		quoted += len;
		quoted += *quoted == '\n';
	}
}

size_t
quote_length(const char *quoted)
{
	struct buf lines = { 0 };
	size_t n = 0;

	quote_add(&lines, quoted);
	for (size_t i = 0; i < buf_len(&lines); i++)
		n += ((unsigned char)buf_data(&lines)[i] & 0xc0) != 0x80;
	buf_free(&lines);
	return n;
}
