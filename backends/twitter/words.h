/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words.h - what somebody types to X: a command, or a text.
 *
 *	#like 4f	a command, certainly: if it is not one, that is an error
 *	like 4f		a command if all of it fits; else a text, as is "like
 *			that" or "help me".  Names need their @ then.  Where
 *			any text fits, as with post, # is needed.
 *	@anna Hello	a direct message
 *
 * A post is meant by a short id (4f or #4f, see shortid.h), its id, its
 * address, or @anna: the last one of hers. */
#ifndef BACKENDS_TWITTER_WORDS_H
#define BACKENDS_TWITTER_WORDS_H

#include "backends/twitter/page.h"

#define WORDS_NAME_MAX	30

enum word {
	WORD_text,		/* none of those below */
#define WORD(name, others, first, rest, group, help)	WORD_##name,
#include "backends/twitter/words.def"
#undef WORD
	WORD_unknown,		/* after #: there is no such command */
	WORD_misused,		/* after #: not with these arguments */
	WORD_COUNT
};

enum word_argument {
	ARG_NOTHING,
	ARG_ID, ARG_MAYBE_ID, ARG_NAME, ARG_MAYBE_NAME, ARG_NUMBER,
	ARG_ID_OR_TEXT,
	ARG_TEXT, ARG_MAYBE_TEXT, ARG_LIST, ARG_PEOPLE, ARG_MAYBE_COMMAND,
	ARG_MAYBE_NEW,
};

enum word_group {
	GROUP_POSTS, GROUP_READING, GROUP_PEOPLE, GROUP_GATEWAY,
	GROUP_HIDDEN,		/* known, but not told about */
};

/* A row of words.def. */
struct word_row {
	const char	*name, *others;
	enum word_argument first, rest;
	enum word_group	 group;
	const char	*help;
};

/* Empty where nothing was said. */
struct words {
	enum word	 word;
	enum word	 meant;		/* of WORD_misused: which one */
	char		 id[PAGE_ID_MAX + 1];	/* short when of two characters,
						 * which are lower-case then */
	char		 name[WORDS_NAME_MAX + 1];	/* without @ */
	long		 number;	/* 0 to 9 */
	char		*text;		/* owned, never NULL */
};

/* Of any length; lines as they are, without blanks at both ends. */
void	words_read(struct words *, const char *line);
void	words_free(struct words *);
/* NULL: it is none of words.def. */
const struct word_row *words_row(enum word);
/* By one of its names; WORD_unknown: there is no such command. */
enum word words_named(const char *);
/* How it is written: "#reply ID TEXT".  The caller frees it. */
char	*words_usage(enum word);

#endif
