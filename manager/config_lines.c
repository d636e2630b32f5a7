/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file and the command line as one list of lines.  Knows where each one
 * stood and which one wins, nothing of what values mean. */
#include "manager/config_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/ini.h"
#include "util/utf8.h"
#include "util/xalloc.h"

/* Is this key on the command line?  Those lines come first. */
static bool
overridden(const struct config_lines *lines, const char *section,
    const char *key)
{
	for (size_t i = 0; i < lines->n && lines->v[i].number == 0; i++) {
		if (strcmp(lines->v[i].section, section) == 0 &&
		    strcmp(lines->v[i].key, key) == 0)
			return true;
	}
	return false;
}

static void
append(struct config_lines *lines, char *section, char *key, const char *value,
    int number)
{
	struct config_line *line;

	if (lines->n % 64 == 0)
		lines->v = xreallocarray(lines->v, lines->n + 64,
		    sizeof(*lines->v));
	line = &lines->v[lines->n++];
	line->section = section;
	line->key = key;
	line->value = xstrdup(value);
	line->number = number;
	line->row = config_row(section, key);
}

static int
add_from_file(void *ctx, const char *section, const char *key,
    const char *value, int number)
{
	struct config_lines *lines = ctx;

	if (!overridden(lines, section, key))
		append(lines, xstrdup(section), xstrdup(key), value, number);
	return 0;
}

static int
add_override(struct config_lines *lines, const struct config_override *o,
    char **why)
{
	const char *dot = strchr(o->name, '.');

	if (dot == NULL || dot == o->name || dot[1] == '\0') {
		*why = xasprintf("--%s: not a setting; --section.key=value "
		    "would be one", o->name);
		return -1;
	}
	if (!utf8_valid(o->value, strlen(o->value)) ||
	    !utf8_valid(o->name, strlen(o->name))) {
		*why = xasprintf("--%s: not valid UTF-8", o->name);
		return -1;
	}
	append(lines, xstrndup(o->name, (size_t)(dot - o->name)),
	    xstrdup(dot + 1), o->value, 0);
	return 0;
}

/* A backend gets these strings and the XMPP side shows some: all is UTF-8. */
static int
check_encoding(const char *path, const char *text, char **why)
{
	size_t len;
	int number = 1;

	for (;; text += len + 1, number++) {
		len = strcspn(text, "\n");
		if (!utf8_valid(text, len)) {
			*why = xasprintf("%s:%d: not valid UTF-8; save the "
			    "file in that encoding", path, number);
			return -1;
		}
		if (text[len] == '\0')
			return 0;
	}
}

int
config_lines_read(struct config_lines *lines, const char *text,
    const char *jid, const struct config_override *overrides, size_t n,
    char **why)
{
	const char *syntax;
	int number;

	if (check_encoding(lines->path, text, why) < 0)
		return -1;
	if (jid != NULL)
		append(lines, xstrdup("service"), xstrdup("jid"), jid, 0);
	for (size_t i = 0; i < n; i++) {
		if (add_override(lines, &overrides[i], why) < 0)
			return -1;
	}
	if (ini_parse(text, add_from_file, lines, &number, &syntax) < 0) {
		*why = xasprintf("%s:%d: %s", lines->path, number, syntax);
		return -1;
	}
	return 0;
}

void
config_lines_finish(struct config_lines *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		free(lines->v[i].section);
		free(lines->v[i].key);
		free(lines->v[i].value);
	}
	free(lines->v);
	lines->v = NULL;
	lines->n = 0;
}

const struct config_line *
config_lines_find(const struct config_lines *lines, const char *section,
    const char *key)
{
	const struct setting *row = config_row(section, key);

	for (size_t i = 0; i < lines->n; i++) {
		if (lines->v[i].row == row)
			return &lines->v[i];
	}
	return NULL;
}

void
config_place(struct buf *b, const char *path, int number, const char *section,
    const char *key)
{
	if (number < 0)
		buf_addf(b, "%s: ", path);
	else if (number == 0)
		buf_adds(b, "command line: ");
	else
		buf_addf(b, "%s:%d: ", path, number);
	buf_addf(b, "[%s] %s: ", section, key);
}

char *
config_complaint(const struct config_lines *lines,
    const struct config_line *line, const char *section, const char *key,
    const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	config_place(&b, lines->path, line != NULL ? line->number : -1,
	    section, key);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	return buf_steal(&b);
}
