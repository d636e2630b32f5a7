/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/meant.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/words.h"
#include "util/xalloc.h"

#define BLANKS	" \t\r\n"
#define DIGITS	"0123456789"

bool
meant_post(const char *message_id, char id[PAGE_ID_MAX + 1])
{
	size_t n = strspn(message_id, DIGITS);
	const char *rest = message_id + n;

	if (n > PAGE_ID_MAX || (*rest != '\0' && (*rest != '.' ||
	    rest[1] == '\0' || rest[1 + strspn(rest + 1, DIGITS)] != '\0')))
		return false;
	memcpy(id, message_id, n);
	id[n] = '\0';
	return page_is_id(id);
}

char *
meant_command(const char *line, const char *post_id)
{
	size_t n;
	struct words w;
	char *with;
	bool fits;

	line += strspn(line, BLANKS);
	if (*line != '#')
		return NULL;
	n = strcspn(line, BLANKS);
	with = xasprintf("%.*s %s%s", (int)n, line, post_id, line + n);
	words_read(&w, with);
	/* Of "#post TEXT" and "#thread TEXT" all that follows is text. */
	fits = strcmp(w.id, post_id) == 0;
	words_free(&w);
	if (fits)
		return with;
	free(with);
	return NULL;
}
