/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line is cut into a command and what words.def has it followed by.  Doing it
 * is for others. */
#include "backends/twitter/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/macros.h"
#include "util/xalloc.h"

static const struct word_row table[WORD_COUNT] = {
#define WORD(name, others, first, rest, group, help) \
	[WORD_##name] = { #name, others, ARG_##first, ARG_##rest, \
	    GROUP_##group, help },
#include "backends/twitter/words.def"
#undef WORD
};

static const char *const shown[] = {
	[ARG_NOTHING] = "", [ARG_ID] = " ID", [ARG_MAYBE_ID] = " [ID]",
	[ARG_NAME] = " USER", [ARG_MAYBE_NAME] = " [USER]",
	[ARG_NUMBER] = " NUMBER", [ARG_ID_OR_TEXT] = " ID or TEXT",
	[ARG_TEXT] = " TEXT", [ARG_MAYBE_TEXT] = " [TEXT]",
	[ARG_LIST] = " LIST", [ARG_PEOPLE] = " @USER @USER TEXT",
	[ARG_MAYBE_COMMAND] = " [COMMAND]",
	[ARG_MAYBE_NEW] = " [new]",
};

/* Where the first word ends, and where the next one begins. */
static size_t
word_length(const char *s)
{
	return strcspn(s, " \t\r\n");
}

static const char *
after(const char *s, size_t n)
{
	return s + n + strspn(s + n, " \t\r\n");
}

static bool
is_among(const char *list, const char *s, size_t n)
{
	size_t len;

	for (; *list != '\0'; list = after(list, len)) {
		len = word_length(list);
		if (len == n && strncasecmp(list, s, n) == 0)
			return true;
	}
	return false;
}

static enum word
find(const char *s, size_t n)
{
	for (enum word w = WORD_text; w < WORD_COUNT; w++)
		if (table[w].name != NULL && (is_among(table[w].name, s, n) ||
		    is_among(table[w].others, s, n)))
			return w;
	return WORD_unknown;
}

/* ---------------------------------------------------------------- arguments */

/* @anna, and anna where the @ may be missing. */
static bool
read_name(struct words *w, const char *s, size_t n, bool at_needed)
{
	bool at = *s == '@';

	s += at;
	n -= at;
	if ((at_needed && !at) || n == 0 || n > WORDS_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	memcpy(w->name, s, n);
	w->name[n] = '\0';
	return true;
}

/* https://x.com/anna/status/1, as somebody copies it. */
static size_t
id_in_address(const char **s, size_t n)
{
	static const char mark[] = "/status/";
	const char *at;

	if (strncasecmp(*s, "https://", 8) != 0 &&
	    strncasecmp(*s, "http://", 7) != 0)
		return n;
	at = memmem(*s, n, mark, sizeof(mark) - 1);
	if (at == NULL)
		return n;
	*s = at + sizeof(mark) - 1;
	return strspn(*s, "0123456789");
}

static bool
read_id(struct words *w, const char *s, size_t n)
{
	if (*s == '@')
		return read_name(w, s, n, true);
	n = id_in_address(&s, n);
	if (*s == '#' && n == 3) {
		s++;
		n--;
	}
	if (n < 2 || n > PAGE_ID_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return false;
		w->id[i] = (char)tolower((unsigned char)s[i]);
	}
	w->id[n] = '\0';
	return n == 2 || page_is_id(w->id);
}

static bool
read_number(struct words *w, const char *s, size_t n)
{
	w->number = *s - '0';
	return n == 1 && isdigit((unsigned char)*s);
}

static void
forget(struct words *w)
{
	*w->id = *w->name = '\0';
	w->number = 0;
}

/* false: it is not what should be there.  *s: what follows. */
static bool
read_first(struct words *w, enum word_argument a, const char **s, bool strict)
{
	size_t n = word_length(*s);
	bool fits;

	if (a == ARG_NOTHING ||
	    (n == 0 && (a == ARG_MAYBE_ID || a == ARG_MAYBE_NAME)))
		return true;
	if (a == ARG_ID_OR_TEXT && (n == 0 || *after(*s, n) != '\0'))
		return n > 0;
	if (n == 0)
		return false;
	fits = a == ARG_NUMBER ? read_number(w, *s, n) :
	    a == ARG_NAME || a == ARG_MAYBE_NAME ? read_name(w, *s, n, strict) :
	    read_id(w, *s, n);
	if (fits)
		*s = after(*s, n);
	else
		forget(w);
	return fits || a == ARG_ID_OR_TEXT;
}

/* May this follow? */
static bool
is_rest(enum word_argument a, const char *s, bool strict)
{
	switch (a) {
	case ARG_TEXT:
		return *s != '\0';
	case ARG_LIST:
		/* Nor is "list of things". */
		return *s != '\0' && !strict;
	case ARG_PEOPLE:
		/* "group photo": somebody tells of one. */
		return strict ? *s == '@' : *s != '\0';
	case ARG_MAYBE_NEW:
		return *s == '\0' || (!strict && strcasecmp(s, "new") == 0);
	case ARG_NOTHING:
		return *s == '\0';
	default:
		/* Of "help me": that is no command. */
		return *s == '\0' || !strict;
	}
}

/* Does any text fit?  "status update for Anna" shall not be public by that. */
static bool
is_any_text(const struct words *w, const struct word_row *row)
{
	return row->first == ARG_NOTHING ? row->rest == ARG_TEXT :
	    row->first == ARG_ID_OR_TEXT && *w->id == '\0' &&
	    *w->name == '\0';
}

static bool
read_arguments(struct words *w, enum word word, const char *s, bool strict)
{
	const struct word_row *row = &table[word];

	if (!read_first(w, row->first, &s, strict))
		return false;
	if ((row->first != ARG_ID_OR_TEXT && !is_rest(row->rest, s, strict)) ||
	    (strict && is_any_text(w, row))) {
		forget(w);
		return false;
	}
	xreplace(&w->text, s);
	return true;
}

/* ---------------------------------------------------------------------- all */

const struct word_row *
words_row(enum word word)
{
	return table[word].name != NULL ? &table[word] : NULL;
}

enum word
words_named(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n == word_length(name) ? find(name, n) : WORD_unknown;
}

static char *
trimmed(const char *s)
{
	size_t n;

	s = after(s, 0);
	for (n = strlen(s); n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL; n--)
		;
	return xstrndup(s, n);
}

void
words_read(struct words *w, const char *text)
{
	char *line = trimmed(text);
	const char *s = line + (*line == '#');
	size_t n = word_length(s);
	enum word word = find(s, n);
	bool certain = *line == '#';

	*w = (struct words){ .word = WORD_text, .text = xstrdup("") };
	if (*line == '@' && read_name(w, line, word_length(line), true) &&
	    *after(line, word_length(line)) != '\0') {
		w->word = WORD_message;
		xreplace(&w->text, after(line, word_length(line)));
	} else if (word != WORD_unknown &&
	    read_arguments(w, word, after(s, n), !certain)) {
		w->word = word;
	} else {
		forget(w);
		xreplace(&w->text, line);
		if (certain)
			w->word = word == WORD_unknown ? word : WORD_misused;
		if (w->word == WORD_misused)
			w->meant = word;
	}
	free(line);
}

void
words_free(struct words *w)
{
	free(w->text);
	w->text = NULL;
}

char *
words_usage(enum word word)
{
	return xasprintf("#%s%s%s", table[word].name, shown[table[word].first],
	    shown[table[word].rest]);
}
