/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ending decides what becomes of a file, so only those get through that are
 * known to be harmless. */
#include "backends/purple/filename.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/macros.h"
#include "util/utf8.h"

#define STEM_MAX	80
#define ENDING_MAX	8

static const struct {
	const char	*ending;
	const char	*type;
} endings[] = {
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/aac" },
	{ "amr", "audio/amr" },
	{ "apk", "application/vnd.android.package-archive" },
	{ "avi", "video/x-msvideo" },
	{ "bz2", "application/x-bzip2" },
	{ "csv", "text/csv" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument."
	    "wordprocessingml.document" },
	{ "epub", "application/epub+zip" },
	{ "flac", "audio/flac" },
	{ "gz", "application/gzip" },
	{ "ics", "text/calendar" },
	{ "m4a", "audio/mp4" },
	{ "mkv", "video/x-matroska" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "pdf", "application/pdf" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument."
	    "presentationml.presentation" },
	{ "rar", "application/vnd.rar" },
	{ "rtf", "application/rtf" },
	{ "tar", "application/x-tar" },
	{ "tgz", "application/gzip" },
	{ "txt", "text/plain" },
	{ "vcf", "text/vcard" },
	{ "wav", "audio/wav" },
	{ "weba", "audio/webm" },
	{ "webm", "video/webm" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument."
	    "spreadsheetml.sheet" },
	{ "xz", "application/x-xz" },
	{ "zip", "application/zip" },
};

static const char *
base_of(const char *name)
{
	const char *base = name;

	for (; *name != '\0'; name++) {
		if (*name == '/' || *name == '\\')
			base = name + 1;
	}
	return base;
}

/* The stem: everything else becomes one '_'. */
static size_t
put_stem(char *out, const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < STEM_MAX; i++) {
		bool plain = isalnum((unsigned char)s[i]) || s[i] == '-';

		if (plain && !(s[i] & 0x80))
			out[n++] = s[i];
		else if (n > 0 && out[n - 1] != '_')
			out[n++] = '_';
	}
	while (n > 0 && out[n - 1] == '_')
		n--;
	if (n == 0) {
		memcpy(out, "file", 4);
		n = 4;
	}
	return n;
}

const char *
filename_public(const char *name, const char *format,
    char out[static FILENAME_MAX_BYTES])
{
	const char *base = base_of(name), *dot = strrchr(base, '.');
	size_t n = put_stem(out, base, dot ? (size_t)(dot - base) :
	    strlen(base));
	const char *ending = "bin", *type = "application/octet-stream";

	for (size_t i = 0; format == NULL && dot != NULL &&
	    i < LENGTH(endings); i++) {
		if (strcasecmp(dot + 1, endings[i].ending) == 0) {
			ending = endings[i].ending;
			type = endings[i].type;
		}
	}
	if (format != NULL)
		ending = strcmp(format, "jpeg") == 0 ? "jpg" : format;
	snprintf(out + n, FILENAME_MAX_BYTES - n, ".%.*s", ENDING_MAX,
	    ending);
	return type;
}

void
filename_shown(const char *name, char out[static FILENAME_MAX_BYTES])
{
	const char *base = base_of(name), *dot = strrchr(base, '.');
	size_t len = strlen(base), ending = dot ? strlen(dot) : 0;
	size_t most = FILENAME_MAX_BYTES - 1, stem;

	/* The ending is worth more than the middle. */
	if (ending > 2 * ENDING_MAX)
		ending = 0;
	stem = utf8_cut(base, len - ending, most - ending);
	memcpy(out, base, stem);
	memcpy(out + stem, base + len - ending, ending);
	out[stem + ending] = '\0';
	utf8_xml_clean(out, stem + ending);
	for (char *s = out; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '_';
	}
	if (*out == '.')
		*out = '_';
	if (*out == '\0')
		strcpy(out, "file");
}
