/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration syntax, line by line. */
#include "util/ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define FILE_MAX_BYTES (1024 * 1024)

static char *
trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

struct walk {
	ini_setting	*setting;
	void		*ctx;
	char		*section;	/* owned; NULL before the first */
	const char	*why;
};

static int
walk_section(struct walk *w, char *s)
{
	char *end = strchr(s, ']');

	if (end == NULL || end[1] != '\0') {
		w->why = "a section line is [name] and nothing after it";
		return -1;
	}
	*end = '\0';
	xreplace(&w->section, trim(s + 1));
	return 0;
}

static int
walk_line(struct walk *w, char *s, int line)
{
	char *equals, *key, *section = w->section, *dot;

	if ((key = strchr(s, '#')) != NULL)
		*key = '\0';
	s = trim(s);
	if (*s == '\0')
		return 0;
	if (*s == '[')
		return walk_section(w, s);
	if ((equals = strchr(s, '=')) == NULL) {
		w->why = "neither [section] nor key = value";
		return -1;
	}
	*equals = '\0';
	key = trim(s);
	if (section == NULL) {
		if ((dot = strchr(key, '.')) == NULL) {
			w->why = "a key before the first [section] is written "
			    "section.key = value";
			return -1;
		}
		*dot = '\0';
		section = key;
		key = dot + 1;
	}
	if (*key == '\0') {
		w->why = "there is no key before the =";
		return -1;
	}
	return w->setting(w->ctx, section, key, trim(equals + 1), line);
}

int
ini_parse(const char *text, ini_setting *setting, void *ctx, int *line,
    const char **why)
{
	struct walk w = { .setting = setting, .ctx = ctx };
	char *copy = xstrdup(text), *next = copy, *s;
	int status = 0;

	*line = 0;
	while (status == 0 && (s = strsep(&next, "\n")) != NULL)
		status = walk_line(&w, s, ++*line);
	*why = w.why;
	free(w.section);
	free(copy);
	return status;
}

char *
ini_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	if (f == NULL)
		return NULL;
	text = xmalloc(FILE_MAX_BYTES + 1);
	n = fread(text, 1, FILE_MAX_BYTES + 1, f);
	if (ferror(f) || n > FILE_MAX_BYTES) {
		int saved = ferror(f) ? EIO : EFBIG;

		fclose(f);
		free(text);
		errno = saved;
		return NULL;
	}
	fclose(f);
	text[n] = '\0';
	return xrealloc(text, n + 1);
}
