/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/filter.h"

#include <string.h>
#include <strings.h>

#include "util/macros.h"

#define BLANKS	" ,;\t\r\n"

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* X has old codes for some: what users know is that of now. */
static const char *
usual_code(const char *lang)
{
	static const char *const codes[][2] = {
		{ "in", "id" }, { "iw", "he" }, { "ji", "yi" },
	};

	for (size_t i = 0; i < LENGTH(codes); i++)
		if (strcasecmp(lang, codes[i][0]) == 0)
			return codes[i][1];
	return lang;
}

/* X makes no statement: nothing but links, pictures, names, or not enough
 * letters (und, zxx, art, and qme and the like). */
static bool
says_nothing(const char *lang)
{
	return lang == NULL || strcasecmp(lang, "und") == 0 ||
	    strcasecmp(lang, "zxx") == 0 || strcasecmp(lang, "art") == 0 ||
	    (strlen(lang) == 3 && (*lang == 'q' || *lang == 'Q'));
}

/* The first parts are compared: en is also en-gb. */
static bool
matches(const char *lang, const char *word, size_t n)
{
	size_t m = strcspn(lang, "-_"), first = 0;

	while (first < n && word[first] != '-' && word[first] != '_')
		first++;
	return m == first && strncasecmp(lang, word, m) == 0;
}

static bool
speaks(const char *languages, const char *lang)
{
	const char *word = languages + strspn(languages, BLANKS);

	if (*word == '\0' || says_nothing(lang))
		return true;
	lang = usual_code(lang);
	while (*word != '\0') {
		size_t n = strcspn(word, BLANKS);

		if (matches(lang, word, n))
			return true;
		word += n;
		word += strspn(word, BLANKS);
	}
	return false;
}

bool
filter_sensitive(const struct post *p)
{
	const struct post *of = p->reposted != NULL ? p->reposted : p;

	return p->sensitive || of->sensitive ||
	    (of->quoted != NULL && of->quoted->sensitive);
}

bool
filter_wants(const struct filter *f, const struct post *p)
{
	const struct post *of = p->reposted != NULL ? p->reposted : p;

	if (same(p->author_id, f->own_id))
		return true;
	if (f->no_sensitive && filter_sensitive(p))
		return false;
	if (f->no_reposts && p->reposted_id != NULL)
		return false;
	if (f->no_replies && p->reply_to_id != NULL &&
	    !same(p->reply_to_author_id, f->own_id) &&
	    !same(p->reply_to_author_id, p->author_id))
		return false;
	return speaks(f->languages, of->lang);
}
