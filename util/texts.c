/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/texts.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct text {
	char	*value;
	char	 name[];		/* key in the map */
};

static void
drop(struct texts *t, struct text *text)
{
	size_t len;

	if (text == NULL)
		return;
	len = strlen(text->value);
	t->bytes -= len;
	explicit_bzero(text->value, len);
	free(text->value);
	free(text);
}

const char *
texts_get(const struct texts *t, const char *name)
{
	const struct text *text = map_get(&t->map, name);

	return text != NULL ? text->value : NULL;
}

void
texts_put(struct texts *t, const char *name, const char *value)
{
	size_t size = strlen(name) + 1;
	struct text *text = NULL;

	/* The old one last: the new one may be a part of it. */
	if (value != NULL) {
		text = xmalloc(sizeof(*text) + size);
		memcpy(text->name, name, size);
		text->value = xstrdup(value);
		t->bytes += strlen(value);
		drop(t, map_remove(&t->map, text->name));
		map_put(&t->map, text->name, text);
	} else {
		drop(t, map_remove(&t->map, name));
	}
}

void
texts_finish(struct texts *t)
{
	struct text *text;
	size_t at = 0;

	while ((text = map_next(&t->map, &at)) != NULL)
		drop(t, text);
	map_finish(&t->map);
}
