/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/files.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/macros.h"
#include "util/xalloc.h"

#define BLANKS		" \t\r\n"
#define LOOKED_AT	64	/* bytes, for a name inside */
#define DESCRIPTION_MAX	1000	/* bytes; X takes so many characters */

/* --------------------------------------------------------------------- kind */

struct magic {
	size_t		 at;
	const char	*bytes;
	size_t		 n;
	enum file_kind	 kind;
	const char	*type;
};

#define MAGIC(at, bytes, kind, type) \
	{ at, bytes, sizeof(bytes) - 1, kind, type }
static const struct magic magics[] = {
	MAGIC(0, "\xff\xd8\xff",	FILE_PICTURE,	"image/jpeg"),
	MAGIC(0, "\x89PNG\r\n\x1a\n",	FILE_PICTURE,	"image/png"),
	MAGIC(8, "WEBPVP8",		FILE_PICTURE,	"image/webp"),
	MAGIC(0, "GIF87a",		FILE_ANIMATION,	"image/gif"),
	MAGIC(0, "GIF89a",		FILE_ANIMATION,	"image/gif"),
	MAGIC(4, "ftypqt  ",		FILE_VIDEO,	"video/quicktime"),
};

/* Boxes of ISO/IEC 14496-12 hold pictures as well, which X does not take: what
 * they are is said by the four letters after "ftyp". */
static bool
is_mp4(const char *data, size_t n)
{
	static const char *const brands[] = { "isom", "iso2", "iso3", "iso4",
		"iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash", "MSNV",
		"3gp4", "3gp5", "3gp6", "mmp4", "f4v " };

	if (n < 12 || memcmp(data + 4, "ftyp", 4) != 0)
		return false;
	for (size_t i = 0; i < LENGTH(brands); i++)
		if (memcmp(data + 8, brands[i], 4) == 0)
			return true;
	return false;
}

/* Matroska looks the same but for the name of its kind (RFC 8794). */
static bool
is_webm(const char *data, size_t n)
{
	size_t looked = n < LOOKED_AT ? n : LOOKED_AT;

	return n > 4 && memcmp(data, "\x1a\x45\xdf\xa3", 4) == 0 &&
	    memmem(data, looked, "webm", 4) != NULL;
}

enum file_kind
files_kind(const void *data, size_t n, const char **type)
{
	for (size_t i = 0; i < LENGTH(magics); i++) {
		const struct magic *m = &magics[i];

		if (n <= m->at + m->n ||
		    memcmp((const char *)data + m->at, m->bytes, m->n) != 0)
			continue;
		*type = m->type;
		return m->kind;
	}
	*type = is_mp4(data, n) ? "video/mp4" :
	    is_webm(data, n) ? "video/webm" : NULL;
	return *type != NULL ? FILE_VIDEO : FILE_OTHER;
}

/* --------------------------------------------------------------------- text */

static bool
is_address(const char *line, size_t n, const struct msg_attachment *files,
    size_t nfiles)
{
	while (n > 0 && strchr(BLANKS, line[n - 1]) != NULL)
		n--;
	while (n > 0 && strchr(BLANKS, *line) != NULL) {
		line++;
		n--;
	}
	for (size_t i = 0; n > 0 && i < nfiles; i++)
		if (strlen(files[i].url) == n &&
		    memcmp(files[i].url, line, n) == 0)
			return true;
	return false;
}

char *
files_text(const char *body, const struct msg_attachment *files, size_t nfiles)
{
	char *text = xmalloc(strlen(body) + 1), *to = text, *from = text;
	size_t n;

	for (; *body != '\0'; body += n) {
		n = strcspn(body, "\n");
		n += body[n] == '\n';
		if (is_address(body, n, files, nfiles))
			continue;
		memcpy(to, body, n);
		to += n;
	}
	while (to > text && strchr(BLANKS, to[-1]) != NULL)
		to--;
	*to = '\0';
	from += strspn(from, BLANKS);
	memmove(text, from, (size_t)(to - from) + 1);
	return text;
}

/* cat.png, IMG 1234.JPG */
static bool
is_file_name(const char *s)
{
	const char *dot = strrchr(s, '.');
	size_t n = dot != NULL ? strlen(dot + 1) : 0;

	if (n < 2 || n > 5)
		return false;
	for (size_t i = 1; i <= n; i++)
		if (!isalnum((unsigned char)dot[i]))
			return false;
	return true;
}

const char *
files_description(const struct msg_attachment *file)
{
	const char *name = file->name;

	/* One word is rather a name. */
	if (name == NULL || strchr(name, ' ') == NULL || is_file_name(name) ||
	    strlen(name) > DESCRIPTION_MAX)
		return NULL;
	return name;
}

/* ------------------------------------------------------------------ request */

void
files_multipart(struct buf *b, const char *boundary, unsigned index,
    const void *data, size_t n)
{
	static const char head[] =
	    "Content-Disposition: form-data; name=\"";

	buf_addf(b, "--%s\r\n%ssegment_index\"\r\n\r\n%u\r\n", boundary, head,
	    index);
	buf_addf(b, "--%s\r\n%smedia\"; filename=\"media\"\r\n"
	    "Content-Type: application/octet-stream\r\n\r\n", boundary, head);
	buf_add(b, data, n);
	buf_addf(b, "\r\n--%s--\r\n", boundary);
}
