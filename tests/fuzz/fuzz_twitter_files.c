/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
/* Any bytes as a file: it is of some kind, and comes out of a request as it
 * went in.  The same as the text of a message with a file, and as the id of
 * one: an id is one, and no text gets longer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/files.h"
#include "backends/twitter/meant.h"

#define POST	"1900000000000000001"

static void
check_file(const uint8_t *data, size_t size)
{
	struct buf b = { 0 };
	const char *type;

	if ((files_kind(data, size, &type) == FILE_OTHER) != (type == NULL))
		abort();
	files_multipart(&b, "b0und4ry", 999, data, size);
	if (size > 0 && memmem(buf_data(&b), buf_len(&b), data, size) == NULL)
		abort();
	buf_free(&b);
}

static void
check_text(char *text)
{
	static const char blanks[] = " \t\r\n";
	size_t n = strcspn(text, "\n");
	char *line = strndup(text, n), *rest;
	struct msg_attachment file = { .url = line, .name = text };
	const char *about = files_description(&file);

	if (about != NULL && about != text)
		abort();
	rest = files_text(text, &file, 1);
	if (strlen(rest) > strlen(text))
		abort();
	/* It was nothing but the address. */
	if (text[n] == '\0' && n > 0 && strchr(blanks, text[0]) == NULL &&
	    strchr(blanks, text[n - 1]) == NULL && *rest != '\0')
		abort();
	free(rest);
	free(line);
}

static void
check_meant(const char *text)
{
	char id[PAGE_ID_MAX + 1], *line;

	if (meant_post(text, id) &&
	    (!page_is_id(id) || strncmp(text, id, strlen(id)) != 0))
		abort();
	line = meant_command(text, POST);
	if (line != NULL && (*line != '#' || strstr(line, POST) == NULL))
		abort();
	free(line);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size > 4096)
		return 0;
	check_file(data, size);
	text = strndup((const char *)data, size);
	check_text(text);
	check_meant(text);
	free(text);
	return 0;
}
