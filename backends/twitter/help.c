/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be said to X, for those who ask.  The lines are of words.def. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/twitter/run.h"
#include "util/macros.h"

static const char *const groups[] = {
	[GROUP_POSTS] = "Posts", [GROUP_READING] = "Reading",
	[GROUP_PEOPLE] = "People", [GROUP_GATEWAY] = "This gateway",
};

static void
add_group(struct buf *b, enum word_group group, bool brief)
{
	const struct word_row *row;
	const char *between = brief ? " " : "\n";
	char *usage;

	buf_addf(b, "%s:", groups[group]);
	for (enum word w = WORD_text; w < WORD_COUNT; w++) {
		row = words_row(w);
		if (row == NULL || row->group != group)
			continue;
		usage = words_usage(w);
		buf_addf(b, "%s%s%s%s", between, usage, brief ? "" : " - ",
		    brief ? "" : row->help);
		between = brief ? ", " : "\n";
		free(usage);
	}
	buf_adds(b, brief ? "\n" : "\n\n");
}

/* On the screen of a phone. */
static void
say_brief(struct run *r)
{
	struct buf b = { 0 };
	char *text;

	for (size_t i = 0; i < LENGTH(groups); i++)
		add_group(&b, (enum word_group)i, true);
	buf_adds(&b, "ID: as in [4f], an address, or @user for the last post "
	    "of that user.  @user TEXT is a direct message.\n"
	    "#help all says what each does, #help COMMAND more of one.");
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
}

static void
say_all(struct run *r)
{
	struct buf b = { 0 };
	char *text;

	for (size_t i = 0; i < LENGTH(groups); i++)
		add_group(&b, (enum word_group)i, false);
	buf_adds(&b, "@user TEXT sends a direct message, as #message does.\n"
	    "ID is what stands before a post, as in [4f], or its address, or "
	    "@user for the last post of that user that was shown.\n"
	    "Without # most commands work too.  #help COMMAND tells more.");
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
}

/* "rt retweet": also #rt, #retweet. */
static void
add_others(struct buf *b, const char *others)
{
	if (*others == '\0')
		return;
	buf_adds(b, "\nAlso: #");
	for (; *others != '\0'; others++) {
		if (*others == ' ')
			buf_adds(b, ", #");
		else
			buf_addc(b, *others);
	}
}

/* What is not to be guessed. */
static const char *
more_of(enum word word)
{
	switch (word) {
	case WORD_post:
	case WORD_reply:
	case WORD_quote:
		return "280 characters as X counts them: an address is 23, an "
		    "emoji 2.";
	case WORD_thread:
		return "Of a conversation X has the last seven days.  What is "
		    "longer than a post is cut between words, each piece "
		    "answering the one before.";
	case WORD_block:
		return "X does not let a gateway block more than messages; the "
		    "posts are left out by this gateway.";
	case WORD_group:
		return "As in #group @anna @bob Hello; it becomes a room.";
	case WORD_list:
	case WORD_listadd:
	case WORD_listremove:
		return "LIST is a number that #lists shows, or a name.";
	case WORD_friends:
		return "It is read once, as that costs money; #friends new "
		    "reads it again.";
	case WORD_undo:
		return "Posts, reposts and likes, and whom you followed, muted "
		    "or blocked, since you logged in.";
	default:
		return NULL;
	}
}

static void
say_one(struct run *r, enum word word)
{
	const struct word_row *row = words_row(word);
	struct buf b = { 0 };
	char *usage = words_usage(word), *text;

	buf_addf(&b, "%s\n%s.", usage, row->help);
	if (more_of(word) != NULL)
		buf_addf(&b, "  %s", more_of(word));
	add_others(&b, row->others);
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
	free(usage);
}

void
run_help(struct run *r)
{
	const char *name = r->words.text;
	enum word word;

	name += *name == '#';
	if (*name == '\0' && r->from != NULL) {
		say_brief(r);
		return;
	}
	if (*name == '\0' || strcasecmp(name, "all") == 0) {
		say_all(r);
		return;
	}
	word = words_named(name);
	if (word == WORD_unknown)
		run_wrong(r, "There is no command of that name.  Type #help "
		    "for a list of available commands.");
	else
		say_one(r, word);
}
