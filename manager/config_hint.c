/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did you mean?  A misspelt key would go to the backend and do nothing, so
 * one that is close to a key of ours is told in the log. */
#include "manager/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "util/log.h"

#define WORD_MAX 48

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to insert, remove or exchange to get from one to the other. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], len = strlen(b), corner, above;

	if (strlen(a) > WORD_MAX || len > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			above = row[j];
			row[j] = least(above + 1, row[j - 1] + 1,
			    corner + (a[i - 1] != b[j - 1]));
			corner = above;
		}
	}
	return row[len];
}

/* In a short word two other letters make another word: host is not port. */
static bool
is_close(const char *a, const char *b)
{
	return distance(a, b) <= (strlen(a) < 6 ? 1 : 2);
}

static bool
is_section(const char *name)
{
	for (size_t i = 0; i < config_nsettings; i++) {
		if (strcmp(config_settings[i].section, name) == 0)
			return true;
	}
	return false;
}

void
config_hint(const struct config_lines *lines, const struct config_line *line)
{
	bool ours = is_section(line->section);
	const struct setting *row;
	char *text;

	for (size_t i = 0; i < config_nsettings; i++) {
		row = &config_settings[i];
		if (ours ? strcmp(row->section, line->section) != 0 ||
		    !is_close(line->key, row->key) :
		    strcmp(row->key, line->key) != 0 ||
		    !is_close(line->section, row->section))
			continue;
		text = config_complaint(lines, line, line->section, line->key,
		    "not a setting of spectrum2, left to the backend; did you "
		    "mean [%s] %s?", row->section, row->key);
		log_warn("%s", text);
		free(text);
		return;
	}
}
