/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines into a struct config: which value has each setting?  Types and ranges
 * are checked here by the rows of settings.def; what settings mean to each
 * other is config_check.c's. */
#include "manager/config_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/ini.h"
#include "util/log.h"
#include "util/xalloc.h"

static void *
member(const struct config *c, const struct setting *row)
{
	return (char *)(uintptr_t)c + row->offset;
}

static char *
expand_jid(const char *value, const char *jid)
{
	struct buf b = { 0 };
	const char *at;

	for (; (at = strstr(value, "$jid")) != NULL; value = at + 4) {
		buf_add(&b, value, (size_t)(at - value));
		buf_adds(&b, jid);
	}
	buf_adds(&b, value);
	return buf_steal(&b);
}

static void
set_default(struct config *c, const struct setting *row)
{
	switch (row->type) {
	case SETTING_TYPE_STRING:
	case SETTING_TYPE_ENUM:
		*(char **)member(c, row) =
		    expand_jid(row->value, c->service_jid);
		break;
	case SETTING_TYPE_BOOL:
		*(bool *)member(c, row) = row->number != 0;
		break;
	case SETTING_TYPE_INT:
		*(long *)member(c, row) = row->number;
		break;
	case SETTING_TYPE_LIST:
		((struct config_list *)member(c, row))->v =
		    xcalloc(1, sizeof(char *));
		break;
	}
}

static bool
is_word_of(const char *words, const char *value)
{
	size_t len = strlen(value), n;

	for (; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (n == len && memcmp(words, value, n) == 0)
			return true;
	}
	return false;
}

static int
parse_bool(const char *value, bool *result)
{
	static const char *const yes[] = { "1", "true", "yes", "on" };
	static const char *const no[] = { "0", "false", "no", "off" };

	for (size_t i = 0; i < LENGTH(yes); i++) {
		if (strcasecmp(value, yes[i]) == 0 ||
		    strcasecmp(value, no[i]) == 0) {
			*result = strcasecmp(value, yes[i]) == 0;
			return 0;
		}
	}
	return -1;
}

static int
parse_int(const char *value, long *result)
{
	char *end;

	errno = 0;
	*result = strtol(value, &end, 10);
	return end == value || *end != '\0' || errno != 0 ? -1 : 0;
}

static void
add_to_list(struct config_list *list, const char *value, const char *jid)
{
	if (*value == '\0')
		return;
	list->v = xreallocarray(list->v, list->n + 2, sizeof(*list->v));
	list->v[list->n++] = expand_jid(value, jid);
	list->v[list->n] = NULL;
}

/* Returns NULL, or what would have been right (caller frees). */
static char *
set_value(struct config *c, const struct setting *row, const char *value)
{
	void *to = member(c, row);
	long number;

	switch (row->type) {
	case SETTING_TYPE_ENUM:
		if (strcmp(value, row->value) != 0 &&
		    !is_word_of(row->values, value))
			return xasprintf("one of: %s", row->values);
		/* FALLTHROUGH */
	case SETTING_TYPE_STRING:
		if (to == &c->service_jid)
			return NULL;	/* fill() has it */
		free(*(char **)to);
		*(char **)to = expand_jid(value, c->service_jid);
		return NULL;
	case SETTING_TYPE_BOOL:
		if (parse_bool(value, to) < 0)
			return xstrdup("0 or 1");
		return NULL;
	case SETTING_TYPE_INT:
		if (parse_int(value, &number) < 0 || number < row->min ||
		    number > row->max)
			return xasprintf("a number from %ld to %ld", row->min,
			    row->max);
		*(long *)to = number;
		return NULL;
	case SETTING_TYPE_LIST:
		add_to_list(to, value, c->service_jid);
		return NULL;
	}
	return NULL;
}

static int
set_line(struct config *c, const struct config_lines *lines,
    const struct config_line *line, char **why)
{
	const struct setting *row = line->row;
	const struct config_line *first;
	char *right;

	first = config_lines_find(lines, row->section, row->key);
	if (first != line && row->type != SETTING_TYPE_LIST) {
		*why = first->number == 0 ?
		    config_complaint(lines, line, row->section, row->key,
		    "is there twice; give it once") :
		    config_complaint(lines, line, row->section, row->key,
		    "is there already in line %d; only one can be right",
		    first->number);
		return -1;
	}
	if ((right = set_value(c, row, line->value)) == NULL)
		return 0;
	*why = (row->flags & SETTING_SECRET) != 0 ?
	    config_complaint(lines, line, row->section, row->key,
	    "this value is not possible; it must be %s", right) :
	    config_complaint(lines, line, row->section, row->key,
	    "\"%.200s\" is not possible; it must be %s", line->value, right);
	free(right);
	return -1;
}

static int
fill(struct config *c, const struct config_lines *lines, char **why)
{
	const struct config_line *line;
	const char *jid;

	/* The JID first: other values have it inside. */
	line = config_lines_find(lines, "service", "jid");
	jid = line == NULL ? "" : line->value;
	c->service_jid = xstrdup(jid);
	for (size_t i = 0; i < config_nsettings; i++) {
		if (member(c, &config_settings[i]) != &c->service_jid)
			set_default(c, &config_settings[i]);
	}
	for (size_t i = 0; i < lines->n; i++) {
		line = &lines->v[i];
		if (line->row == NULL)
			config_hint(lines, line);
		else if (set_line(c, lines, line, why) < 0)
			return -1;
	}
	return 0;
}

/* The instance changes its directory later on; these files do not move. */
static void
make_absolute(char **path)
{
	char here[PATH_MAX], *whole;

	if (**path == '/' || **path == '\0' ||
	    getcwd(here, sizeof(here)) == NULL)
		return;
	whole = xasprintf("%s/%s", here, *path);
	free(*path);
	*path = whole;
}

/* Defaults that follow from other settings. */
static void
derive(struct config *c)
{
	const char *slash;

	make_absolute(&c->service_pidfile);
	if (*c->service_control == '\0') {
		slash = strrchr(c->service_pidfile, '/');
		free(c->service_control);
		c->service_control = xasprintf("%.*s%s.sock",
		    slash == NULL ? 0 : (int)(slash - c->service_pidfile + 1),
		    c->service_pidfile, c->service_jid);
	}
	make_absolute(&c->service_control);
	if (*c->database_key_file == '\0') {
		free(c->database_key_file);
		c->database_key_file = xasprintf("%s/password.key",
		    c->service_working_dir);
	}
}

static void
keep_command_line(struct config *c, const char *jid,
    const struct config_override *overrides, size_t n)
{
	c->jid = xstrdup_null(jid);
	c->overrides = xcalloc(n + 1, sizeof(*c->overrides));
	c->noverrides = n;
	for (size_t i = 0; i < n; i++) {
		c->overrides[i].name = xstrdup(overrides[i].name);
		c->overrides[i].value = xstrdup(overrides[i].value);
	}
}

struct config *
config_parse(const char *text, const char *path, const char *jid,
    const struct config_override *overrides, size_t n, char **why)
{
	struct config_lines lines = { .path = path };
	struct config *c = xcalloc(1, sizeof(*c));
	int status;

	c->path = xstrdup(path);
	keep_command_line(c, jid, overrides, n);
	status = config_lines_read(&lines, text, jid, overrides, n, why);
	if (status == 0)
		status = fill(c, &lines, why);
	if (status == 0) {
		derive(c);
		status = config_check(c, &lines, why);
	}
	if (status == 0)
		config_sections_fill(c, &lines);
	config_lines_finish(&lines);
	if (status == 0)
		return c;
	config_destroy(c);
	return NULL;
}

struct config *
config_load(const char *path, const char *jid,
    const struct config_override *overrides, size_t n, char **why)
{
	struct config *c;
	struct stat st;
	char *text;

	if ((text = ini_read(path)) == NULL) {
		*why = xasprintf("%s: cannot be read: %s", path,
		    strerror(errno));
		return NULL;
	}
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (size_t)st.st_size > strlen(text)) {
		*why = xasprintf("%s: has a NUL byte; it must be text", path);
		free(text);
		return NULL;
	}
	c = config_parse(text, path, jid, overrides, n, why);
	if (c != NULL)
		make_absolute(&c->path);	/* to be read again */
	free(text);
	return c;
}

struct config *
config_load_again(const struct config *c, char **why)
{
	return config_load(c->path, c->jid, c->overrides, c->noverrides, why);
}

static void
free_row(struct config *c, const struct setting *row)
{
	struct config_list *list;

	if (row->type == SETTING_TYPE_STRING || row->type == SETTING_TYPE_ENUM)
		free(*(char **)member(c, row));
	if (row->type != SETTING_TYPE_LIST)
		return;
	list = member(c, row);
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
}

void
config_destroy(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < config_nsettings; i++)
		free_row(c, &config_settings[i]);
	config_sections_free(&c->all);
	config_sections_free(&c->lines);
	for (size_t i = 0; i < c->noverrides; i++) {
		free((char *)c->overrides[i].name);
		free((char *)c->overrides[i].value);
	}
	free(c->overrides);
	free(c->jid);
	free(c->path);
	free(c);
}

/* -1: it was not given. */
static int
line_of(const struct config *c, const char *section, const char *key)
{
	for (size_t i = 0; i < c->lines.n; i++) {
		const struct section *s = &c->lines.v[i];

		for (size_t j = 0; strcmp(s->name, section) == 0 &&
		    j < s->pairs.n; j++) {
			if (strcmp(s->pairs.v[j].key, key) == 0)
				return atoi(s->pairs.v[j].value);
		}
	}
	return -1;
}

char *
config_wrong(const struct config *c, const char *section, const char *key,
    const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	config_place(&b, c->path, line_of(c, section, key), section, key);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	return buf_steal(&b);
}

const char *
config_control_path(const struct config *c)
{
	return c->service_control;
}
