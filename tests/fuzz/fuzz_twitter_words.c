/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
/* Any line as something typed: ids are ids, names are names, and what begins
 * with # is never a text.  And any line as a post: it can be cut, piece by
 * piece, to its end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/count.h"
#include "backends/twitter/words.h"
#include "util/utf8.h"

#define PIECE	60

/* Whoever does a command relies on its line of words.def. */
static void
check_fits(const struct words *w, const struct word_row *row)
{
	bool somebody = *w->name != '\0', something = *w->id != '\0';

	if ((row->first == ARG_NAME && !somebody) ||
	    (row->first == ARG_ID && !somebody && !something) ||
	    (row->first == ARG_ID_OR_TEXT && !somebody && !something &&
	    *w->text == '\0') ||
	    (row->first == ARG_NOTHING && (somebody || something)) ||
	    ((row->rest == ARG_TEXT || row->rest == ARG_LIST) &&
	    *w->text == '\0') ||
	    (row->first != ARG_ID_OR_TEXT && row->rest == ARG_NOTHING &&
	    *w->text != '\0') || words_named(row->name) != w->word)
		abort();
}

static void
check_words(const char *line)
{
	struct words w;
	size_t n;

	words_read(&w, line);
	if (words_row(w.word) != NULL)
		check_fits(&w, words_row(w.word));
	else if (w.word == WORD_misused && words_row(w.meant) == NULL)
		abort();
	n = strlen(w.id);
	if (n > 0 && (strspn(w.id, "0123456789abcdef") != n ||
	    (n != 2 && !page_is_id(w.id))))
		abort();
	if (strpbrk(w.name, "@/ \n") != NULL || w.text == NULL ||
	    strlen(w.text) > strlen(line) || w.number < 0 || w.number > 9)
		abort();
	if (w.word == WORD_text && *w.text == '#')
		abort();
	words_free(&w);
}

static void
check_cuts(const char *text)
{
	size_t n = strlen(text), at = 0, step, weight;
	char *piece;

	while (at < n) {
		step = count_cut(text + at, PIECE);
		if (step == 0 || at + step > n)
			abort();
		piece = strndup(text + at, step);
		weight = count_weight(piece);
		if (weight > PIECE ||
		    (utf8_valid(text, n) && !utf8_valid(piece, step)))
			abort();
		free(piece);
		at += step;
	}
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line;

	if (size > 4096)
		return 0;
	line = strndup((const char *)data, size);
	check_words(line);
	check_cuts(line);
	free(line);
	return 0;
}
