/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text only: which file, which line? */
#include "manager/pool/place.h"

#include <string.h>

static const struct pairs *
find_section(const struct places *p, const char *name, size_t len)
{
	for (size_t i = 0; i < p->lines.n; i++) {
		const struct section *s = &p->lines.v[i];

		if (strlen(s->name) == len && memcmp(s->name, name, len) == 0)
			return &s->pairs;
	}
	return NULL;
}

/* Text begins with the key, and it is not the beginning of a longer one:
 * "host=", "host:", "host is", "host, port". */
static bool
begins_with(const char *text, const char *key)
{
	size_t len = strlen(key);

	return strncmp(text, key, len) == 0 &&
	    (text[len] == '\0' || strchr(" =:,;", text[len]) != NULL);
}

/* The number of its line, or NULL.  A key may have blanks in it: of "a" and
 * "a b" it is the longer one. */
static const char *
find_line(const struct pairs *keys, const char *text)
{
	const struct pair *best = NULL;

	for (size_t i = 0; i < keys->n; i++) {
		const struct pair *p = &keys->v[i];

		if (begins_with(text, p->key) && (best == NULL ||
		    strlen(p->key) > strlen(best->key)))
			best = p;
	}
	return best != NULL ? best->value : NULL;
}

void
place_add(const struct places *p, const char *text, struct buf *out)
{
	const char *end = *text == '[' ? strstr(text, "] ") : NULL, *line;
	const struct pairs *keys = NULL;

	if (p != NULL && p->path != NULL && end != NULL)
		keys = find_section(p, text + 1, (size_t)(end - text) - 1);
	if (keys != NULL) {
		line = find_line(keys, end + 2);
		if (line == NULL)
			buf_addf(out, "%s: ", p->path);
		else if (strcmp(line, "0") == 0)
			buf_adds(out, "command line: ");
		else
			buf_addf(out, "%s:%s: ", p->path, line);
	}
	buf_adds(out, text);
}
