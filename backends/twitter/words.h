/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words.h - what somebody types to X: a command, or a text.
 *
 *	#like 4f	a command, certainly: if it is not one, that is an error
 *	like 4f		a command if all of it fits; else a text, as is "like
 *			that" or "help me".  Names need their @ then.
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
#define WORD(name, others, first, rest)	WORD_##name,
#include "backends/twitter/words.def"
#undef WORD
	WORD_unknown,		/* after #: there is no such command */
	WORD_misused,		/* after #: not with these arguments */
	WORD_COUNT
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
/* How it is written: "#reply ID TEXT".  The caller frees it. */
char	*words_usage(enum word);

#endif
